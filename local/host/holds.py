"""Holding the clock while the host has work in hand, and letting go of everything at once when it dies."""

from __future__ import annotations

import threading

from local import clock


class Hold:
    """One reason for the clock to stand still; released once, however often asked."""

    def __init__(self, holds: Holds) -> None:
        self._holds = holds

    def release(self) -> None:
        """End this hold; harmless when it has ended."""
        self._holds.end(self)


class Holds:
    """All holds of one host. A stepped clock moves only when the host has none."""

    def __init__(self, on: clock.Clock) -> None:
        self._clock = on
        self._changed = threading.Condition()
        self._open: dict[Hold, clock.Hold] = {}
        self._closed = False

    def take(self, what: str) -> Hold:
        """Hold the clock for `what` until the answer's `release`; after `release_all` this holds nothing."""
        hold = Hold(self)
        with self._changed:
            if not self._closed:
                self._open[hold] = self._clock.hold(f"the host: {what}")
        return hold

    def end(self, hold: Hold) -> None:
        """Release one hold (`Hold.release` is the way to call this)."""
        with self._changed:
            held = self._open.pop(hold, None)
            self._changed.notify_all()
        if held is not None:
            held.release()

    def release_all(self) -> None:
        """Let go for good: the host is dead, and the world's time goes on."""
        with self._changed:
            self._closed = True
            holds = list(self._open.values())
            self._open.clear()
            self._changed.notify_all()
        for held in holds:
            held.release()

    def wait_idle(self, seconds: float) -> bool:
        """Wait until the host has nothing in hand; False if it still has after so many real seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._open, seconds)
