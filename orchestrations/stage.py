"""Running an orchestrator apart from the task hub: on a stage, where somebody else says what each thing answers.

Twice of use: a plan's steps are those of the runbook itself, run with answers foretold (`rehearse`); and what an
instance knew when the platform ended it is what its runbook shows, run with the answers in its history (`recall`):
measured on Microsoft's own host, such an instance keeps its history and loses its custom status.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.activities import Provisioning
from contracts.base import Json
from contracts.orders import CANCEL, Ending
from contracts.queue import LeaveOrder, Place
from contracts.status import Progress

Orchestration = Callable[[Any], Generator[Any, Any, Json]]
Foretold = Callable[[str, Json], Json]
"""What an activity would answer to a message; an envelope."""

# The child by which a run leaves the queue, as its last act.
LEAVE = "leave_turn"
# What children answer when all goes well.
CHILDREN: dict[str, Json] = {
    "watch": {"ok": Provisioning(state="Succeeded", done=True).to_wire()},
    "take_turn": {"ok": Place(verdict="owner").to_wire()},
    LEAVE: {"ok": Place(verdict="gone").to_wire()},
}
# How a status names the events that an orchestrator waits for.
COMPLETED = ("TaskCompleted", "SubOrchestrationInstanceCompleted", "TimerFired")
FAILED = ("TaskFailed", "SubOrchestrationInstanceFailed")
ENDED = ("SubOrchestrationInstanceCompleted", "SubOrchestrationInstanceFailed")
RAISED = "EventRaised"


class Differs(Exception):
    """A history goes on otherwise than its orchestrator would: another release has run it, or something is missing."""


@dataclass
class Asked:
    """Something an orchestrator waits for: an activity, a sub-orchestration, or a timer."""

    name: str = ""
    message: Json = None
    fires: datetime | None = None
    answers: list[Json] = field(default_factory=list)

    @property
    def result(self) -> Json:
        """Its answer, once there is one."""
        return self.answers[-1]

    def cancel(self) -> None:
        """A timer that nobody waits for any more."""


@dataclass
class Event:
    """An external event that an orchestrator waits for besides."""

    is_completed: bool = False
    result: Json = None


@dataclass(frozen=True)
class Race:
    """Something that is waited for, unless an event comes first."""

    asked: Asked
    event: Event


@dataclass
class Stage:
    """A context of the Durable SDK."""

    order: Json
    current_utc_datetime: datetime
    instance_id: str = ""
    shown: dict[str, Any] = field(default_factory=dict)
    canceled: Event = field(default_factory=Event)
    left_alone: tuple[str, datetime] | None = None
    """The child that nobody waits for any more because the run was canceled, and since when."""
    again: Json = None
    """What its next history would begin with."""
    leaves: Json = None
    """With what it has asked to leave the queue."""

    def get_input(self) -> Json:
        """What the instance was started with."""
        return self.order

    def set_custom_status(self, status: dict[str, Any]) -> None:
        """Keep what would be shown."""
        self.shown = status

    def call_activity(self, name: str, message: Json) -> Asked:
        """An activity."""
        return Asked(name, message)

    def call_sub_orchestrator(self, name: str, order: Json, instance_id: str = "") -> Asked:
        """A sub-orchestration."""
        self.leaves = order if name == LEAVE else self.leaves
        return Asked(name, order)

    def continue_as_new(self, order: Json) -> None:
        """What comes after this history is not played."""
        self.again = order

    def create_timer(self, moment: datetime) -> Asked:
        """A timer."""
        return Asked(fires=moment)

    def wait_for_external_event(self, _name: str) -> Event:
        """That the run is canceled: the only event that a runbook waits for itself."""
        return self.canceled

    def task_any(self, tasks: Sequence[Any]) -> Race:
        """What is asked for, or the event."""
        return Race(tasks[0], tasks[1])

    def went_on(self, taking: Generator[Any, Any, Json], asked: Any, answer: Json) -> Any:
        """What the orchestrator asks for next, having got its answer; an exception is raised in it."""
        if isinstance(asked, Race):
            asked.asked.answers.append(answer)
            return taking.send(asked.asked)
        return taking.throw(answer) if isinstance(answer, Exception) else taking.send(answer)

    def was_canceled(self, taking: Generator[Any, Any, Json], asked: Any, reason: Json) -> Any:
        """What the orchestrator asks for once it has been canceled: the same as before while it cannot stop."""
        self.canceled.is_completed, self.canceled.result = True, reason
        if not isinstance(asked, Race):
            return asked
        self.left_alone = (asked.asked.name, self.current_utc_datetime)
        return taking.send(self.canceled)

    def heard(self, taking: Generator[Any, Any, Json], asked: Any, event: Json) -> Any:
        """What the orchestrator asks for next, having heard an event; raises Differs when it waits for another one."""
        kind = event["EventType"]
        self.current_utc_datetime = max(_moment(event["Timestamp"]), self.current_utc_datetime)
        if kind == RAISED:
            # A second one changes nothing, and nobody waits for any other.
            cancels = event.get("Name") == CANCEL and not self.canceled.is_completed
            return self.was_canceled(taking, asked, _payload(event.get("Input"))) if cancels else asked
        if not _answers(event, asked.asked if isinstance(asked, Race) else asked):
            raise Differs
        answer = Exception(str(event.get("Reason"))) if kind in FAILED else event.get("Result")
        return self.went_on(taking, asked, answer)

    def is_left_alone(self, event: Json) -> bool:
        """Whether an event is the end of a child that nobody waits for: the hub tells that all the same."""
        if self.left_alone is None or event["EventType"] not in ENDED:
            return False
        name, since = self.left_alone
        return event.get("FunctionName") == name and _moment(event["ScheduledTime"]) <= since

    def ends(self, result: Json) -> Ending | None:
        """How the instance ends that has returned `result`; None while more than its end is to come."""
        wire = self.again.get("ending") if isinstance(self.again, dict) else None
        if wire is None and result is None:
            return None
        ending = Ending(result=result, shown=self.shown) if wire is None else Ending.from_wire(wire)
        return ending.model_copy(update={"leaves": self.leaves and LeaveOrder.from_wire(self.leaves)})


def rehearse(orchestration: Orchestration, order: Json, moment: datetime, foretold: Foretold) -> list[str]:
    """Names of the steps that would be taken, in order; those that would be skipped are left out."""
    stage = Stage(order, moment)
    taking = orchestration(stage)
    with suppress(StopIteration):
        asked = taking.send(None)
        while True:
            waited = asked.asked if isinstance(asked, Race) else asked
            stage.current_utc_datetime = max(waited.fires or moment, stage.current_utc_datetime)
            answer = None if waited.fires else CHILDREN.get(waited.name) or foretold(waited.name, waited.message)
            asked = stage.went_on(taking, asked, answer)
    return [step.name for step in Progress.from_wire(stage.shown).steps if step.state != "skipped"]


@dataclass(frozen=True)
class Recalled:
    """What an instance showed when it had come as far as its history, and its end where only that was left."""

    progress: Progress
    ending: Ending | None = None


def recall(orchestration: Orchestration, order: Json, instance_id: str, history: Sequence[Json]) -> Recalled:
    """What an instance knew when it had come as far as `history`, the events of its status in their order.

    Who asks to leave the queue knows how it ends, whatever that is answered; and it may have left. Where the history
    differs, nothing that comes after is known, nor any failure that the last answer has led to: it was none.
    """
    stage = Stage(order, _moment(history[0]["Timestamp"]), instance_id)
    taking, result, before = orchestration(stage), None, stage.shown
    try:
        asked = taking.send(None)
        for event in history:
            if event["EventType"] in (*COMPLETED, *FAILED, RAISED) and not stage.is_left_alone(event):
                known, before = before, stage.shown
                asked = stage.heard(taking, asked, event)
        if stage.leaves:
            stage.went_on(taking, asked, CHILDREN[LEAVE])
    except StopIteration as ended:
        result = ended.value
    except Differs:
        return Recalled(Progress.from_wire(known if stage.shown.get("error") else before))
    except Exception:  # noqa: S110 - it ended, or another release runs it otherwise: what was shown until then counts
        pass
    return Recalled(Progress.from_wire(stage.shown), stage.ends(result))


def _answers(event: Json, waited: Asked) -> bool:
    """Whether an event is what is waited for; whatever is asked for answers something."""
    if waited.fires or event["EventType"] == "TimerFired":
        return waited.fires is not None and event["EventType"] == "TimerFired"
    answered = event["EventType"] in FAILED or event.get("Result") is not None
    return answered and event.get("FunctionName") == waited.name


def _payload(text: Json) -> Json:
    """What an event brought: a history tells it as JSON text (recorded)."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def _moment(text: Json) -> datetime:
    return datetime.fromisoformat(str(text))
