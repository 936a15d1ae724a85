"""Ending with the process that started this one, even if that one was killed and could not say goodbye.

The parent holds the writing end of this process's standard input and writes nothing. When it ends, in whatever way, the
operating system closes that end, and reading ends here. Unlike Linux's parent-death signal this works on every system
and does not depend on which thread of the parent did the starting.
"""

from __future__ import annotations

import os
import threading

STDIN = 0


def stop_with_parent(stop: threading.Event) -> None:
    """Set `stop` once standard input has ended."""
    threading.Thread(target=_watch, args=(stop,), name="parent", daemon=True).start()


def _watch(stop: threading.Event) -> None:
    try:
        while os.read(STDIN, 1024):
            pass
    finally:
        stop.set()
