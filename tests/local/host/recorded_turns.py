"""`recorded/turns.json`: what the SDK was sent, turn by turn, by the real extension, and what it answered.

For each function its instances, for each of these its executions: the events of its last history, without what is empty
in them; how many of them each turn was sent (`seen`) and which of those as played; the actions asked for in the end and
the answers, with a number for actions that are the first so many of these. Serialized .NET exceptions are cut short.
What is only large is left out (`big`, `large`, `status_too_big`, `wide`), and what the host refuses by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "recorded" / "turns.json"
APPS = ("first", "second")
# Sent in every turn, as host.json asks for nothing else.
PROTOCOL = {
    "sourceInstanceId": None,
    "upperSchemaVersion": 1,
    "upperSchemaVersionNew": 3,
    "longRunningTimerIntervalDuration": "3.00:00:00",
    "maximumShortTimerDuration": "6.00:00:00",
    "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
}
_ALL: dict[str, dict[str, list[Any]]] = json.loads(_FILE.read_text())


@dataclass(frozen=True)
class RecordedTurn:
    """One call of an orchestrator."""

    received: dict[str, Any]
    answered: dict[str, Any]
    new: list[dict[str, Any]]
    """The events that this turn was the first to see, from the one that opens it."""

    @property
    def starts(self) -> bool:
        """Whether it is an instance's first."""
        return self.new[1:2] == [_started(self.received)] and not self.goes_on_anew

    @property
    def goes_on_anew(self) -> bool:
        """Whether it is the first of a new generation, whose first episode is over."""
        return any(event["EventType"] == 13 for event in self.new)


@dataclass(frozen=True)
class RecordedInstance:
    """One instance of an orchestration; its executions, each with its turns."""

    app: str
    function: str
    id: str
    executions: list[list[RecordedTurn]]


def entity_turns() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """App, what its entity function was sent, and what it answered."""
    for app in APPS:
        for turn in _ALL[app]["counter"]:
            yield app, turn["received"], turn["answered"]


def instances() -> list[RecordedInstance]:
    """All instances."""
    return [
        RecordedInstance(
            app, function, found["instance"], [_turns(found["instance"], of) for of in found["executions"]]
        )
        for app in APPS
        for function, recorded in _ALL[app].items()
        if function != "counter"
        for found in recorded
    ]


def _started(received: dict[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = received["history"][1]
    return event


def _turns(instance: str, execution: dict[str, Any]) -> list[RecordedTurn]:
    events = [_whole(event, instance) for event in execution["events"]]
    turns, before = [], 0
    for seen, played, replaying, answer in zip(
        execution["seen"], execution["played"], execution["replaying"], execution["answers"], strict=True
    ):
        history = [{**event, "IsPlayed": flag == "1"} for event, flag in zip(events, played, strict=False)]
        received = {"history": history, "input": execution["input"], "instanceId": instance, **PROTOCOL}
        received |= {"isReplaying": replaying, "parentInstanceId": execution["parent"]}
        begins = max(place for place, event in enumerate(history) if event["EventType"] == 12)
        turns.append(RecordedTurn(received, _answer(answer, execution["actions"]), history[max(begins, before) :]))
        before = seen
    return turns


def _answer(answer: dict[str, Any], actions: list[Any]) -> dict[str, Any]:
    count = answer.get("actions")
    return {**answer, "actions": [actions[:count]]} if isinstance(count, int) else answer


def _whole(event: dict[str, Any], instance: str) -> dict[str, Any]:
    if isinstance(execution := event.get("OrchestrationInstance"), str):
        whole = {"InstanceId": instance, "ExecutionId": execution}
        event = {**event, "OrchestrationInstance": whole, "GenerateNewTrace": False}
    empty = {"Input": None, "Result": None, "ParentInstance": None, "Version": None}
    return {"EventId": -1, **empty, **event}
