"""Turn by turn, the host asks of an orchestrator's answer what the real Durable extension asked of the same answer.

`recorded/turns.json` has, for some executions, the last history that the SDK was sent, and what it answered each time.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from local.host.events import SCHEDULING, Kind, moment_of
from local.host.ledger import Ledger
from local.host.replay import Turn, plan

TURNS = json.loads((Path(__file__).parent / "recorded" / "turns.json").read_text())


class AnyFunction:
    """An app that has every function it is asked for."""

    def __init__(self, history: list[dict[str, Any]]) -> None:
        self._names = [event["Name"] for event in history if "Name" in event] + ["counter"]

    def known(self, _kind: str) -> list[str]:
        """All names."""
        return self._names


def episodes(history: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The history cut where turns began."""
    cut: list[list[dict[str, Any]]] = []
    for event in history:
        if event["EventType"] == Kind.ORCHESTRATOR_STARTED:
            cut.append([])
        cut[-1].append(event)
    return cut


def outline(events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What of scheduling events must be the same: kind, number, name, whom they are for, when a timer is due."""
    return [
        (
            event["EventType"],
            event["EventId"],
            event.get("Name"),
            event.get("InstanceId"),
            to_the_microsecond(event["FireAt"]) if "FireAt" in event else None,
        )
        for event in events
    ]


def to_the_microsecond(text: str) -> datetime:
    """A moment; .NET writes one digit more than Python has."""
    return moment_of(text[:26] if len(text) > 27 else text.removesuffix("Z"))


@pytest.mark.parametrize("name", TURNS)
def test_each_turn_schedules_what_the_extension_scheduled(name: str) -> None:
    recorded = TURNS[name]
    history, answers = recorded["history"], recorded["answers"]
    execution = history[1]["ExecutionId"]
    ledger = Ledger()
    for episode, actions in zip(episodes(history), answers, strict=True):
        scheduled = [event for event in episode if event["EventType"] in SCHEDULING]
        ledger.learn(event for event in episode if event["EventType"] not in SCHEDULING)
        now = to_the_microsecond(episode[0]["Timestamp"])
        turn = Turn(now, recorded["instance"], execution, AnyFunction(history), "")
        following = plan(actions, ledger, turn)
        assert outline(following.scheduled) == outline(scheduled)
        ledger.learn(scheduled)


def test_entities_get_the_requests_that_they_were_sent() -> None:
    recorded = TURNS["uses_entity"]
    sent = [json.loads(event["Input"]) for event in recorded["history"] if event["EventType"] == Kind.EVENT_SENT]
    execution = recorded["history"][1]["ExecutionId"]
    turn = Turn(
        to_the_microsecond(recorded["history"][0]["Timestamp"]), recorded["instance"], execution, AnyFunction([]), ""
    )
    asked = [json.loads(event["Input"]) for event in plan(recorded["answers"][-1], Ledger(), turn).scheduled]
    keys = ("op", "signal", "input", "parent", "parentExecution")
    assert [[request.get(key) for key in keys] for request in asked] == [
        [request.get(key) for key in keys] for request in sent
    ]
