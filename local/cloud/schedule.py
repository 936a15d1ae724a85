"""Work of the cloud that is due at a moment: alarms on the clock, done by threads that may take their time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from local.clock import Alarm, Clock, Hold

logger = logging.getLogger(__name__)


class Schedule:
    """Runs work at virtual moments. The clock is held from the alarm until the work is done."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="local-azure-work")
        self._alarms: set[Alarm] = set()
        self._lock = threading.Lock()
        self._closed = False

    def at(self, moment: datetime, work: Callable[[], None]) -> None:
        """Have `work` done at `moment`, or at once when it has passed."""

        def wake() -> None:
            with self._lock:
                self._alarms.discard(alarm)
                if self._closed:
                    return
                held = self._clock.hold(f"the local Azure: {getattr(work, '__qualname__', work)}")
                self._threads.submit(self._work_off, work, held)

        with self._lock:
            # Noted under the lock, so that an alarm already due cannot go off unnoted.
            alarm = self._clock.alarm(moment, wake)
            self._alarms.add(alarm)

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

    def _work_off(self, work: Callable[[], None], held: Hold) -> None:
        try:
            work()
        except Exception:
            logger.exception("work of the local Azure failed: this is a defect of the emulator")
        finally:
            held.release()
