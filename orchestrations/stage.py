"""Running an orchestrator apart from the task hub: on a stage, where somebody else says what each thing answers.

Twice of use: a plan's steps are those of the runbook itself, run with answers foretold (`rehearse`); and what an
instance knew when the platform ended it is what its runbook shows, run with the answers in its history (`recall`):
measured on Microsoft's own host, such an instance keeps its history and loses its custom status.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.activities import Provisioning
from contracts.base import Json
from contracts.status import Progress

Orchestration = Callable[[Any], Generator[Any, Any, Json]]
Foretold = Callable[[str, Json], Json]
"""What an activity would answer to a message; an envelope."""

DONE = {"ok": Provisioning(state="Succeeded", done=True).to_wire()}
# How a status names the events that an orchestrator waits for.
COMPLETED = ("TaskCompleted", "SubOrchestrationInstanceCompleted", "TimerFired")
FAILED = ("TaskFailed", "SubOrchestrationInstanceFailed")


@dataclass(frozen=True)
class Asked:
    """Something an orchestrator waits for: an activity, a sub-orchestration, or a timer."""

    name: str = ""
    message: Json = None
    fires: datetime | None = None


@dataclass
class Stage:
    """A context of the Durable SDK."""

    order: Json
    current_utc_datetime: datetime
    instance_id: str = ""
    shown: dict[str, Any] = field(default_factory=dict)

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
        return Asked(name, order)

    def continue_as_new(self, order: Json) -> None:
        """What comes after this history is not played."""

    def create_timer(self, moment: datetime) -> Asked:
        """A timer."""
        return Asked(fires=moment)


def rehearse(orchestration: Orchestration, order: Json, moment: datetime, foretold: Foretold) -> list[str]:
    """Names of the steps that would be taken, in order; those that would be skipped are left out."""
    stage = Stage(order, moment)
    taking, answer = orchestration(stage), None
    with suppress(StopIteration):
        while True:
            asked: Asked = taking.send(answer)
            if asked.fires:
                stage.current_utc_datetime, answer = max(asked.fires, stage.current_utc_datetime), None
            else:
                answer = DONE if asked.name == "watch" else foretold(asked.name, asked.message)
    return [step.name for step in Progress.from_wire(stage.shown).steps if step.state != "skipped"]


def recall(orchestration: Orchestration, order: Json, instance_id: str, history: Sequence[Json]) -> Progress:
    """What an instance showed when it had come as far as `history`, the events of its status in their order."""
    events: Iterator[Json] = (event for event in history if event.get("EventType") in (*COMPLETED, *FAILED))
    stage = Stage(order, _moment(history[0]), instance_id)
    taking = orchestration(stage)
    try:
        taking.send(None)
        for event in events:
            stage.current_utc_datetime = max(_moment(event), stage.current_utc_datetime)
            if event["EventType"] in FAILED:
                taking.throw(Exception(str(event.get("Reason"))))
            else:
                taking.send(event.get("Result"))
    except Exception:  # noqa: S110 - it ended, or another release runs it otherwise: what was shown until then counts
        pass
    return Progress.from_wire(stage.shown)


def _moment(event: Json) -> datetime:
    # The hub writes seven digits of a second.
    whole, _, fraction = str(event["Timestamp"]).removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:6].ljust(6, '0')}+00:00")
