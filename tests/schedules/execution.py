"""One execution of an orchestration: what it was told, what it asked for, and that a replay asks for the same."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from orchestrations.runbooks import CHILDREN, RUNBOOKS

ORCHESTRATIONS = {one.__name__: one for one in (*(runbook.orchestration for runbook in RUNBOOKS), *CHILDREN)}


class Boom(Exception):
    """A defect that nobody foresaw."""


class ReplayDiffers(Exception):
    """An orchestration asked for something else than it had asked for before."""


@dataclass(frozen=True)
class Asked:
    """What an orchestration waits for: an activity, a child or a timer."""

    kind: Literal["activity", "child", "timer"]
    name: str
    given: str = ""
    child: str | None = None


@dataclass
class Turn:
    """What one turn came to: `asks`, or an end."""

    asks: Asked | None = None
    ended: Literal["returned", "raised", "anew"] | None = None
    value: Any = None


def plain(value: Any) -> Any:
    """A value as it comes back from a task hub."""
    return json.loads(json.dumps(value))


class Context:
    """What the Durable SDK hands to an orchestrator, as far as the runbooks use it."""

    def __init__(self, given: Any, instance_id: str, defect_at: int | None) -> None:
        self.instance_id = instance_id
        self.moment = datetime.min.replace(tzinfo=UTC)
        self.shown: Any = None
        self.again: Any = None
        self._given = given
        self._defect_at = defect_at
        self._count = 0

    @property
    def current_utc_datetime(self) -> datetime:
        self._counted()
        return self.moment

    def get_input(self) -> Any:
        self._counted()
        return plain(self._given)

    def set_custom_status(self, status: Any) -> None:
        self._counted()
        self.shown = plain(status)

    def call_activity(self, name: str, message: Any) -> Asked:
        self._counted()
        return Asked("activity", name, json.dumps(message))

    def call_sub_orchestrator(self, name: str, given: Any, instance_id: str | None = None) -> Asked:
        self._counted()
        return Asked("child", name, json.dumps(given), instance_id)

    def create_timer(self, moment: datetime) -> Asked:
        self._counted()
        return Asked("timer", moment.isoformat())

    def continue_as_new(self, given: Any) -> None:
        self._counted()
        self.again = plain(given)

    def _counted(self) -> None:
        # A defect of the code comes again in every replay.
        self._count += 1
        if self._count == self._defect_at:
            raise Boom("secret=abcdefgh")


@dataclass
class Execution:
    """An orchestration with its input, from its beginning to its end or to its next history."""

    name: str
    given: Any
    instance_id: str
    defect_at: int | None = None
    history: list[tuple[datetime, Any]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._begin()

    @property
    def shown(self) -> Any:
        """The custom status."""
        return self._context.shown

    def turn(self, moment: datetime, answer: Any) -> Turn:
        """Go on with an answer; an exception is raised where it was waited for."""
        self.history.append((moment, answer))
        turn = self._step(moment, answer)
        if turn.asks:
            self.asked.append(turn.asks)
        return turn

    def missed(self, moment: datetime, answer: Any) -> None:
        """Keep an answer in the history that no turn has taken: its worker died in it."""
        self.history.append((moment, answer))

    def events(self) -> list[dict[str, Any]]:
        """The history as a status tells it."""
        return [
            self._event(number, moment.isoformat().replace("+00:00", "Z"), answer)
            for number, (moment, answer) in enumerate(self.history)
        ]

    def replay(self) -> None:
        """Throw the generator away and bring another one to the same point; raises ReplayDiffers."""
        shown = self.shown
        self._begin()
        for number, (moment, answer) in enumerate(self.history):
            asks = self._step(moment, answer).asks
            if asks != self.asked[number]:
                raise ReplayDiffers(f"{self.name} {self.instance_id} asked for {self.asked[number]}, then for {asks}")
        if self.shown != shown:
            raise ReplayDiffers(f"{self.name} {self.instance_id} showed something else")

    def _event(self, number: int, moment: str, answer: Any) -> dict[str, Any]:
        if number == 0:
            return {"EventType": "ExecutionStarted", "Timestamp": moment, "FunctionName": self.name}
        asked = self.asked[number - 1]
        if asked.kind == "timer":
            return {"EventType": "TimerFired", "Timestamp": moment}
        what = "Task" if asked.kind == "activity" else "SubOrchestrationInstance"
        about = {"Timestamp": moment, "FunctionName": asked.name}
        if isinstance(answer, Exception):
            return {"EventType": f"{what}Failed", "Reason": str(answer), **about}
        return {"EventType": f"{what}Completed", "Result": answer, **about}

    def _begin(self) -> None:
        self._context = Context(self.given, self.instance_id, self.defect_at)
        self._taking = ORCHESTRATIONS[self.name](self._context)

    def _step(self, moment: datetime, answer: Any) -> Turn:
        self._context.moment = moment
        try:
            asks = self._taking.throw(answer) if isinstance(answer, Exception) else self._taking.send(plain(answer))
        except StopIteration as ended:
            if self._context.again is not None:
                return Turn(ended="anew", value=self._context.again)
            return Turn(ended="returned", value=plain(ended.value))
        except Exception as error:  # whatever an orchestration raises ends it
            return Turn(ended="raised", value=error)
        if not isinstance(asks, Asked):
            raise TypeError(f"the hub of random schedules knows no {asks!r}")
        return Turn(asks=asks)
