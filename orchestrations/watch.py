"""Watching a long operation of Azure, in an orchestration of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.activities import Provisioning
from contracts.base import Json
from contracts.errors import DeadlineExceeded, DeploymentError, Failure, NotAsDeployed
from contracts.orders import WatchOrder
from orchestrations.engine import Context, Taking, attempt, is_crash, now, pause_after, worth_another_try
from orchestrations.policies import ABSENCE_PAUSE, ABSENCES_BELIEVED, LOOKS_PER_HISTORY, Backoff
from orchestrations.run import defect


def watch(context: Context) -> Taking[Json]:
    """Sub-orchestration: look until the operation is done, fails, or its deadline has passed.

    Answers an envelope as an activity does. It begins a new history every few looks: each turn replays the whole of
    one, so a long one costs ever more.
    """
    try:
        looking = Looking(WatchOrder.from_wire(context.get_input()), now(context))
        answer = yield from look(context, looking)
        if answer is None:
            context.continue_as_new(looking.so_far().to_wire())
    except Exception as error:  # what ends a child in foreign words ends its parent so
        return {"error": defect(error).to_wire()}
    return answer


def look(context: Context, looking: Looking) -> Taking[Json]:
    """Look as often as one history holds; the watch's answer, or None when it goes on in the next one."""
    for _ in range(LOOKS_PER_HISTORY):
        yield context.create_timer(looking.next_look(now(context)))
        began = now(context)
        outcome = yield from attempt(context, looking.order.activity, Provisioning, looking.order.message)
        answer = looking.saw(outcome, began)
        if answer is not None:
            return answer
    return None


class Looking:
    """How a watch is going, over all its histories."""

    def __init__(self, order: WatchOrder, moment: datetime) -> None:
        self.order = order
        self._patience = Backoff(order.first, order.factor, order.longest, order.allowed)
        self.deadline = order.deadline or moment + order.allowed
        self.tries = order.tries
        self._crashes = order.crashes
        self._absences = order.absences
        self.pause: timedelta = self._patience.pause(self.tries + 1)

    def next_look(self, moment: datetime) -> datetime:
        """When to look again; an absence is given its time to show, also beyond the deadline."""
        later = moment + self.pause
        return later if self._absences else min(later, self.deadline)

    def so_far(self) -> WatchOrder:
        """The order for the next history."""
        state = {
            "tries": self.tries,
            "crashes": self._crashes,
            "absences": self._absences,
            "deadline": self.deadline,
        }
        return self.order.model_copy(update=state)

    def saw(self, outcome: Provisioning | Failure, began: datetime) -> Json:
        """The watch's answer to a look that began then; None to look again after `pause`."""
        self.tries += 1
        self.pause = self._patience.pause(self.tries + 1)
        if isinstance(outcome, Failure):
            return self._refused(outcome, began)
        self._absences = self._absences + 1 if outcome.absent else 0
        if outcome.absent and self._absences < ABSENCES_BELIEVED:
            self.pause = min(self.pause, ABSENCE_PAUSE)
            return None
        if outcome.done:
            return {"ok": outcome.to_wire()}
        if outcome.absent:
            return self._ends(NotAsDeployed("somebody else deleted it while it was watched"))
        # Only a look begun at the deadline or later is the last one: an outage must not fail what Azure has finished.
        if began >= self.deadline:
            return self._ends(DeadlineExceeded(f"{self.order.activity} was not done within {self.order.allowed}."))
        return None

    def _refused(self, failure: Failure, began: datetime) -> Json:
        # Absences count in a row: what refuses to be deleted is there.
        self._absences = 0
        self.pause = pause_after(failure, self._patience, self.tries + 1)
        self._crashes += is_crash(failure)
        again = worth_another_try(failure, self._crashes, until=began + self.pause, deadline=self.deadline)
        return None if again else {"error": failure.to_wire()}

    def _ends(self, error: DeploymentError) -> Json:
        return {"error": error.to_failure().model_copy(update={"step": self.order.activity}).to_wire()}
