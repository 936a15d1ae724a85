"""The one clock of the local Azure and the local host.

Every moment either of them shows or waits for comes from here, so that a 15-minute wait is fifteen minutes
in every timestamp and a few seconds at the desk. Three ways to run it:

* real (`speed=1`), or scaled (`speed=120`: 15 minutes pass in 7.5 s), from an anchor that can be shared between
  processes through a small file (`save`, `load`);
* stepped, for tests: time stands still while anybody holds it, and jumps to the next alarm when nobody does. A hold
  belongs to somebody who is named and ends it: `held_by` says who has not.

Real work (a build, a process that starts) is not multiplied by the speed: `at_most` says how long it takes in Azure,
and time passes no further until it is done. Who shares the clock follows its file.
"""

from __future__ import annotations

import heapq
import itertools
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local.anchor import Anchor

_log = logging.getLogger("local.clock")

# Beyond this, the hour that an upload's signature is valid ends before the upload does.
FASTEST = 2000

# How long a stepped clock must have seen nobody busy before it jumps: covers the hand-over between two threads.
IDLE_GRACE = 0.003


# How often a clock that stands still for real work looks whether it may go on; real seconds.
_STANDING = 0.02

# Somebody holds the clock, and notifies it when that ends; real seconds.
_UNTIL_TOLD = 3600


class Alarm:
    """A promise to call `wake` once, at or after `moment`; `cancel()` withdraws it."""

    def __init__(self, moment: datetime, wake: Callable[[], None]) -> None:
        self.moment = moment
        self.wake = wake
        self.cancelled = False

    def cancel(self) -> None:
        """Withdraw the alarm; harmless when it has already gone off."""
        self.cancelled = True


class Hold:
    """One reason for a stepped clock to stand still; `who` has it."""

    def __init__(self, clock: Clock, who: str) -> None:
        self.who = who
        self._clock = clock

    def release(self) -> None:
        """End this hold and no other; harmless when it has ended."""
        self._clock._let_go(self)


class Clock:
    """Virtual time, in aware UTC, and the alarms set on it. All methods may be called from any thread."""

    def __init__(self, *, speed: float = 1.0, start: datetime | None = None, stepped: bool = False) -> None:
        if speed <= 0:
            raise ValueError("speed must be greater than 0 (1 is real time, 120 makes 15 minutes last 7.5 s)")
        self.speed = speed
        self.stepped = stepped
        self._virtual = start or datetime.now(UTC)  # of a stepped clock
        self._anchor = Anchor.here(self._virtual)  # of a running one
        # Where time stops until real work is done, by whose work it is.
        self._limits: dict[object, datetime] = {}
        self._shared: Path | None = None
        self._followed = 0
        self._holds: dict[Hold, None] = {}
        self._idle_since = time.monotonic()
        self._alarms: list[tuple[datetime, int, Alarm]] = []
        self._sequence = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    @classmethod
    def load(cls, path: Path) -> Clock:
        """The clock another process saved to `path`: same anchor, same speed, and it stops when that one does."""
        clock = cls(speed=json.loads(path.read_text())["speed"])
        clock._shared = path
        clock._follow()
        return clock

    def save(self, path: Path) -> None:
        """Write the anchor to `path`, for `load` in another process; a stepped clock cannot be shared."""
        if self.stepped:
            raise ValueError("a stepped clock lives in one process; use speed= to share a clock")
        with self._changed:
            self._anchor = Anchor.here(self.now())
            self._shared = path
            self._publish()

    def stand_still(self) -> None:
        """Have a shared clock stand still from now on, for the next process that loads it to go on from here."""
        self._limited(lambda: self._limits.update({self: self.now()}))

    def now(self) -> datetime:
        """The current virtual time, aware UTC."""
        if self.stepped:
            return self._virtual
        self._follow()
        return self._anchor.now(self.speed)

    def not_before(self, moment: datetime) -> None:
        """Go on from `moment` if it is earlier: of a clock that nobody shares, which begins by the time of day."""
        with self._changed:
            if not self.stepped and self._shared is None and self.now() < moment:
                self._anchor = Anchor.here(moment, self._anchor.limit)
                self._changed.notify_all()

    @contextmanager
    def at_most(self, models: timedelta) -> Iterator[None]:
        """Do real work that takes `models` in Azure: virtual time passes that long, then stands still until it is done.

        A stepped clock is held instead, and real time is not held up.
        """
        with self.busy():
            if self.stepped or self.speed == 1:
                yield
                return
            work = object()
            self._limited(lambda: self._limits.update({work: self.now() + models}))
            try:
                yield
            finally:
                self._limited(lambda: self._limits.pop(work))

    def _limited(self, change: Callable[[], object]) -> None:
        """Change the limits, go on from now, and have the others know."""
        with self._changed:
            now = self.now()
            change()
            self._anchor = Anchor.here(now, min(self._limits.values(), default=None))
            self._publish()
            self._changed.notify_all()

    def _publish(self) -> None:
        if self._shared is None:
            return
        written = self._shared.with_name(f"{self._shared.name}.{os.getpid()}")
        written.write_text(json.dumps({"speed": self.speed, **self._anchor.document()}))
        # A stamp of its own: two writes within one tick of the file system's clock would look the same.
        self._followed = max(time.time_ns(), self._followed + 1)
        os.utime(written, ns=(self._followed, self._followed))
        written.replace(self._shared)

    def _follow(self) -> None:
        """Take over what another process has written since."""
        if self._shared is None:
            return
        try:
            changed = self._shared.stat().st_mtime_ns
        except FileNotFoundError:
            return  # the folder is being cleared: whoever still asks goes on as before
        if changed == self._followed:
            return
        self._anchor = Anchor.of(json.loads(self._shared.read_text()))
        self._followed = changed

    @contextmanager
    def busy(self, who: str = "") -> Iterator[None]:
        """Hold a stepped clock still while work is being done (nests; no effect on a running clock).

        The hold is `who`'s, or the thread's by its name.
        """
        held = self.hold(who or f"the thread {threading.current_thread().name}")
        try:
            yield
        finally:
            held.release()

    def hold(self, who: str) -> Hold:
        """Enter `busy` where the work begins in one thread and ends in another: until the answer's `release`."""
        held = Hold(self, who)
        with self._changed:
            self._holds[held] = None
        return held

    def held_by(self) -> list[str]:
        """Who has the clock stand still, oldest hold first."""
        with self._changed:
            return [held.who for held in self._holds]

    def _let_go(self, held: Hold) -> None:
        with self._changed:
            if held in self._holds:
                del self._holds[held]
                if not self._holds:
                    self._idle_since = time.monotonic()
                    self._changed.notify_all()

    def alarm(self, moment: datetime, wake: Callable[[], None]) -> Alarm:
        """Have `wake` called once at `moment` (at once if it has passed), from the clock's own thread.

        `wake` must return quickly and hand real work to its owner's thread. A stepped clock counts the call
        itself as busy, so `wake` can `hold()` before time moves on.
        """
        alarm = Alarm(moment, wake)
        with self._changed:
            heapq.heappush(self._alarms, (moment, next(self._sequence), alarm))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
                self._thread.start()
            if self._alarms[0][2] is alarm:
                # For the others the clock need not look up: it waits for an earlier one.
                self._changed.notify_all()
        return alarm

    def advance(self, by: timedelta) -> None:
        """Move a stepped clock forward by `by`; alarms passed on the way go off."""
        if not self.stepped:
            raise ValueError("only a stepped clock can be advanced by hand")
        with self._changed:
            self._virtual += by
            self._changed.notify_all()

    def close(self) -> None:
        """Stop the clock's thread; alarms not yet due never go off."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                alarm = self._next_due()
                if alarm is None:
                    return
                ringing = self.hold("an alarm that goes off")
            try:
                alarm.wake()
            except BaseException:
                # One owner's fault must not stop everybody's time.
                _log.exception("an alarm of the clock failed")
            finally:
                ringing.release()

    def _next_due(self) -> Alarm | None:
        """Wait, holding the condition, until an alarm is due; None when the clock is closed."""
        while not self._closed:
            while self._alarms and self._alarms[0][2].cancelled:
                heapq.heappop(self._alarms)
            if not self._alarms:
                self._changed.wait()
                continue
            moment = self._alarms[0][0]
            wait = self._seconds_until(moment)
            if wait > 0:
                self._changed.wait(wait)
                continue
            self._virtual = max(self._virtual, moment) if self.stepped else self._virtual
            return heapq.heappop(self._alarms)[2]
        return None

    def _seconds_until(self, moment: datetime) -> float:
        """Real seconds until `moment` may go off, or until it is worth looking again."""
        if not self.stepped:
            now = self.now()
            wait = (moment - now).total_seconds() / self.speed
            return max(wait, _STANDING) if wait > 0 and now == self._anchor.limit else wait
        if moment <= self._virtual:
            return 0
        if self._holds:
            return _UNTIL_TOLD
        return self._idle_since + IDLE_GRACE - time.monotonic()


def speed(text: str) -> float:
    """A speed given on a command line; ValueError, which argparse tells, outside of what works (1 to 2000)."""
    value = float(text)
    if not 1 <= value <= FASTEST:
        raise ValueError(text)
    return value
