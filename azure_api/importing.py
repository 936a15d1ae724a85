"""Importing libraries of thousands of classes, which stay as long as the process does."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Look for no garbage meanwhile: while `azure.ai.ml` is imported, that is a tenth of the time (measured).

    Two threads may do so at once; then looking begins again when the first of them is done.
    """
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()
