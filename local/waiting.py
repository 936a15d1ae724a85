"""Waiting in real time for something that another thread or process does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

# Real seconds in which anything that ends at all has ended, on a machine that is busy with much else.
PATIENCE = 300.0


def until(ready: Callable[[], Found | None], *, seconds: float = PATIENCE, every: float = 0.05) -> Found:
    """What `ready` gives once it is true, looked at `every` so many seconds; TimeoutError after `seconds`."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = ready()
        if found:
            return found
        pause.wait(every)
    raise TimeoutError(f"not within {seconds:g} s")
