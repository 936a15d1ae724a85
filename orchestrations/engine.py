"""The engine: takes steps, retries them on durable timers, watches long operations, waits.

The Durable SDK's own retries are not used: they know neither backoff nor errors that must not be retried, and wait
once more after the last failure.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from contracts.activities import EntryInput, Provisioning
from contracts.base import Contract, Json
from contracts.errors import ActivityCrashed, Failure, StepFailed
from contracts.orders import WatchOrder
from orchestrations.policies import CRASHES_ALLOWED, Backoff
from orchestrations.step_log import StepLog
from orchestrations.steps import Result, Step

Context = Any  # azure.durable_functions.DurableOrchestrationContext; the SDK ships no types
T = TypeVar("T")
Taking = Generator[Any, Any, T]


def now(context: Context) -> datetime:
    """The orchestration's own time, aware UTC: the same on every replay."""
    moment: datetime = context.current_utc_datetime
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def attempt(context: Context, activity: str, result: type[Result], message: Json) -> Taking[Result | Failure]:
    """One try of an activity: its result, or the failure it answered; a crash is a failure that may be tried again."""
    try:
        envelope = yield context.call_activity(activity, message)
    except Exception as error:  # the SDK raises bare Exception for whatever the activity raised
        return _crashed(activity, error).model_copy(update={"retryable": True})
    if "error" in envelope:
        return Failure.from_wire(envelope["error"]).model_copy(update={"step": activity})
    return result.from_wire(envelope["ok"])


def _crashed(step: str, error: Exception) -> Failure:
    text = " ".join(str(error).split())
    return ActivityCrashed(f"{step}: {text}").to_failure().model_copy(update={"step": step})


def is_crash(failure: Failure) -> bool:
    """Whether an activity failed in a way nobody foresaw."""
    return failure.code == ActivityCrashed.__name__


def worth_another_try(failure: Failure, crashes: int, *, until: datetime, deadline: datetime) -> bool:
    """Whether a failed step may succeed when it is tried again at `until`."""
    return failure.retryable and crashes <= CRASHES_ALLOWED and until <= deadline


def pause_after(failure: Failure, backoff: Backoff, tries: int) -> timedelta:
    """The backoff's pause, or longer when the service asked for longer."""
    return max(backoff.pause(tries), timedelta(seconds=failure.retry_after or 0))


class Engine:
    """The steps of one instance. Every method that waits is used with `yield from`.

    Attributes:
        mark: the instance ID, with which everything is marked that the instance makes.
        log: the steps so far.
    """

    def __init__(self, context: Context, changed: Callable[[], None] = lambda: None) -> None:
        self.context = context
        self.mark: str = context.instance_id
        self.log = StepLog(changed)

    @property
    def now(self) -> datetime:
        """The orchestration's own time."""
        return now(self.context)

    def take(self, step: Step[Result], message: Contract) -> Taking[Result]:
        """Take `step`, trying again while its failure is worth it; raises StepFailed when it is not."""
        self.log.started(step.activity, self.now)
        wire, deadline = message.to_wire(), self.now + step.backoff.deadline
        tries = crashes = 0
        while True:
            tries += 1
            began = self.now
            outcome = yield from attempt(self.context, step.activity, step.result, wire)
            if not isinstance(outcome, Failure):
                self.log.succeeded(step.activity, self.now)
                return outcome
            crashes += is_crash(outcome)
            pause = pause_after(outcome, step.backoff, tries)
            # The time a try was begun counts, so that an outage after it leaves it another try.
            if not worth_another_try(outcome, crashes, until=began + pause, deadline=deadline):
                raise self._failed(outcome)
            self.log.retrying(step.activity, self.now + pause, outcome)
            yield from self.awaited(self.context.create_timer(self.now + pause))

    def watch(self, step: Step[Provisioning], message: EntryInput, patience: Backoff) -> Taking[Provisioning]:
        """Look until `step` says it is done, in a sub-orchestration, so that this history does not grow with time."""
        self.log.started(step.activity, self.now)
        order = WatchOrder(
            activity=step.activity,
            message=message.to_wire(),
            first=patience.first,
            factor=patience.factor,
            longest=patience.longest,
            allowed=patience.deadline,
        )
        return (yield from self.delegate(step.activity, "watch", order, step.result))

    def delegate(self, name: str, orchestration: str, order: Contract, result: type[Result]) -> Taking[Result]:
        """What a sub-orchestration answers, which answers whatever goes wrong in it; raises StepFailed then.

        `name` is the step. One that the platform ended (its worker died) is begun again.
        """
        crashes = 0
        while True:
            try:
                envelope = yield from self.awaited(self.context.call_sub_orchestrator(orchestration, order.to_wire()))
                break
            except StepFailed:
                raise
            except Exception as error:  # the SDK raises bare Exception for whatever ended the sub-orchestration
                crashes += 1
                if crashes > CRASHES_ALLOWED:
                    raise self._failed(_crashed(name, error)) from error
        if "error" in envelope:
            raise self._failed(Failure.from_wire(envelope["error"]).model_copy(update={"step": name}))
        self.log.succeeded(name, self.now)
        return result.from_wire(envelope["ok"])

    def wait_until(self, moment: datetime, name: str, detail: str) -> Taking[None]:
        """Wait on one durable timer; a moment already past costs nothing and is shown as skipped."""
        if moment <= self.now:
            self.log.skipped(name, self.now, detail)
            return
        self.log.waiting(name, self.now, moment, detail)
        yield from self.awaited(self.context.create_timer(moment))
        self.log.succeeded(name, self.now)

    def raised(self, event: str, until: datetime) -> Taking[bool]:
        """Whether an external event comes before `until`.

        Each wait needs an event name of its own: an event that comes late would otherwise end the next wait. The timer
        that lost is cancelled, or it would keep the instance running.
        """
        timer = self.context.create_timer(until)
        winner = yield self.context.task_any([self.context.wait_for_external_event(event), timer])
        if winner is timer:
            return False
        timer.cancel()
        return True

    def awaited(self, task: Any) -> Taking[Any]:
        """What `task` gives: an engine that can be interrupted waits for that too."""
        return (yield task)

    def _failed(self, failure: Failure) -> StepFailed:
        self.log.failed(failure.step, self.now)
        return StepFailed(failure)
