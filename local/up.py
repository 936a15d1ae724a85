"""`make up`: the local Azure and Slipway on it, until Ctrl-C, with everything printed that a shell needs."""

from __future__ import annotations

import argparse
import shlex
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
from local.cloud.environment import CONFLICTING, write_env_file
from local.cloud.world import DEVELOPER
from local.example import copy_example, register, train
from local.folder_lock import LOCK, lock_folder
from local.options import parser, ports
from local.processes import CLOCK, DidNotStart, LocalProcesses

# What the environment files of people hold: enough for any script that uses the Azure SDKs, and for the CLI.
SHOWN = ("AZURE_", "IDENTITY_", "SLIPWAY_", "REQUESTS_CA", "SSL_CERT", "CURL_CA")


def main() -> int:
    """Start, tell, wait; everything is ended before it returns."""
    options = _options()
    screen = Console(highlight=False)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with _claimed(options.data.resolve()) as data, _processes(data, options, screen) as local:
            env_file = _write_environment(local, data)
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
def _claimed(data: Path) -> Iterator[Path]:
    """The folder, emptied and for this process alone; DidNotStart when another one uses it, or it is not ours.

    Emptied, because the local Azure keeps its resources in memory: records of an earlier one would name what is gone.
    """
    data.mkdir(parents=True, exist_ok=True)
    if any(data.iterdir()) and not any((data / name).exists() for name in (LOCK, CLOCK)):
        raise DidNotStart(f"{data} would be emptied, and holds files of somebody else: name another folder with --data")
    try:
        lock = lock_folder(data)
    except BlockingIOError:
        message = f"{data} is in use: end the other `make up`, or name another folder with --data"
        raise DidNotStart(message) from None
    with lock:
        for path in data.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()
        yield data


def _processes(data: Path, options: argparse.Namespace, screen: Console) -> LocalProcesses:
    screen.print(f"Starting (time runs {options.speed:g} times as fast) ...")
    return LocalProcesses(data, speed=options.speed, **ports(options))


def _options() -> argparse.Namespace:
    made = parser("up", __doc__, usual_speed=60)
    made.add_argument("--data", type=Path, default=ROOT / ".slipway", help="folder for state and logs; emptied first")
    return made.parse_args()


def _write_environment(local: LocalProcesses, data: Path) -> Path:
    environment = local.environment(DEVELOPER.name)
    proxies = {name for name in environment if name.lower().endswith("_proxy")}
    shown = {name: value for name, value in environment.items() if name in proxies or name.startswith(SHOWN)}
    path = data / "env"
    write_env_file(path, {name: value for name, value in shown.items() if name not in CONFLICTING})
    # A function, so that the command works from any folder and shadows nothing that is installed for good. -P: the
    # folder it is called in may have modules of the same names.
    root, python = shlex.quote(str(ROOT)), shlex.quote(sys.executable)
    with path.open("a") as file:
        file.write(f'slipway() {{ PYTHONPATH={root} {python} -P -m cli "$@"; }}\n')
    return path


def _prepare_example(local: LocalProcesses, data: Path) -> Path:
    """Train and register the example as a developer would; a request file that names only registered assets."""
    folder = data / "credit-risk"
    copy_example(folder)
    train(folder, "1")
    path = data / "request.json"
    path.write_text(register(folder / "request.yml", local.environment(DEVELOPER.name)))
    return path


def _say_what_runs(screen: Console, local: LocalProcesses, env_file: Path, request: Path) -> None:
    lines = f"""
Slipway         {local.url}/api
local Azure     {local.proxy_url} (the proxy to Azure's hosts)
its control API {local.control_url}/local/health
logs            {env_file.parent}/*.log

In another shell, for the command line and any script that uses the Azure SDKs:

  source {env_file}

Then deploy the example model and follow it:

  slipway deploy {request}
  slipway list

or do the same without the command line:

  curl -s -X POST $SLIPWAY_URL/api/deployments --data-binary @{request}
  curl -s $SLIPWAY_URL/api/deployments

Ctrl-C stops everything.
"""
    screen.print(lines, markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
