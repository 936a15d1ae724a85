"""What a history says has been scheduled and has ended, and how an instance ends whose replay does not meet it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from local.host.events import COMPLETING, SCHEDULING, Event, Kind


class ReplayFailure(Exception):
    """The orchestration cannot go on; the text becomes the instance's failure."""


class NonDeterministic(ReplayFailure):
    """The replay does not meet the history; the text is all that the instance's output says.

    Its words are the Durable Task Framework's (recorded for an activity; the others from reading
    TaskOrchestrationContext in Azure/durabletask): a developer will search for them.
    """

    def __init__(self, number: int, recorded: Recorded, found: str) -> None:
        comma = "" if recorded.kind is Kind.TIMER_CREATED else ","
        super().__init__(
            f"Non-Deterministic workflow detected: A previous execution of this orchestration scheduled "
            f"{recorded.described(number)}{comma} but the current {found}. Was a change made to the orchestrator code "
            "after this instance had already started running?"
        )


class Recorded(NamedTuple):
    """What the history says about one sequence number."""

    kind: Kind
    name: str | None
    version: str | None = None
    instance_id: str | None = None

    @classmethod
    def of(cls, item: Event) -> Recorded:
        """What the scheduling event records."""
        return cls(Kind(item["EventType"]), item.get("Name"), item.get("Version"), item.get("InstanceId"))

    def described(self, number: int) -> str:
        """In the framework's words."""
        if self.kind is Kind.TIMER_CREATED:
            return f"a timer task with sequence number {number}"
        if self.kind is Kind.TASK_SCHEDULED:
            return f"an activity task with sequence ID {number} and name '{self.name}' (version '{self.version or ''}')"
        if self.kind is Kind.EVENT_SENT:
            return (
                f"a send event task with sequence ID {number}, type 'EventSent' name '{self.name}', "
                f"instance ID '{self.instance_id}'"
            )
        return (
            f"a sub-orchestration task with sequence ID {number} and name '{self.name}' "
            f"(version '{self.version}', instance ID '{self.instance_id}')"
        )

    def same(self, kind: Kind, name: str | None) -> bool:
        """Whether a replay that asks for this meets it. Inputs and fire times are not compared, as on Azure."""
        return kind is self.kind and (name or "").lower() == (self.name or "").lower()


class Arrival(NamedTuple):
    """Something that has reached the execution from outside."""

    kind: Kind
    of: int | str
    """The number of the call that it ends, or the name of an external event."""


@dataclass
class Ledger:
    """What one execution has scheduled so far, and which of it has ended."""

    scheduled: dict[int, Recorded] = field(default_factory=dict)
    completed: set[int] = field(default_factory=set)
    arrivals: list[Arrival] = field(default_factory=list)
    requests: dict[str, int] = field(default_factory=dict)
    """Calls of entities that have no answer, by the ID that the answer's event will have as its name."""

    def learn(self, items: Iterable[Event]) -> None:
        """Take in further events of the history."""
        for item in items:
            kind = Kind(item["EventType"])
            if kind in SCHEDULING:
                self.scheduled[item["EventId"]] = Recorded.of(item)
                if kind is Kind.EVENT_SENT:
                    self._send(item)
            elif kind in COMPLETING:
                self._arrive(kind, item[COMPLETING[kind]])
            elif kind is Kind.EVENT_RAISED:
                self._arrive(kind, self.requests.pop(item["Name"], item["Name"]))

    def _send(self, item: Event) -> None:
        request = json.loads(item["Input"])
        if request.get("signal"):
            self.completed.add(item["EventId"])
        else:
            self.requests[request["id"]] = item["EventId"]

    def _arrive(self, kind: Kind, of: int | str) -> None:
        self.arrivals.append(Arrival(kind, of))
        if isinstance(of, int):
            self.completed.add(of)

    def check(self, number: int, kind: Kind, name: str | None) -> None:
        """Raises NonDeterministic unless the history recorded this under the number."""
        recorded = self.scheduled[number]
        if recorded.same(kind, name):
            return
        asked = Recorded(kind, name).described(number)
        raise NonDeterministic(number, recorded, f"orchestration replay instead scheduled {asked}")

    def missing(self, replayed: int) -> NonDeterministic | None:
        """The failure of a replay that scheduled only `replayed` of what the history recorded, if it recorded more."""
        beyond = [number for number in self.scheduled if number >= replayed]
        if not beyond:
            return None
        first = min(beyond)
        return NonDeterministic(first, self.scheduled[first], "replay execution hasn't (yet?) scheduled this task")
