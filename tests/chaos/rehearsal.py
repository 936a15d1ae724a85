"""One deployment run again and again from the same beginning, under hosts that die at chosen moments."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

import httpx

from local.cloud.faults import Fault
from local.host.writer import HostDied
from local.stack import TERMINAL, LocalStack
from tests.chaos import scene

# Real seconds after which a run that has not ended is taken to hang.
PATIENCE = 60

KEY = "the-same-every-time"
NO_OUTAGE = timedelta(0)

T = TypeVar("T")


class Rehearsal:
    """Runs on one stack. Each begins with an empty task hub and workspace, and the files of `scene` in its storage."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.deaths = 0
        """How many hosts died in the latest run."""
        self.writes: list[str] = []
        """What the hosts of the latest run wrote durably."""
        self._time_stands_still = False

    def run(
        self,
        body: dict[str, Any],
        *,
        dies_after: int | str | None = None,
        always: bool = False,
        outage: timedelta = NO_OUTAGE,
        fault: Fault | None = None,
    ) -> dict[str, Any]:
        """How the request ends when its host dies after a durable write and another takes over.

        `dies_after` is the write's number, or how it begins to describe itself (such as `activity smoke_test`). With
        `always` every host dies after that many writes of its own. `outage` passes between two hosts. `fault` is what
        happens to Azure meanwhile.
        """
        self.begin()
        if fault:
            self.stack.cloud.faults.add(fault)
        accepted: list[str] = []

        def ending() -> dict[str, Any]:
            # Whoever gets no answer asks again, with the same key.
            if not accepted:
                accepted.append(self.stack.post(body, key=KEY)["id"])
            self.stack.host.wait_for(accepted[0], timeout=PATIENCE)
            return scene.ending(self.stack.cloud, self.stack.status(accepted[0]))

        return self.through_deaths(ending, dies_after=dies_after, always=always, outage=outage)

    def through_deaths(
        self,
        attempt: Callable[[], T],
        *,
        dies_after: int | str | None,
        always: bool = False,
        outage: timedelta = NO_OUTAGE,
    ) -> T:
        """What `attempt` gives under the first host that lives long enough; it is made anew under each."""
        self.start_host(dies_after)
        while True:
            try:
                return attempt()
            except (HostDied, httpx.TransportError):
                if not self.stack.host.crashed.wait(PATIENCE):
                    raise
            self.deaths += 1
            if outage:
                self.stack.clock.advance(outage)
            self.start_host(dies_after if always else None)

    def each_death(
        self, body: dict[str, Any], *, first: int, step: int, outage: timedelta = NO_OUTAGE
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """(k, ending) for a host that dies after write `first`, `first + step`, … until one outlives the deployment."""
        k = first
        while True:
            ended = self.run(body, dies_after=k, outage=outage)
            if not self.deaths:
                return
            yield k, ended
            k += step

    def each_fault(
        self, body: dict[str, Any], fault: Callable[[int], Fault], *, first: int = 0, step: int = 1
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """(n, ending) for `fault(first)`, `fault(first + step)`, … until one finds nothing more to hit."""
        n = first
        while True:
            ended = self.run(body, fault=fault(n))
            if not self.fault_has_hit():
                return
            yield n, ended
            n += step

    def run_cut_off(self, body: dict[str, Any], fault: Fault) -> dict[str, Any] | None:
        """How the request ends when the host dies in the middle of the call that `fault` delays, which goes through.

        None when the fault found nothing to hit.
        """
        self.begin()
        self.stack.cloud.faults.add(fault)
        self.start_host()
        instance = self.stack.post(body, key=KEY)["id"]
        self.stack.until(lambda: self.fault_has_hit() or self.stack.status(instance)["status"] in TERMINAL)
        if not self.fault_has_hit():
            return None
        answered = len(self.stack.cloud.journal.entries())
        self.stack.host.crash()
        self.deaths += 1
        # Nobody holds the clock any more, so the delay passes, and the call is served for a host that is gone.
        self.stack.until(lambda: len(self.stack.cloud.journal.entries()) > answered)
        self.start_host()
        return scene.ending(self.stack.cloud, self.stack.wait(instance))

    def fault_has_hit(self) -> bool:
        """Whether the fault of the latest run has hit a request."""
        return any(fault["hits"] for fault in self.stack.cloud.faults.documents())

    def begin(self) -> None:
        """End the run before, and go back to where every run begins."""
        if not self.stack.host.crashed.is_set():
            self.stack.host.stop()
        self._let_time_pass()
        self.stack.cloud.reset()
        scene.put_files(self.stack.cloud)
        shutil.rmtree(self.stack.data / "host")
        self.deaths = 0
        self.writes.clear()

    def start_host(self, dies_after: int | str | None = None) -> None:
        """Start a host that dies right after that durable write; time stands still until the next one starts."""

        def on_write(number: int, what: str) -> None:
            self.writes.append(what)
            if number == dies_after or (isinstance(dies_after, str) and what.startswith(dies_after)):
                self.stack.clock.hold()
                self._time_stands_still = True
                raise HostDied

        self.stack.start_host(on_durable_write=on_write)
        self._let_time_pass()

    def _let_time_pass(self) -> None:
        if self._time_stands_still:
            self._time_stands_still = False
            self.stack.clock.release()
