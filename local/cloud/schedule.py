"""Work of the cloud that is due at a moment: alarms on the clock, done by threads that may take their time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from local.clock import Alarm, Clock, Hold
from local.waiting import until

logger = logging.getLogger(__name__)


class Schedule:
    """Runs work at virtual moments. The clock is held from the alarm until the work is done."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="local-azure-work")
        self._alarms: dict[Alarm, Callable[[], None]] = {}
        self._begun: dict[Alarm, Callable[[], None]] = {}
        self._lock = threading.Lock()
        self._closed = False

    def at(self, moment: datetime, work: Callable[[], None]) -> None:
        """Have `work` done at `moment`, or at once when it has passed."""

        def wake() -> None:
            with self._lock:
                self._alarms.pop(alarm, None)
                if self._closed:
                    return
                self._begun[alarm] = work
                held = self._clock.hold(f"the local Azure: {_named(work)}")
                self._threads.submit(self._work_off, alarm, work, held)

        with self._lock:
            # Noted under the lock, so that an alarm already due cannot go off unnoted.
            alarm = self._clock.alarm(moment, wake)
            self._alarms[alarm] = work

    def waiting(self) -> list[tuple[datetime, Callable[[], None]]]:
        """What has not ended, and when it is due."""
        with self._lock:
            return [(alarm.moment, work) for alarm, work in (*self._alarms.items(), *self._begun.items())]

    def pass_time(self, by: timedelta) -> None:
        """Advance the clock, a stepped one, and wait until what is due by then is done: `Clock.advance` does not wait.

        Raises TimeoutError when that does not end.
        """
        self._clock.advance(by)
        until(lambda: all(moment > self._clock.now() for moment, _ in self.waiting()))

    def cancel_all(self) -> None:
        """Withdraw everything not yet begun."""
        with self._lock:
            for alarm in self._alarms:
                alarm.cancel()
            self._alarms.clear()

    def close(self) -> None:
        """Withdraw everything and wait for what has begun."""
        self.cancel_all()
        with self._lock:
            self._closed = True
        self._threads.shutdown(wait=True)

    def _work_off(self, alarm: Alarm, work: Callable[[], None], held: Hold) -> None:
        try:
            work()
        except Exception:
            logger.exception("work of the local Azure failed: this is a defect of the emulator")
        finally:
            with self._lock:
                del self._begun[alarm]
            held.release()


def _named(work: Callable[[], None]) -> str:
    called = work.func if isinstance(work, partial) else work
    return str(getattr(called, "__qualname__", called))
