"""`functionTimeout`: no call is at its worker for longer, and nothing runs on for nobody.

In real seconds: what is limited is the work of a process, which takes as long as it takes whatever the clock's speed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

from local.host.worker import Flight

_log = logging.getLogger("local.host")


class TimeLimit:
    """Calls `expired` with every call over the limit; whoever has lost its worker meanwhile is broken off at it."""

    def __init__(self, limit: float, oldest: Callable[[], Flight | None], expired: Callable[[Flight], None]) -> None:
        self._limit = limit
        self._oldest = oldest
        self._expired = expired
        self._left: list[Flight] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._run, name="function-timeout", daemon=True).start()

    def leave(self, flights: Iterable[Flight]) -> None:
        """These have been answered, as their worker has ended; what they still do is nobody's."""
        with self._lock:
            self._left += flights

    def close(self) -> None:
        """Watch no longer."""
        self._closed.set()

    def _run(self) -> None:
        wait = self._limit
        while not self._closed.wait(wait):
            try:
                wait = self._look()
            except Exception:
                _log.exception("the local host could not end a call over functionTimeout")
                wait = self._limit

    def _look(self) -> float:
        """End what is over the limit; real seconds until something else may be."""
        flight = self._oldest()
        if flight is not None and self._remains(flight) <= 0:
            self._expired(flight)
            self.leave([flight])
            return 0
        with self._lock:
            self._left = [left for left in self._left if left.running or not (left.task is None or left.task.done())]
            over = [left for left in self._left if self._remains(left) <= 0]
        for left in over:
            left.break_off()
        return self._limit if flight is None else self._remains(flight)

    def _remains(self, flight: Flight) -> float:
        return flight.handed_over + self._limit - time.perf_counter()
