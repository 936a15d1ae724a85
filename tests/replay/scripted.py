"""Orchestrations without a host: a context that answers from a script, and drives sub-orchestrations too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from contracts.errors import DeploymentError
from contracts.orders import CANCEL
from contracts.queue import EndpointQueue
from contracts.status import Progress
from orchestrations.endpoint_queue import OPERATIONS
from orchestrations.runbooks import CHILDREN, RUNBOOKS

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ORCHESTRATIONS = {one.__name__: one for one in (*(runbook.orchestration for runbook in RUNBOOKS), *CHILDREN)}
INSTANCE = "dep-0123456789abcdef0123456789abcdef"

Answer = Callable[[dict[str, Any]], Any]


class Boom(Exception):
    """A defect that nobody foresaw."""


@dataclass
class Task:
    """What an orchestrator waits for; a scripted one is done at once, but for an event that nobody raises."""

    result: Any = None
    is_completed: bool = True

    def cancel(self) -> None:
        """A timer that nobody waits for any more."""


@dataclass
class World:
    """What is said to every orchestration of one run: answers by activity, and one defect at the nth thing asked."""

    answers: dict[str, Answer]
    defect_at: int | None = None
    cancel_at: int | None = None
    canceled: Task = field(default_factory=lambda: Task(is_completed=False))
    asked: int = 0
    called: list[str] = field(default_factory=list)
    queued: EndpointQueue = field(default_factory=EndpointQueue)

    def queue(self, operation: str, message: Any) -> Any:
        """What the endpoint's queue answers."""
        self.queued, place = OPERATIONS[operation](self.queued, message)
        return place.to_wire()

    def count(self) -> None:
        """One more thing is asked of a context."""
        self.asked += 1
        if self.asked == self.cancel_at:
            self.canceled.is_completed = True
        if self.asked == self.defect_at:
            raise Boom("secret=abcdefgh")


@dataclass
class Race:
    """The first of several."""

    winner: Task


class Context:
    """What the SDK hands to an orchestrator; every answer is there at once."""

    def __init__(self, world: World, given: Any, instance_id: str = INSTANCE, moment: datetime = BEGIN) -> None:
        self.world = world
        self.given = given
        self.instance_id = instance_id
        self.moment = moment
        self.shown: dict[str, Any] = {}
        self.again: Any = None

    @property
    def current_utc_datetime(self) -> datetime:
        self.world.count()
        return self.moment

    def get_input(self) -> Any:
        self.world.count()
        return self.given

    def set_custom_status(self, status: dict[str, Any]) -> None:
        self.world.count()
        self.shown = status

    def call_activity(self, name: str, message: dict[str, Any]) -> Task:
        self.world.count()
        self.world.called.append(name)
        try:
            return Task({"ok": self.world.answers[name](message)})
        except DeploymentError as error:
            return Task({"error": error.to_failure().to_wire()})

    def call_sub_orchestrator(self, name: str, given: Any, instance_id: str | None = None) -> Task:
        self.world.count()
        child = Context(self.world, given, instance_id or f"{self.instance_id}:child", self.moment)
        try:
            ended = run(name, child)
        except Exception as error:  # a failed child is an exception in its parent
            return Task(error)
        self.moment = child.moment
        return Task(ended)

    def call_entity(self, _entity: Any, operation: str, message: Any) -> Task:
        self.world.count()
        return Task(self.world.queue(operation, message))

    def create_timer(self, moment: datetime) -> Task:
        self.world.count()
        self.moment = max(self.moment, moment)
        return Task()

    def wait_for_external_event(self, name: str) -> Task:
        self.world.count()
        return self.world.canceled if name == CANCEL else Task(is_completed=False)

    def task_any(self, tasks: list[Task]) -> Race:
        self.world.count()
        return Race(next(one for one in tasks if one.is_completed))

    def continue_as_new(self, given: Any) -> None:
        self.world.count()
        self.again = given

    @property
    def progress(self) -> Progress:
        """The custom status as callers read it."""
        return Progress.from_wire(self.shown)


def run(name: str, context: Context) -> Any:
    """What an orchestration returns; raises what it raises."""
    while True:
        context.again = None
        returned = _to_its_end(ORCHESTRATIONS[name](context))
        if context.again is None:
            return returned
        context.given = context.again


def _to_its_end(taking: Any) -> Any:
    answer: Any = None
    while True:
        try:
            waited = taking.throw(answer) if isinstance(answer, Exception) else taking.send(answer)
            answer = waited.winner if isinstance(waited, Race) else waited.result
        except StopIteration as ended:
            return ended.value
