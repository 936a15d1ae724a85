"""One execution of an orchestration: what it was told, what it asked for, and that a replay asks for the same."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from orchestrations.runbooks import CHILDREN, RUNBOOKS
from tests.schedules.asked import Asked, Late, Raised

ORCHESTRATIONS = {one.__name__: one for one in (*(runbook.orchestration for runbook in RUNBOOKS), *CHILDREN)}


class Boom(Exception):
    """A defect that nobody foresaw."""


class ReplayDiffers(Exception):
    """An orchestration asked for something else than it had asked for before."""


@dataclass(eq=False)
class Task:
    """Something asked for, and what came of it."""

    asked: Asked
    result: Any = None
    is_completed: bool = False

    def cancel(self) -> None:
        """A timer that nobody waits for any more: its time may come, and nobody hears."""


@dataclass(eq=False)
class Race:
    """Several of which the first is waited for: one is an event, the other whatever."""

    tasks: list[Task]

    @property
    def main(self) -> Task:
        """The one that is no event."""
        return next(one for one in self.tasks if one.asked.kind != "event")

    @property
    def raised(self) -> Task | None:
        """The event, once it was raised."""
        return next((one for one in self.tasks if one.asked.kind == "event" and one.is_completed), None)


@dataclass
class Turn:
    """What one turn came to: `asks`, or an end; neither while it goes on waiting for the same."""

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
        self.events: dict[str, Task] = {}
        self.unheard: dict[str, Raised] = {}
        self._given = given
        self._defect_at = defect_at
        self.count = 0

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

    def call_activity(self, name: str, message: Any) -> Task:
        self._counted()
        return Task(Asked("activity", name, json.dumps(message)))

    def call_sub_orchestrator(self, name: str, given: Any, instance_id: str | None = None) -> Task:
        self._counted()
        return Task(Asked("child", name, json.dumps(given), instance_id))

    def call_entity(self, entity: Any, operation: str, message: Any) -> Task:
        self._counted()
        return Task(Asked("entity", operation, json.dumps(message), entity.key))

    def create_timer(self, moment: datetime) -> Task:
        self._counted()
        return Task(Asked("timer", moment.isoformat()))

    def wait_for_external_event(self, name: str) -> Task:
        self._counted()
        task = self.events[name] = Task(Asked("event", name))
        if name in self.unheard:
            self.raise_event(self.unheard.pop(name))
        return task

    def task_any(self, tasks: list[Task]) -> Race:
        self._counted()
        return Race(tasks)

    def raise_event(self, raised: Raised) -> None:
        """Tell whoever waits for it, now or later."""
        task = self.events.get(raised.name)
        if task is None:
            self.unheard[raised.name] = raised
        elif not task.is_completed:
            task.is_completed, task.result = True, plain(raised.brings)

    def continue_as_new(self, given: Any) -> None:
        self._counted()
        self.again = plain(given)

    def _counted(self) -> None:
        # A defect of the code comes again in every replay.
        self.count += 1
        if self.count == self._defect_at:
            raise Boom("secret=abcdefgh")


@dataclass
class Execution:
    """An orchestration with its input, from its beginning to its end or to its next history."""

    name: str
    given: Any
    instance_id: str
    defect_at: int | None = None
    history: list[tuple[datetime, Any]] = field(default_factory=list)
    asked: list[Asked | None] = field(default_factory=list)
    """What it waited for after each entry of its history."""
    unheard: dict[str, Raised] = field(default_factory=dict)
    """Events that its former histories did not wait for."""
    waits: int = 0
    """How many things it has waited for."""

    def __post_init__(self) -> None:
        self._begin()

    @property
    def shown(self) -> Any:
        """The custom status."""
        return self._context.shown

    @property
    def struck(self) -> bool:
        """Whether its defect has come. It is one of this context, so that nothing could be recalled on a stage."""
        return self.defect_at is not None and self._context.count >= self.defect_at

    @property
    def waits_for(self) -> str:
        """Name of what it waits for."""
        return self._waits_for.name if self._waits_for else ""

    def turn(self, moment: datetime, answer: Any) -> Turn:
        """Go on with an answer; an exception is raised where it was waited for."""
        self.history.append((moment, answer))
        turn = self._step(moment, answer)
        self.waits += turn.asks is not None
        self.asked.append(self._waits_for)
        return turn

    def missed(self, moment: datetime, answer: Any) -> None:
        """Keep an answer in the history that no turn has taken: its worker died in it."""
        self.history.append((moment, answer))

    def events(self) -> list[dict[str, Any]]:
        """The history as a status tells it: events that came before the first turn stand after its beginning."""
        began = next((n for n, (_, answer) in enumerate(self.history) if not isinstance(answer, Raised)), 0)
        moment = self.history[began][0].isoformat().replace("+00:00", "Z")
        return [
            {"EventType": "ExecutionStarted", "Timestamp": moment, "FunctionName": self.name},
            *(self._event(number) for number in range(len(self.history)) if number != began),
        ]

    def replay(self) -> None:
        """Throw the generator away and bring another one to the same point; raises ReplayDiffers."""
        shown = self.shown
        self._begin()
        for number, (moment, answer) in enumerate(self.history):
            self._step(moment, answer)
            if self._waits_for != self.asked[number]:
                told = f"asked for {self.asked[number]}, then for {self._waits_for}"
                raise ReplayDiffers(f"{self.name} {self.instance_id} {told}")
        if self.shown != shown:
            raise ReplayDiffers(f"{self.name} {self.instance_id} showed something else")

    def _event(self, number: int) -> dict[str, Any]:
        at, answer = self.history[number]
        moment = at.isoformat().replace("+00:00", "Z")
        if isinstance(answer, Raised):
            brings = json.dumps(answer.brings)
            return {"EventType": "EventRaised", "Timestamp": moment, "Name": answer.name, "Input": brings}
        asked, scheduled = self.asked[number - 1], self._scheduled(number - 1)
        if isinstance(answer, Late):
            asked, scheduled, answer = answer.asked, answer.scheduled, answer.answer
        assert asked is not None, "an answer comes to what was asked for"
        if asked.kind == "timer":
            return {"EventType": "TimerFired", "Timestamp": moment}
        what = "Task" if asked.kind == "activity" else "SubOrchestrationInstance"
        about = {"Timestamp": moment, "FunctionName": asked.name, "ScheduledTime": scheduled.isoformat()}
        if isinstance(answer, Exception):
            return {"EventType": f"{what}Failed", "Reason": str(answer), **about}
        return {"EventType": f"{what}Completed", "Result": answer, **about}

    def _scheduled(self, number: int) -> datetime:
        """When that was asked for which was waited for after this entry of the history."""
        while number and self.asked[number - 1] is self.asked[number]:
            number -= 1
        return self.history[number][0]

    def _begin(self) -> None:
        self._context = Context(self.given, self.instance_id, self.defect_at)
        self._context.unheard = dict(self.unheard)
        self._waiting: Task | Race | None = None
        self._taking = ORCHESTRATIONS[self.name](self._context)

    @property
    def unheard_yet(self) -> dict[str, Raised]:
        """Events that nobody has waited for: the next history may."""
        return self._context.unheard

    @property
    def _waits_for(self) -> Asked | None:
        task = self._waiting.main if isinstance(self._waiting, Race) else self._waiting
        return task.asked if task else None

    def _step(self, moment: datetime, answer: Any) -> Turn:
        self._context.moment = moment
        waiting = self._waiting
        if isinstance(answer, Late):
            return Turn()
        if isinstance(answer, Raised):
            self._context.raise_event(answer)
            if not isinstance(waiting, Race) or waiting.raised is None:
                return Turn()
            answer = waiting.raised
        elif isinstance(waiting, Race):
            waiting.main.result, waiting.main.is_completed = plain_or_raised(answer), True
            answer = waiting.main
        return self._went_on(answer)

    def _went_on(self, answer: Any) -> Turn:
        try:
            while True:
                given = answer if isinstance(answer, Task) else plain_or_raised(answer)
                asks = self._taking.throw(given) if isinstance(given, Exception) else self._taking.send(given)
                self._waiting = asks
                answer = asks.raised if isinstance(asks, Race) else None
                if answer is None:
                    return Turn(asks=self._waits_for)
        except StopIteration as ended:
            self._waiting = None
            if self._context.again is not None:
                return Turn(ended="anew", value=self._context.again)
            return Turn(ended="returned", value=plain(ended.value))
        except Exception as error:  # whatever an orchestration raises ends it
            self._waiting = None
            return Turn(ended="raised", value=error)


def plain_or_raised(answer: Any) -> Any:
    """An answer as it comes back from a task hub; an exception as it is."""
    return answer if isinstance(answer, Exception) else plain(answer)
