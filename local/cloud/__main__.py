"""Run the local Azure as a process of its own: `python -m local.cloud --data DIR --clock FILE --ready-file PATH`.

The clock file is the time shared with the local host: it is read when it exists, else written with `--speed`. When
everything listens, the ready file appears with the addresses and one file of variables per identity, to be sourced.
SIGTERM or SIGINT ends it and every scoring process it started.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
from pathlib import Path

from local.checkout import SCORING_PYTHON
from local.clock import Clock
from local.cloud.addresses import Ports
from local.cloud.cloud import KeptCloud, LocalCloud
from local.cloud.environment import write_env_file
from local.cloud.world import PRINCIPALS

# Real seconds between two looks whether there is something new to keep.
_KEPT_EVERY = 2.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.cloud", description="Run the local Azure.")
    parser.add_argument("--data", type=Path, required=True, help="directory for its files")
    parser.add_argument("--clock", type=Path, required=True, help="clock file shared with the local host")
    parser.add_argument("--ready-file", type=Path, required=True, help="written when everything listens")
    parser.add_argument("--port", type=int, default=0, help="managed identity and control API (0: any free port)")
    parser.add_argument("--proxy-port", type=int, default=0, help="forward proxy (0: any free port)")
    parser.add_argument(
        "--speed", type=float, help="virtual seconds per real second (default: as the clock file says, else 1)"
    )
    parser.add_argument("--seed", type=int, default=7, help="fixes propagation delays and the split of traffic")
    parser.add_argument("--keep", action="store_true", help="go on with what is in the directory, and keep it")
    parser.add_argument("--scoring-python", type=Path, default=SCORING_PYTHON, help="interpreter that serves models")
    return parser.parse_args()


def _clock(path: Path, speed: float | None) -> Clock:
    # One that was there goes on where it stood still: nobody is at work any more.
    before = Clock.load(path) if path.exists() else None
    clock = Clock(speed=speed or (before.speed if before else 1.0), start=before.now() if before else None)
    clock.save(path)
    return clock


def _announce(cloud: LocalCloud, ready: Path) -> None:
    files = {}
    for name in PRINCIPALS:
        files[name] = str(cloud.data / f"{name}.env")
        write_env_file(cloud.data / f"{name}.env", cloud.environment(name))
    document = {
        "control_url": cloud.control_url,
        "proxy_url": cloud.proxy_url,
        "ca": str(cloud.authority),
        "environments": files,
    }
    # Renamed into place: whoever waits for the file never reads half of it.
    unfinished = ready.with_name(f"{ready.name}.part")
    unfinished.write_text(json.dumps(document, indent=1))
    unfinished.rename(ready)


def main() -> int:
    """Run until told to stop."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    arguments = _arguments()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    clock = _clock(arguments.clock, arguments.speed)
    try:
        cloud = (KeptCloud if arguments.keep else LocalCloud)(
            arguments.data,
            clock,
            seed=arguments.seed,
            ports=Ports(arguments.port, arguments.proxy_port),
            scoring_python=arguments.scoring_python,
        )
    except (OSError, RuntimeError) as reason:
        sys.stderr.write(f"The local Azure cannot start: {reason}\n")
        return 1
    with cloud:
        _announce(cloud, arguments.ready_file)
        written = 0
        # Now and then as well: a machine that is switched off asks nobody.
        while not stop.wait(_KEPT_EVERY):
            requests = len(cloud.journal.entries())
            if requests != written:
                cloud.keep()
                written = requests
    clock.stand_still()
    clock.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
