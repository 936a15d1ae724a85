"""One run of the command: whom it talks to, and where it writes."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass

from rich.console import Console

from cli.service import Service


@dataclass(frozen=True)
class Session:
    """What every command is given."""

    service: Service
    out: Console
    err: Console


def print_json(text: str) -> None:
    """Exactly what the service answered."""
    sys.stdout.write(f"{text}\n")


def pause(seconds: float) -> None:
    """Wait; unlike sleep, an event's wait is interrupted by Ctrl-C on every platform."""
    threading.Event().wait(seconds)
