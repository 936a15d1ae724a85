"""`slipway`, as an installation starts it.

The modules of this repository are called as the function app needs them (`contracts`, `settings`, …): Azure Functions
puts the app's folder on the path. In an environment that others share, such names would clash, so an installation has
them in a folder of its own, `slipway/app`, and puts that on the path of its own process alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

APP = Path(__file__).parent / "app"


def main() -> int:
    """Run the command with the arguments of the process; the exit code."""
    sys.path.insert(0, str(APP))
    from cli.__main__ import main as run

    return run()
