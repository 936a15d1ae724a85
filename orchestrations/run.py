"""One run of a runbook that makes things: an engine whose progress is shown and whose works stand in a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NoReturn, Protocol

from contracts.activities import EnsureInput, EntryInput, Provisioning
from contracts.base import Contract, Json
from contracts.errors import Canceled, Failure, OrchestrationCrashed, StepFailed, WorkerLost
from contracts.failure import place_of
from contracts.ledger import LedgerEntry
from contracts.orders import CANCEL, Carried
from contracts.plan import PlanProblem, Resolved
from contracts.queue import WhenBusy
from contracts.releases import Release
from orchestrations.board import Board
from orchestrations.engine import Context, Engine, Taking
from orchestrations.ledger import Ledger
from orchestrations.policies import RESUMPTIONS_ALLOWED
from orchestrations.steps import Ensuring, Resource, Result, Step


class Order(Protocol):
    """What a run is started with: to which endpoint it wants to write, and what it knew when it began anew."""

    carried: Carried

    @property
    def endpoint(self) -> str:
        """Name of the endpoint."""

    @property
    def deployment(self) -> str:
        """Name of the deployment that it is about; empty for none."""

    @property
    def digest(self) -> str:
        """Of what was asked for."""

    @property
    def accepted(self) -> datetime | None:
        """When the front door took it."""

    @property
    def asked_by(self) -> str:
        """Who asked for it."""

    @property
    def when_busy(self) -> WhenBusy:
        """What to do while another run writes to the endpoint."""

    @property
    def interruptible(self) -> bool:
        """Whether a later run may cancel it."""

    def model_copy(self, *, update: dict[str, Any]) -> Any:
        """The order with something else in it."""


class Run(Engine):
    """The steps and the works of one instance.

    Attributes:
        kind: what it does: the name of its orchestration.
        order: what it was started with, once that has been read.
        release: what it has changed of what the endpoint serves.
    """

    order: Any
    began: datetime

    def __init__(self, context: Context, kind: str) -> None:
        super().__init__(context, self.publish)
        self.kind = kind
        self.release: Release | None = None
        self.expiry: str | None = None
        """The operation by which the endpoint goes at its time, where this run says so."""
        self.ledger = Ledger()
        self.keeps = False
        """Whether what was made is to stay after a failure."""
        self.board = Board(context.set_custom_status)
        self.writes_to: str | None = None
        """The endpoint in whose queue the run stands, once it is known."""
        self.undoing = False
        self.canceled = False
        """Whether it is undone because nobody wants it any more, and not because it failed."""
        self._cancel: Any = None

    def start(self, order: Order) -> None:
        """Begin with an order, or go on where this instance was; everything made is confirmed by its mark.

        Raises StepFailed when it was being undone already, or when the platform has ended it too often.
        """
        self.order, self.writes_to, self.began, carried = order, order.endpoint, self.now, order.carried
        self.board.about(digest=order.digest, endpoint=order.endpoint, deployment=order.deployment)
        self.log.restore(carried.steps)
        self.ledger.entries = list(carried.ledger)
        if carried.error:
            raise StepFailed(carried.error)
        if carried.resumptions > RESUMPTIONS_ALLOWED:
            message = f"the worker died in a turn of this run {carried.resumptions} times; it is not carried on again"
            raise StepFailed(WorkerLost(message).to_failure())

    def so_far(self) -> Contract:
        """The order for a new history of this run: with what it knows."""
        carried = self.order.carried.model_copy(update={"steps": self.log.steps, "ledger": self.ledger.entries})
        again: Contract = self.order.model_copy(update={"carried": carried})
        return again

    def awaited(self, task: Any) -> Taking[Any]:
        """What `task` gives; raises StepFailed when the run is canceled first, unless it is being undone."""
        if self.undoing:
            return (yield task)
        self._cancel = self._cancel or self.context.wait_for_external_event(CANCEL)
        self.stop_if_canceled()
        winner = yield self.context.task_any([task, self._cancel])
        if winner is not task:
            with suppress(AttributeError):  # only a timer can be cancelled
                task.cancel()
            self.stop_if_canceled()
        if isinstance(task.result, Exception):
            raise task.result
        return task.result

    def take(self, step: Step[Result], message: Contract) -> Taking[Result]:
        """Take a step, unless the run has been canceled."""
        self.stop_if_canceled()
        return (yield from super().take(step, message))

    def stop_if_canceled(self) -> None:
        """Raises StepFailed(Canceled) once the run has been canceled, unless it is being undone."""
        if self._cancel and self._cancel.is_completed and not self.undoing:
            raise StepFailed(Canceled(str(self._cancel.result or "somebody canceled the run")).to_failure())

    def stop_over(self, step: Step[Any], found: PlanProblem, more: str = "") -> NoReturn:
        """Raises StepFailed with a problem that a plan has found, before anything is made."""
        self.log.failed(step.activity, self.now)
        where = f"{found.path}: " if found.path else ""
        message = f"{where}{found.message}{more}"
        raise StepFailed(Failure(code=found.code, message=message, suggestion=found.suggestion, step=step.activity))

    def publish(self) -> None:
        """Show how far the run is, and what it has made: before each write to Azure, and after each answer."""
        # The board only shows: were it to fail, the run goes on, and the next change is shown.
        with suppress(Exception):
            self.board.show(self.log.steps, self.ledger.entries)

    def ensure(
        self, resource: Resource[Ensuring], wanted: Json, resolved: Resolved, makes: Sequence[LedgerEntry]
    ) -> Taking[Ensuring]:
        """Make sure that a resource is as wanted; what it may make is in the ledger before anything is written.

        Raises StepFailed, also when only some of it was made; the ledger then knows of those.
        """
        ensured = yield from self.begin(resource, wanted, resolved, makes)
        yield from self.finish(resource, ensured, makes[0])
        return ensured

    def begin(
        self, resource: Resource[Ensuring], wanted: Json, resolved: Resolved, makes: Sequence[LedgerEntry]
    ) -> Taking[Ensuring]:
        """Begin making a resource; other steps may be taken before it is finished."""
        self.ledger.begin(makes)
        order = EnsureInput(mark=self.mark, wanted=wanted, resolved=resolved)
        ensured = yield from self.take(resource.ensure, order)
        self.ledger.record(makes, ensured.entries)
        self.publish()
        if ensured.refused:
            self.log.failed(resource.ensure.activity, self.now)
            raise StepFailed(ensured.refused.model_copy(update={"step": resource.ensure.activity}))
        return ensured

    def finish(self, resource: Resource[Ensuring], ensured: Ensuring, entry: LedgerEntry) -> Taking[None]:
        """Watch what was begun until it is provisioned."""
        if not ensured.done:
            yield from self.watch(resource.provisioned, self.about_entry(entry), resource.provisioned.backoff)

    def remove(self, resource: Resource[Ensuring], order: EntryInput) -> Taking[Provisioning]:
        """Remove what an entry refers to, if it carries this run's mark; whatever is not there is looked for again."""
        removal = yield from self.take(resource.remove, order)
        if removal.done and not removal.absent:
            return removal
        last = yield from self.watch(resource.remove, order, resource.removed)
        if removal.absent:
            return last
        # What was ours at first and is gone now has been removed; what has its name by then is somebody else's.
        ours_is_left = last.ours and not last.absent
        return last.model_copy(update={"absent": False, "ours": True, "stays": last.stays if ours_is_left else None})

    def about_entry(self, entry: LedgerEntry) -> EntryInput:
        """The message about one entry of the ledger."""
        return EntryInput(mark=self.mark, entry=entry)


def defect(error: Exception) -> Failure:
    """An exception that nobody foresaw, as a failure."""
    # Not its text, which may be foreign: it would be stored, and the Functions host cuts texts at words like `key=`.
    return OrchestrationCrashed(f"{type(error).__name__} {place_of(error)}").to_failure()


class NewHistory(Exception):
    """Not an error: the run begins a new history with what it knows, since its own has become long."""


# How the end of an instance in our own words reads.
OWN_WORDS = "see the instance's custom status"


class RunFailed(Exception):
    """The end of an instance that failed, in words of our own; what Azure or a model said is in its custom status."""

    def __init__(self, failure: Failure) -> None:
        step = f" in {failure.step}" if failure.step else ""
        super().__init__(f"{failure.code}{step}: {OWN_WORDS}")
