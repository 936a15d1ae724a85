"""`make up`: the local Azure and Slipway on it, until Ctrl-C, with everything printed that a shell needs.

What there is stays in the data folder for the next time; ports are the same each time unless others are named.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from local.checkout import ROOT
from local.cloud.environment import write_workspace_file
from local.cloud.keeping import KEPT
from local.cloud.world import DEVELOPER
from local.example import copy_example, register, train
from local.folder_lock import LOCK, lock_folder
from local.loopback import ADDRESS, bind
from local.options import DESK_PORTS, parser, ports
from local.processes import CLOCK, DidNotStart, LocalProcesses
from local.shell_file import write_shell_file

# Of each family of sizes: room for all the examples at once, which a new subscription (24) does not have.
CORES = 200


def main() -> int:
    """Start, tell, wait; everything is ended before it returns."""
    options = _options()
    screen = Console(highlight=False)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        _check_ports(options)
        with _claimed(options.data.resolve(), fresh=options.fresh) as data, _processes(data, options, screen) as local:
            env_file = data / "env"
            write_shell_file(env_file, local.environment(DEVELOPER.name))
            write_workspace_file(data / "config.json")
            request = _prepare_example(local, data)
            _say_what_runs(screen, local, env_file, request)
            while not stop.wait(0.5):
                broken = local.failed()
                if broken:
                    screen.print(broken, markup=False)
                    return 1
            screen.print("\nStopping ...")
    except (DidNotStart, subprocess.CalledProcessError) as error:
        # Ctrl-C at the terminal also ends the training, or the registration, that is under way.
        if stop.is_set():
            return 0
        screen.print(str(error), markup=False)
        screen.print(getattr(error, "stderr", None) or "", markup=False)
        return 1
    return 0


@contextmanager
def _claimed(data: Path, *, fresh: bool) -> Iterator[Path]:
    """The folder for this process alone, perhaps emptied; DidNotStart when another uses it, or it is not ours."""
    data.mkdir(parents=True, exist_ok=True)
    if any(data.iterdir()) and not any((data / name).exists() for name in (LOCK, CLOCK)):
        raise DidNotStart(f"{data} holds files of somebody else: name another folder with --data")
    try:
        lock = lock_folder(data)
    except BlockingIOError:
        message = f"{data} is in use: end the other `make up`, or name another folder with --data"
        raise DidNotStart(message) from None
    # Without what its Azure knew, the records of a Slipway would name what is gone.
    empty = fresh or not (data / "cloud" / KEPT).exists()
    with lock:
        for path in data.iterdir() if empty else ():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()
        yield data


def _processes(data: Path, options: argparse.Namespace, screen: Console) -> LocalProcesses:
    screen.print(f"Starting (time runs {options.speed:g} times as fast) ...")
    return LocalProcesses(data, speed=options.speed, desk=True, **ports(options))


def _check_ports(options: argparse.Namespace) -> None:
    """DidNotStart when another program has one of the ports."""
    for name in ("port", "cloud_port", "proxy_port"):
        port = getattr(options, name)
        try:
            bind(port).close()
        except OSError:
            option = f"--{name.replace('_', '-')}"
            raise DidNotStart(
                f"Port {port} of {ADDRESS} is taken, perhaps by `func` or another `make up`. End that, or take another "
                f'port: make up ARGS="{option} {port + 100}"'
            ) from None


def _options() -> argparse.Namespace:
    made = parser("up", __doc__, usual_speed=60, usual_ports=DESK_PORTS)
    made.add_argument("--data", type=Path, default=ROOT / ".slipway", help="folder for state and logs")
    made.add_argument("--fresh", action="store_true", help="forget what is there from the last time")
    return made.parse_args()


def _prepare_example(local: LocalProcesses, data: Path) -> Path:
    """Train and register the example as a developer would; a request file that names only registered assets."""
    path, folder = data / "request.json", data / "credit-risk"
    if path.exists():  # and with it all that it names, since the last time
        return path
    local.post("/local/quota", cores=CORES)
    copy_example(folder)
    train(folder, "1")
    path.write_text(register(folder / "request.yml", local.environment(DEVELOPER.name)))
    return path


def _say_what_runs(screen: Console, local: LocalProcesses, env_file: Path, request: Path) -> None:
    lines = f"""
Slipway           {local.url}/api/openapi.json?code={local.environment(DEVELOPER.name)["SLIPWAY_KEY"]}
the local Azure   {local.control_url}/local/state (the proxy to Azure's hosts: {local.proxy_url})
logs              {env_file.parent}/*.log

In another shell, in any folder, for the command line and any script that uses the Azure SDKs:

  source {env_file}

`slipway_off` takes it back. Deploy the example model and follow it:

  slipway deploy {request}
  slipway list

or do the same without the command line:

  curl -s -X POST $SLIPWAY_URL/api/deployments -H "x-functions-key: $SLIPWAY_KEY" --data-binary @{request}
  curl -s $SLIPWAY_URL/api/deployments -H "x-functions-key: $SLIPWAY_KEY"

Ctrl-C stops everything, and the next `make up` goes on from there; make up ARGS=--fresh begins anew.
"""
    screen.print(lines, markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
