"""The steps an instance has taken so far, as they are shown: an account of the engine's doings, kept by it.

When they began and ended is said to the second: what is finer would take room that a full status needs for its log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from contracts.errors import Failure
from contracts.status import StepState, StepStatus


class StepLog:
    """Steps by name, in the order of their first attempt; `changed` is called whenever one of them does."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._steps: dict[str, StepStatus] = {}

    @property
    def steps(self) -> list[StepStatus]:
        """All of them."""
        return list(self._steps.values())

    def restore(self, steps: Sequence[StepStatus]) -> None:
        """Go on with the steps that this instance had taken before it began anew."""
        self._steps = {step.name: step for step in steps}

    def started(self, name: str, moment: datetime) -> None:
        """A step begins; one taken before counts another attempt."""
        before = self._steps.get(name)
        attempts = before.attempts + 1 if before else 1
        first = before.started if before else to_the_second(moment)
        self._steps[name] = StepStatus(name=name, state="running", started=first, attempts=attempts)
        self._changed()

    def succeeded(self, name: str, moment: datetime) -> None:
        """A step ended well."""
        self._change(name, "succeeded", ended=to_the_second(moment), waiting_until=None)

    def failed(self, name: str, moment: datetime, why: str | None = None) -> None:
        """A step ended badly; `why` where the run's error does not tell."""
        if name not in self._steps:
            self.started(name, moment)
        told = {"detail": why} if why else {}
        self._change(name, "failed", ended=to_the_second(moment), waiting_until=None, **told)

    def noted(self, name: str, detail: str) -> None:
        """What else there is to say of a step that has ended."""
        self._change(name, self._steps[name].state, detail=detail)

    def retrying(self, name: str, until: datetime, failure: Failure) -> None:
        """A step failed and will be tried again."""
        again = self._steps[name].attempts + 1
        self._change(name, "waiting", waiting_until=until, attempts=again, detail=f"retry after {failure.code}")

    def waiting(self, name: str, moment: datetime, until: datetime, detail: str) -> None:
        """A wait begins."""
        self.started(name, moment)
        self._change(name, "waiting", waiting_until=until, detail=detail)

    def skipped(self, name: str, moment: datetime, detail: str) -> None:
        """A step or a wait was not needed."""
        second = to_the_second(moment)
        self._steps[name] = StepStatus(name=name, state="skipped", started=second, ended=second, detail=detail)
        self._changed()

    def _change(self, name: str, state: StepState, **changes: object) -> None:
        self._steps[name] = self._steps[name].model_copy(update={"state": state, **changes})
        self._changed()


def to_the_second(moment: datetime) -> datetime:
    """The second in which `moment` lies."""
    return moment.replace(microsecond=0)
