"""`python -m cli`: run the command and turn failures into exit codes."""

from __future__ import annotations

import sys

from cli.application import app
from cli.outcome import CommandStopped
from cli.report import print_failure
from cli.screen import console


def main(arguments: list[str] | None = None) -> int:
    """Run the command with `arguments` (default: those of the process); the exit code."""
    try:
        app(arguments, prog_name="slipway")
    except CommandStopped as failure:
        print_failure(console(stderr=True), failure)
        return failure.exit_code
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
