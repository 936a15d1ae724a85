"""At most so many activities at once; the others wait in order of scheduling."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class Lane:
    """A first-come queue in front of a number of places."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._closed = False

    def enter(self, start: Callable[[], None]) -> None:
        """Call `start` as soon as there is a place; whatever it begins must `leave` in the end."""
        with self._lock:
            if self._closed:
                return
            if not self._free:
                self._waiting.append(start)
                return
            self._free -= 1
        start()

    def leave(self) -> None:
        """Give the place to the next in line."""
        with self._lock:
            if self._closed or not self._waiting:
                self._free += 1
                return
            start = self._waiting.popleft()
        start()

    def close(self) -> None:
        """Let nobody in any more."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
