"""Ending the thread of a function that runs for nobody and would never end, as the end of its process does in Azure."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Interrupted(BaseException):
    """Raised in the thread of a function whose call has long been answered for it."""


class Running:
    """The thread in which a function runs, while it does."""

    def __init__(self) -> None:
        self._thread: int | None = None
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return self._thread is not None

    @contextmanager
    def here(self) -> Iterator[None]:
        """The function runs in this thread."""
        self._thread = threading.get_ident()
        try:
            yield
        finally:
            with self._lock:
                self._thread = None

    def interrupt(self) -> None:
        """Have the function end where it is; while it waits for what is outside of Python, as soon as that ends."""
        with self._lock:
            if self._thread is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(Interrupted))
