"""One deployment run again and again from the same beginning, under hosts that die at chosen moments."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import httpx

from local.clock import Hold
from local.cloud.faults import Fault
from local.host.writer import HostDied
from local.stack import LocalStack
from local.waiting import PATIENCE
from tests.chaos import scene

KEY = "the-same-every-time"
NO_OUTAGE = timedelta(0)

T = TypeVar("T")


class Rehearsal:
    """Runs on one stack. Each begins with an empty task hub and workspace, and the files of `scene` in its storage."""

    patience: float = PATIENCE
    """Real seconds after which a run that has not ended is taken to hang."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.deaths = 0
        """How many hosts died in the latest run."""
        self.writes: list[str] = []
        """What the hosts of the latest run wrote durably."""
        self._held: list[Hold] = []
        """By hosts that have died, until another one has started."""

    def run(
        self,
        body: dict[str, Any],
        *,
        dies_after: int | str | None = None,
        then_after: int | None = None,
        outage: timedelta = NO_OUTAGE,
        faults: Sequence[Fault] = (),
    ) -> dict[str, Any]:
        """How the request ends when its host dies after a durable write and another takes over.

        `dies_after` is the write's number, or how it begins to describe itself (such as `activity smoke_test`). With
        `then_after` every later host dies after that many writes of its own. `outage` passes between two hosts.
        `faults` are what happens to Azure meanwhile.
        """
        self.begin()
        for fault in faults:
            self.stack.cloud.faults.add(fault)
        accepted: list[str] = []

        def ending() -> dict[str, Any]:
            # Whoever gets no answer asks again, with the same key.
            if not accepted:
                accepted.append(self.stack.post(body, key=KEY)["id"])
            self.stack.host.wait_for(accepted[0], timeout=self.patience)
            return scene.ending(self.stack.cloud, self.stack.status(accepted[0]))

        return self.through_deaths(ending, dies_after=dies_after, then_after=then_after, outage=outage)

    def through_deaths(
        self,
        attempt: Callable[[], T],
        *,
        dies_after: int | str | None,
        then_after: int | None = None,
        outage: timedelta = NO_OUTAGE,
    ) -> T:
        """What `attempt` gives under the first host that lives long enough; it is made anew under each."""
        self.start_host(dies_after)
        while True:
            try:
                return attempt()
            except (HostDied, httpx.TransportError):
                if not self.stack.host.crashed.wait(self.patience):
                    raise
            self.deaths += 1
            if outage:
                # Azure goes on while there is no host.
                self.stack.cloud.world.schedule.pass_time(outage)
            self.start_host(then_after)

    def each_fault(
        self, body: dict[str, Any], fault: Callable[[int], Fault], *, first: int = 0, step: int = 1
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """(n, ending) for `fault(first)`, `fault(first + step)`, … until one finds nothing more to hit."""
        n = first
        while True:
            ended = self.run(body, faults=[fault(n)])
            if not self.fault_has_hit():
                return
            yield n, ended
            n += step

    def run_cut_off(self, body: dict[str, Any], first: Fault, then: Fault | None = None) -> dict[str, Any]:
        """How the request ends when the host dies in the middle of the call that `first` delays, which goes through.

        With `then`, which is a new one for each of them, every later host dies likewise, until one ends the request.
        """
        self.begin()
        self.stack.cloud.faults.add(first)
        self.start_host()
        instance = self.stack.post(body, key=KEY)["id"]
        while True:
            self.until(lambda: self.fault_has_hit() or self._has_ended(instance))
            if not self.fault_has_hit():
                return self.ended(instance)
            answered = len(self.stack.cloud.journal.entries())
            self.stack.host.crash()
            self.deaths += 1
            # Nobody holds the clock any more, so the delay passes, and the call is served for a host that is gone.
            self.until(partial(self._answered_more_than, answered))
            self.stack.cloud.faults.clear()
            if then:
                self.stack.cloud.faults.add(replace(then))
            self.start_host()

    def _has_ended(self, instance: str) -> bool:
        """By the host's own word: each question over HTTP would cost two requests and a call of the worker."""
        with suppress(TimeoutError):
            return bool(self.stack.host.wait_for(instance, timeout=0))
        return False

    def _answered_more_than(self, requests: int) -> bool:
        return len(self.stack.cloud.journal.entries()) > requests

    def fault_has_hit(self) -> bool:
        """Whether a fault of the latest run has hit a request."""
        return self.hits() > 0

    def hits(self) -> int:
        """How many requests the faults of the latest run have hit."""
        return self.stack.cloud.faults.hits

    def begin(self) -> None:
        """End the run before, and go back to where every run begins."""
        if not self.stack.host.crashed.is_set():
            self.stack.host.stop()
        _let_time_pass(self._taken())
        self.stack.cloud.reset()
        scene.put_files(self.stack.cloud)
        shutil.rmtree(self.stack.data / "host")
        self.deaths = 0
        self.writes.clear()

    def start_host(self, dies_after: int | str | None = None) -> None:
        """Start a host that dies right after that durable write; time stands still until the next one starts."""

        # Before the next host starts: it may die before this one hears that it has started, and holds the clock anew.
        held = self._taken()

        def on_write(number: int, what: str) -> None:
            self.writes.append(what)
            if number == dies_after or (isinstance(dies_after, str) and what.startswith(dies_after)):
                self._held.append(self.stack.clock.hold(f"a host that died after {what}"))
                raise HostDied

        self.stack.start_host(on_durable_write=on_write)
        _let_time_pass(held)

    def until(self, ready: Callable[[], Any]) -> Any:
        """What `ready` gives once it is true."""
        return self.stack.until(ready, seconds=self.patience)

    def ended(self, instance: str) -> dict[str, Any]:
        """How the deployment of that instance ends."""
        return scene.ending(self.stack.cloud, self.stack.wait(instance, seconds=self.patience))

    def _taken(self) -> list[Hold]:
        held, self._held = self._held, []
        return held


def _let_time_pass(held: list[Hold]) -> None:
    for hold in held:
        hold.release()
