"""One run of a runbook: takes steps, retries them on durable timers, and publishes progress.

The Durable SDK's own retries are not used: they know neither backoff nor errors that must not be retried, and wait
once more after the last failure.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from contracts.activities import TrafficShift
from contracts.base import Contract, Json
from contracts.errors import ActivityCrashed, DeadlineExceeded, Failure, StepFailed
from orchestrations.policies import CRASHES_ALLOWED, LOOKS_PER_HISTORY, Backoff
from orchestrations.progress import ProgressBoard
from orchestrations.steps import WATCHED, Result, Step

Context = Any  # azure.durable_functions.DurableOrchestrationContext; the SDK ships no types
T = TypeVar("T")
Taking = Generator[Any, Any, T]


def now(context: Context) -> datetime:
    """The orchestration's own time, aware UTC: the same on every replay."""
    moment: datetime = context.current_utc_datetime
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def take(context: Context, step: Step[Result], message: Json) -> Taking[Result | Failure]:
    """One try of `step`: its result, or the failure it answered; a crash is a failure that may be tried again."""
    try:
        envelope = yield context.call_activity(step.activity, message)
    except Exception as error:  # the SDK raises bare Exception for whatever the activity raised
        return _crashed(step.activity, error).model_copy(update={"retryable": True})
    if "error" in envelope:
        return Failure.from_wire(envelope["error"]).model_copy(update={"step": step.activity})
    return step.result.from_wire(envelope["ok"])


def _crashed(step: str, error: Exception) -> Failure:
    text = " ".join(str(error).split())
    return ActivityCrashed(f"{step}: {text}").to_failure().model_copy(update={"step": step})


def tries_left(failure: Failure, crashes: int, pause: timedelta, moment: datetime, deadline: datetime) -> bool:
    """Whether a failed step is worth another try after `pause`."""
    if not failure.retryable or (failure.code == ActivityCrashed.__name__ and crashes > CRASHES_ALLOWED):
        return False
    return moment + pause <= deadline


def pause_after(failure: Failure, backoff: Backoff, tries: int) -> timedelta:
    """The backoff's pause, or longer when the service asked for longer."""
    return max(backoff.pause(tries), timedelta(seconds=failure.retry_after or 0))


class Run:
    """The steps of one instance. Call it to take a step; every method that waits is used with `yield from`."""

    def __init__(self, context: Context, board: ProgressBoard) -> None:
        self.context = context
        self.instance: str = context.instance_id
        self.board = board
        self.traffic: TrafficShift | None = None
        self.assignments_made: list[str] = []

    @property
    def now(self) -> datetime:
        """The orchestration's own time."""
        return now(self.context)

    def __call__(self, step: Step[Result], message: Contract) -> Taking[Result]:
        """Take `step`, trying again while its failure is worth it; raises StepFailed when it is not."""
        self.board.started(step.activity, self.now)
        deadline = self.now + step.backoff.deadline
        tries = crashes = 0
        while True:
            tries += 1
            began = self.now
            outcome = yield from take(self.context, step, message.to_wire())
            if not isinstance(outcome, Failure):
                self.board.succeeded(step.activity, self.now)
                return outcome
            crashes += outcome.code == ActivityCrashed.__name__
            pause = pause_after(outcome, step.backoff, tries)
            # The time a try was begun counts, so that an outage after it leaves it another try.
            if not tries_left(outcome, crashes, pause, began, deadline):
                raise self._failed(outcome)
            self.board.retrying(step.activity, self.now + pause, outcome)
            yield self.context.create_timer(self.now + pause)

    def until(self, step: Step[Result], message: Contract) -> Taking[Result]:
        """Watch `step` in a sub-orchestration, so that this history does not grow with Azure's time."""
        self.board.started(step.activity, self.now)
        order = {"activity": step.activity, "message": message.to_wire()}
        try:
            envelope = yield self.context.call_sub_orchestrator("watch", order)
        except Exception as error:  # the SDK raises bare Exception for whatever ended the sub-orchestration
            raise self._failed(_crashed(step.activity, error)) from error
        if "error" in envelope:
            raise self._failed(Failure.from_wire(envelope["error"]))
        self.board.succeeded(step.activity, self.now)
        return step.result.from_wire(envelope["ok"])

    def wait_until(self, moment: datetime, name: str, detail: str) -> Taking[None]:
        """Wait on one durable timer; a moment already past costs nothing and is shown as skipped."""
        if moment <= self.now:
            self.board.skipped(name, self.now, detail)
            return
        self.board.waiting(name, self.now, moment, detail)
        yield self.context.create_timer(moment)
        self.board.succeeded(name, self.now)

    def _failed(self, failure: Failure) -> StepFailed:
        self.board.failed(failure.step, self.now)
        return StepFailed(failure)


def watch(context: Context) -> Taking[Json]:
    """Sub-orchestration: look at a long operation until it is done, fails, or its deadline has passed.

    It begins a new history every few looks: each turn replays the whole of one, so a long one costs ever more.
    """
    order = context.get_input()
    step = WATCHED[order["activity"]]
    tries, crashes = order.get("tries", 0), order.get("crashes", 0)
    deadline = datetime.fromisoformat(order["deadline"]) if tries else now(context) + step.backoff.deadline
    pause = step.backoff.pause(tries + 1)
    while True:
        tries += 1
        yield context.create_timer(min(now(context) + pause, deadline))
        # Only a look begun at the deadline or later is the last one: an outage must not fail what Azure has finished.
        looked = now(context)
        outcome = yield from take(context, step, order["message"])
        pause = step.backoff.pause(tries + 1)
        if isinstance(outcome, Failure):
            pause = pause_after(outcome, step.backoff, tries + 1)
            crashes += outcome.code == ActivityCrashed.__name__
            if not tries_left(outcome, crashes, pause, looked, deadline):
                return {"error": outcome.to_wire()}
        elif outcome.done:
            return {"ok": outcome.to_wire()}
        elif looked >= deadline:
            overdue = DeadlineExceeded(f"{step.activity} was not done within {step.backoff.deadline}.").to_failure()
            return {"error": overdue.model_copy(update={"step": step.activity}).to_wire()}
        elif tries % LOOKS_PER_HISTORY == 0:
            state = {"tries": tries, "crashes": crashes, "deadline": deadline.isoformat()}
            context.continue_as_new({**order, **state})
            return None
