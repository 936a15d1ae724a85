"""At most so many activities at once; the others wait in order of scheduling."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

Step = Callable[[], None]


class Lane:
    """A first-come queue in front of a number of places."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[tuple[Step, Step]] = deque()
        self._lock = threading.Lock()
        self._closed = False

    def enter(self, start: Step, give_up: Step) -> None:
        """Call `start` as soon as there is a place, or `give_up` if the lane closes before.

        Whatever `start` begins must `leave` in the end.
        """
        with self._lock:
            if not self._closed and not self._free:
                self._waiting.append((start, give_up))
                return
            step = give_up if self._closed else start
            self._free -= 0 if self._closed else 1
        step()

    def leave(self) -> None:
        """Give the place to the next in line."""
        with self._lock:
            if not self._waiting:
                self._free += 1
                return
            start, _ = self._waiting.popleft()
        start()

    def close(self) -> None:
        """Let nobody in any more, and tell those who wait."""
        with self._lock:
            self._closed = True
            given_up = [give_up for _, give_up in self._waiting]
            self._waiting.clear()
        for give_up in given_up:
            give_up()
