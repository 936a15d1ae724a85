"""`python -m local.host`: one host in a process of its own.

Prints one line with its URL when it serves. SIGTERM and SIGINT end it gracefully with exit code 0; it ends with 1
when it could not start, or failed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from local.clock import Clock
from local.host.host import DataFolderInUse, LocalHost
from local.host.host_json import HostJsonError
from local.host.index import UnsupportedApp
from local.host.settings import HostSettings
from local.host.store import StoreDamaged


class UsageError(Exception):
    """The options, or the files they name, do not go together."""


def main(arguments: list[str] | None = None) -> int:
    """Run a host until a signal ends it; the process's exit code."""
    options = _parse(arguments)
    ended = threading.Event()
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        host = _host(options)
        host.start()
        _announce(host.url, options.ready_file)
        # Wakes up now and then, because a signal handler runs only between two waits.
        while not ended.wait(0.2) and not host.crashed.is_set():
            pass
        host.stop()
    except (UnsupportedApp, HostJsonError, DataFolderInUse, StoreDamaged, UsageError, OSError) as error:
        sys.stderr.write(f"local host: {error}\n")
        return 1
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if not host.crashed.is_set():
        return 0
    cause = host.crash_cause
    sys.stderr.write(f"local host: it ended of itself: {cause if str(cause) else type(cause).__name__}\n")
    return 1


def _host(options: argparse.Namespace) -> LocalHost:
    """The host the options describe, not started; enters the app's folder. Raises UsageError, HostJsonError."""
    options.data.mkdir(parents=True, exist_ok=True)
    _enter_app(options.app)
    return LocalHost(
        options.app,
        data=options.data,
        clock=_clock(options.clock, options.speed, options.data),
        port=options.port,
        on_durable_write=_killer(options.die_after_write) if options.die_after_write else None,
        settings=HostSettings.from_app(options.app).with_options(enable_auth=options.enable_auth or None),
        # The name Azure imports it under, which classes in payloads refer to.
        module_name="function_app",
        echo_log=True,
    )


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.host", description=__doc__)
    parser.add_argument("--app", type=_path, required=True, help="folder with function_app.py and host.json")
    parser.add_argument("--data", type=_path, required=True, help="folder for state, keys and logs")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--clock", type=_path, help="clock file shared with the local Azure")
    parser.add_argument("--speed", type=float, default=1.0, help="120 makes 15 minutes last 7.5 s; not with --clock")
    parser.add_argument("--ready-file", type=_path, help='written when serving: {"url": ..., "pid": ...}')
    parser.add_argument(
        "--enable-auth", action="store_true", help="check access keys (see keys.json in the data folder)"
    )
    parser.add_argument("--die-after-write", type=int, metavar="K", help="SIGKILL itself after the K-th commit (tests)")
    return parser.parse_args(arguments)


def _path(text: str) -> Path:
    """Absolute, because the process is about to change its folder."""
    return Path(text).absolute()


def _clock(path: Path | None, speed: float, data: Path) -> Clock:
    """The shared clock; or this data folder's own, which must go on where it was when the host restarts."""
    if path is not None:
        if speed != 1.0:
            raise UsageError("--speed is fixed by the clock file; give only one of --clock and --speed")
        if not path.is_file():
            raise UsageError(f"the clock file {path} does not exist; start the local Azure first, or use --speed")
        return Clock.load(path)
    own = data / "clock.json"
    if own.is_file():
        clock = Clock.load(own)
        if clock.speed != speed:
            raise UsageError(f"{own} runs at speed {clock.speed:g}; use that speed or a fresh data folder")
        return clock
    clock = Clock(speed=speed)
    if speed != 1.0:
        clock.save(own)
    return clock


def _enter_app(app: Path) -> None:
    """Make the app's folder the current one and set what its local.settings.json says and the environment does not.

    And what the true host sets for its worker (recorded), as far as there is something of the name here.
    """
    if not app.is_dir():
        raise UsageError(f"{app} is not a folder")
    os.chdir(app)
    os.environ["FUNCTIONS_WORKER_RUNTIME"] = "python"
    for name in ("FUNCTIONS_APPLICATION_DIRECTORY", "AzureWebJobsScriptRoot"):
        os.environ[name] = str(app)
    settings = app / "local.settings.json"
    if not settings.is_file():
        return
    try:
        values = json.loads(settings.read_text()).get("Values", {})
    except ValueError as error:
        raise UsageError(f"local.settings.json is not valid JSON: {error}") from error
    for name, value in values.items():
        os.environ.setdefault(name, str(value))


def _killer(last: int) -> Callable[[int, str], None]:
    def kill_at(commit: int, _what: str) -> None:
        if commit == last:
            os.kill(os.getpid(), signal.SIGKILL)

    return kill_at


def _announce(url: str, ready_file: Path | None) -> None:
    if ready_file is not None:
        draft = ready_file.with_name(ready_file.name + ".tmp")
        draft.write_text(json.dumps({"url": url, "pid": os.getpid()}))
        draft.replace(ready_file)
    sys.stdout.write(f"The local host serves at {url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # A function that outlived the grace of a stop would keep the interpreter waiting for its thread.
    os._exit(code)
