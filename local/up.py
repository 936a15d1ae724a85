"""`make up`: the local Azure and Slipway on it, until Ctrl-C, with everything printed that a shell needs."""

from __future__ import annotations

import argparse
import fcntl
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

from local.clock import speed
from local.cloud.environment import CONFLICTING, write_env_file
from local.example import copy_example, register, train
from local.processes import DidNotStart, LocalProcesses
from local.stack import ROOT

# What the environment files of people hold: enough for any script that uses the Azure SDKs, and for the CLI.
SHOWN = ("AZURE_", "IDENTITY_", "SLIPWAY_", "REQUESTS_CA", "SSL_CERT", "CURL_CA")

# In the data folder: held while it is used; and what LocalProcesses leaves, also that of an earlier release.
LOCK, CLOCK = "lock", "clock.json"


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
            _tell(screen, local, env_file, request)
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
    with (data / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DidNotStart(
                f"{data} is in use: end the other `make up`, or name another folder with --data"
            ) from None
        for path in data.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()
        yield data


def _processes(data: Path, options: argparse.Namespace, screen: Console) -> LocalProcesses:
    screen.print(f"Starting (time runs {options.speed:g} times as fast) ...")
    ports = {"port": options.port, "cloud_port": options.cloud_port, "proxy_port": options.proxy_port}
    return LocalProcesses(data, speed=options.speed, **ports)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make up ARGS=...", description=__doc__)
    parser.add_argument("--speed", type=speed, default=60, help="1 to 2000; 60: 15 minutes last 15 s")
    parser.add_argument("--port", type=int, default=0, help="port of Slipway (0: any free one)")
    parser.add_argument("--cloud-port", type=int, default=0, help="port of the control API (0: any free one)")
    parser.add_argument("--proxy-port", type=int, default=0, help="port of the proxy to Azure (0: any free one)")
    parser.add_argument("--data", type=Path, default=ROOT / ".slipway", help="folder for state and logs; emptied first")
    return parser.parse_args()


def _write_environment(local: LocalProcesses, data: Path) -> Path:
    environment = local.environment("developer")
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
    path.write_text(register(folder / "request.yml", local.environment("developer")))
    return path


def _tell(screen: Console, local: LocalProcesses, env_file: Path, request: Path) -> None:
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
