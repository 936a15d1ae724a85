"""Golden histories: recorded runs of deployments, as an instance in flight would bring them to a new release.

`python -m tests.replay.record` records them anew; only do so together with a new `defaultVersion` in host.json, and
keep the old files as long as instances of the old version may be running.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.durable_functions import Orchestrator

from orchestrations.runbooks import CHILDREN, RUNBOOKS

GOLDEN = Path(__file__).parent / "golden"
ORCHESTRATORS = {one.__name__: one for one in (*(runbook.orchestration for runbook in RUNBOOKS), *CHILDREN)}

# Event types of a Durable history, and the action types of the SDK that schedule them.
ORCHESTRATOR_STARTED, ORCHESTRATOR_COMPLETED, EXECUTION_STARTED, EXECUTION_COMPLETED = 12, 13, 0, 1
TASK_SCHEDULED, SUB_ORCHESTRATION_CREATED, TIMER_CREATED, EVENT_SENT = 4, 7, 10, 14
SCHEDULED_BY = {0: TASK_SCHEDULED, 2: SUB_ORCHESTRATION_CREATED, 5: TIMER_CREATED, 7: EVENT_SENT}
# What waits for an event leaves nothing in a history until it comes; what waits for several asks for each.
WAITS_FOR_EVENT, SEVERAL = 6, (11, 12)


@dataclass(frozen=True)
class History:
    """One recorded instance."""

    instance_id: str
    events: list[dict[str, Any]]

    @property
    def orchestration(self) -> str:
        """Name of the orchestration it is an instance of."""
        [started] = [event for event in self.events if event["EventType"] == EXECUTION_STARTED]
        return str(started["Name"])

    def turns(self) -> Iterator[list[dict[str, Any]]]:
        """The history as it was after each turn."""
        for index, event in enumerate(self.events):
            after = self.events[index + 1 : index + 2]
            # The first turn after continue-as-new is closed twice: when it begins, and when it ends.
            if event["EventType"] == ORCHESTRATOR_COMPLETED and all(
                one["EventType"] == ORCHESTRATOR_STARTED for one in after
            ):
                yield self.events[: index + 1]

    def scheduled(self, events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        """What the instance had asked for by then, in order."""
        asked = [event for event in events if event["EventType"] in SCHEDULED_BY.values()]
        return [_recorded(event) for event in sorted(asked, key=lambda event: int(event["EventId"]))]


def load(path: Path) -> list[History]:
    """The instances of one golden file: the deployment and its sub-orchestrations."""
    return [History(item["instance_id"], item["events"]) for item in json.loads(path.read_text())]


def replay(history: History, events: list[dict[str, Any]]) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
    """What today's code asks for when it replays `events`, and all that the SDK answers."""
    # The turn being replayed starts at the last OrchestratorStarted; its closing event is not there yet.
    upto = events[:-1] if events[-1]["EventType"] == ORCHESTRATOR_COMPLETED else events
    begin = next(event for event in upto if event["EventType"] == EXECUTION_STARTED)
    body = {
        "history": [event for event in upto if event["EventType"] != EXECUTION_COMPLETED],
        "input": json.loads(begin["Input"]),
        "instanceId": history.instance_id,
        "isReplaying": True,
        "parentInstanceId": None,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 2,
    }
    function = Orchestrator.create(ORCHESTRATORS[history.orchestration])
    try:
        answer = json.loads(function(_Context(json.dumps(body))))
    except Exception as error:
        # A failed orchestrator raises, with its state behind this marker (the protocol of the .NET extension).
        answer = json.loads(str(error).split("$OutOfProcData$:", 1)[1])
    return [_asked(action) for action in _single(answer["actions"][0])], answer


def _single(actions: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for action in actions:
        if action["actionType"] in SEVERAL:
            yield from _single(action["compoundActions"])
        elif action["actionType"] != WAITS_FOR_EVENT:
            yield action


class _Context:
    """What the worker hands to an orchestrator: an object with a body."""

    def __init__(self, body: str) -> None:
        self.body = body


def _recorded(event: dict[str, Any]) -> tuple[Any, ...]:
    kind = event["EventType"]
    if kind == TIMER_CREATED:
        return kind, _moment(event["FireAt"])
    given = json.loads(event["Input"])
    if kind == EVENT_SENT:
        return kind, given["op"], _plain(given["input"])
    return kind, event["Name"], _plain(given[0] if kind == TASK_SCHEDULED else given)


def _asked(action: dict[str, Any]) -> tuple[Any, ...]:
    kind = SCHEDULED_BY[action["actionType"]]
    if kind == TIMER_CREATED:
        return kind, _moment(action["fireAt"])
    return kind, action["operation" if kind == EVENT_SENT else "functionName"], _plain(action["input"])


def _plain(value: Any) -> Any:
    while isinstance(value, str):
        value = json.loads(value)
    return value


def _moment(text: str) -> str:
    # Microseconds are as far as Python looks; the host writes seven digits where .NET does.
    return text.rstrip("Z").ljust(26, "0")[:26]
