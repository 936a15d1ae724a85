"""`make demo`: the whole service at work, by itself, from a trained model to a second version and back."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from local.demonstration import Demonstration, DemonstrationFailed
from local.example import copy_example
from local.options import parser, ports
from local.processes import DidNotStart, LocalProcesses


def main() -> int:
    """Run the demonstration; 0 when everything it shows is true."""
    options = parser("demo", __doc__, usual_speed=120).parse_args()
    screen = Console(highlight=False)
    # Both end as Ctrl-C does: with everything stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="slipway-demo-") as folder:
        try:
            _run(Path(folder), options, screen)
        except (DemonstrationFailed, DidNotStart) as error:
            screen.print("\n[bold red]The demo failed:[/]", end=" ")
            screen.print(str(error), markup=False, soft_wrap=True)
            return 1
        except KeyboardInterrupt:
            screen.print("\nStopped, and everything that ran with it.")
            return 130
    screen.print("\n6. Everything is stopped. `make up` keeps it running for requests of your own.")
    return 0


def _run(folder: Path, options: argparse.Namespace, screen: Console) -> None:
    screen.rule("[bold]1. A local Azure and a local Functions host", align="left")
    with LocalProcesses(folder / "data", speed=options.speed, **ports(options)) as local:
        screen.print(f"Slipway is at {local.url}/api; time runs {options.speed:g} times as fast.")
        example = folder / "credit-risk"
        copy_example(example)
        shown = Demonstration(local, example, screen)
        first = shown.first_version()
        second = shown.second_version()
        shown.first_version_again()
        shown.timelines(first, second)


if __name__ == "__main__":
    sys.exit(main())
