"""A container that serves, seen to as Kubernetes does: asked on, taken out of traffic, started again.

Periods pass in virtual time; every answer is waited for in real time, for it is real work. As long as all is well a
container is looked at now and then only, and each time that something goes wrong with a request; counting begins with
the first bad answer. So an idle container keeps no stepped clock going.

Source: Kubernetes, "Configure Liveness, Readiness and Startup Probes" and "Container restart policy", which Azure ML's
probe settings are named after. Not compared with live Azure.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from local.clock import Clock, Hold
from local.cloud.serving.probing import answers, is_good
from local.cloud.serving.spec import LIVENESS, READINESS, Probe

# Real seconds between two looks at a server's process, and looks between two that ask its probes too.
_LOOK, _ASKED_EVERY = 0.5, 20
# A container that ends is started again at once, then after 10 s, 20 s and so on, at most after five minutes; one that
# has run for ten minutes has no past (Kubernetes).
_FIRST_BACKOFF, _LONGEST_BACKOFF, _FORGIVEN = timedelta(seconds=10), timedelta(minutes=5), timedelta(minutes=10)


class Upkeep:
    """One container, from its first readiness to its end.

    `probes` are asked by `ask`, which answers with a status or None. `ended` says how the server ended, or None while
    it runs; `start_again` starts it and says how long the new one takes to be ready in Azure, None when it did not
    come up. `say` writes into its log.
    """

    def __init__(
        self,
        clock: Clock,
        probes: dict[str, Probe],
        *,
        ask: Callable[[Probe], int | None],
        ended: Callable[[], str | None],
        start_again: Callable[[], timedelta | None],
        say: Callable[[str], None],
    ) -> None:
        self.ready = True
        self.restarts = 0
        self._clock, self._probes = clock, probes
        self._ask, self._ended, self._start_again, self._say = ask, ended, start_again, say
        self._why = ""
        self._up_since: datetime | None = clock.now()
        self._may_start = clock.now()
        self._backoff = timedelta()
        self._suspected, self._stopped = threading.Event(), threading.Event()
        self._held: Hold | None = None
        self._lock = threading.Lock()

    @property
    def told(self) -> str:
        """What a look at it from outside would tell, empty when nothing ever happened."""
        times = "1 restart" if self.restarts == 1 else f"{self.restarts} restarts"
        return ", ".join(filter(None, (times if self.restarts else "", "" if self.ready else "not ready", self._why)))

    def suspect(self) -> None:
        """Have it looked at now: a request has found it not well."""
        self._suspected.set()

    def stop(self) -> None:
        """See to it no more."""
        with self._lock:
            self._stopped.set()
        self._suspected.set()

    def run(self) -> None:
        """See to it until `stop`."""
        looks = 0
        while not self._stopped.is_set():
            suspected = self._suspected.wait(_LOOK)
            self._suspected.clear()
            looks += 1
            if self._stopped.is_set():
                return
            if self._up_since is None:
                if self._clock.now() >= self._may_start:
                    with self._holding():
                        self._start()
            elif (why := self._ended()) is not None:
                with self._holding():
                    self._down(why)
            elif suspected or looks % _ASKED_EVERY == 0:
                self._asked()

    def _asked(self) -> None:
        """Ask once; with an answer that is not as before, go on until it is decided."""
        changed = self._otherwise()
        if not changed:
            return
        with self._holding():
            counts = dict.fromkeys(self._probes, 0)
            while changed:
                for name in counts:
                    counts[name] = counts[name] + 1 if name in changed else 0
                if self._decided(counts):
                    return
                self._wait(self._clock.now() + min(self._probes[name].period for name in changed))
                if self._stopped.is_set() or self._ended() is not None:
                    return
                changed = self._otherwise()

    def _otherwise(self) -> dict[str, int | None]:
        """The probes that are not answered as they were last believed to be, each with its answer."""
        believed = {LIVENESS: True, READINESS: self.ready}
        found = answers(self._probes, self._ask)
        return {name: status for name, status in found.items() if is_good(status) != believed[name]}

    def _decided(self, counts: dict[str, int]) -> bool:
        """Whether one of the probes has made up its mind, and all that follows from it."""
        liveness, readiness = self._probes[LIVENESS], self._probes[READINESS]
        if counts[LIVENESS] >= liveness.failure_threshold:
            self._down(f"{LIVENESS} probe failed {liveness.failure_threshold} times in a row")
            return True
        if self.ready and counts[READINESS] >= readiness.failure_threshold:
            self._why = f"{READINESS} probe failed {readiness.failure_threshold} times in a row"
            self.ready = False
            self._say(f"{self._why}: no requests come here until it succeeds")
        elif not self.ready and counts[READINESS] >= readiness.success_threshold:
            self._why = ""
            self.ready = True
            self._say(f"{READINESS} probe succeeded: requests come here again")
        else:
            return False
        return counts[LIVENESS] == 0

    def _down(self, why: str) -> None:
        """It has ended, or is to be ended: it is started again, at once or when its time has come."""
        self.ready, self._why = False, why
        now = self._clock.now()
        if self._up_since is not None and now - self._up_since >= _FORGIVEN:
            self._backoff = timedelta()
        self._up_since, self._may_start = None, now + self._backoff
        if self._may_start <= now:
            self._start()

    def _start(self) -> None:
        self._backoff = min(max(self._backoff * 2, _FIRST_BACKOFF), _LONGEST_BACKOFF)
        self.restarts += 1
        self._say(f"{self._why}: the container is started again")
        began = self._clock.now()
        takes = self._start_again()
        if takes is None:
            self._may_start = self._clock.now() + self._backoff
            return
        self._wait(began + takes)
        self._up_since, self.ready = self._clock.now(), True

    @contextmanager
    def _holding(self) -> Iterator[None]:
        """With the clock held, but while something waits for it."""
        self._held = self._clock.hold("a container that is asked whether it lives")
        try:
            yield
        finally:
            with self._lock:
                self._held.release()

    def _wait(self, moment: datetime) -> None:
        """Let the clock go on until then; returns with it held again, or when nobody wants to know any more."""
        due = threading.Event()

        def wake() -> None:
            with self._lock:
                if not self._stopped.is_set():
                    self._held = self._clock.hold("a container that is asked whether it lives")
            due.set()

        alarm = self._clock.alarm(moment, wake)
        if self._held is not None:
            self._held.release()
        while not due.wait(_LOOK):
            if self._stopped.is_set():
                alarm.cancel()
                return
