"""Second half of a replay: the action list the orchestrator returned, held against the recorded history.

The Python SDK replays the generator and returns every action of the execution so far; the host then numbers the
actions, checks them against what the history recorded, and schedules the ones that are new. In the .NET host this
is the out-of-process shim on top of the Durable Task Framework.

Numbering: activities, sub-orchestrations and timers take one sequence number each, in list order (children of a
compound in their order); waiting for an external event takes none. That order is the SDK's own as long as no
`*_with_retry` call is used, because only those take numbers between two yields; they are refused by name here.

Stricter than nothing, looser than a lint: a recorded event must meet an action of the same kind and name (the rule
of TaskOrchestrationContext in Azure/durabletask). Inputs and fire times are not compared, as they are not on Azure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from local.host.events import Event, Kind, event
from local.host.ledger import Ledger, ReplayFailure

Action = dict[str, Any]

CALL_ACTIVITY, CALL_SUB_ORCHESTRATOR, CONTINUE_AS_NEW, CREATE_TIMER, WAIT_FOR_EVENT = 0, 2, 4, 5, 6
WHEN_ANY, WHEN_ALL = 11, 12
UNSUPPORTED = {
    1: "call_activity_with_retry",
    3: "call_sub_orchestrator_with_retry",
    7: "call_entity",
    8: "call_http",
    9: "signal_entity",
}
_KINDS = {
    CALL_ACTIVITY: Kind.TASK_SCHEDULED,
    CALL_SUB_ORCHESTRATOR: Kind.SUB_ORCHESTRATION_CREATED,
    CREATE_TIMER: Kind.TIMER_CREATED,
}


class Catalog(Protocol):
    """The functions an orchestration may call, by name (case does not matter)."""

    def known(self, kind: str) -> list[str]:
        """The names of all functions of `kind`: `activity` or `orchestrator`."""


@dataclass(frozen=True)
class Plan:
    """What follows from one turn of an orchestrator."""

    scheduled: list[Event]
    """New events that schedule work, in order."""
    has_open_tasks: bool
    """An instance completes only when this is False: a losing timer counts until it fires or is cancelled."""
    next_input: str | None
    """Raw input (JSON text) of the next execution, if the orchestrator continued as new."""


def plan(actions: list[Action], ledger: Ledger, turn: Turn) -> Plan:
    """Number `actions`, check them against `ledger`, and return what is new. Raises ReplayFailure."""
    scheduled: list[Event] = []
    cancelled: set[int] = set()
    next_input: str | None = None
    number = 0
    for action in _flatten(actions):
        kind = action["actionType"]
        if kind == WAIT_FOR_EVENT:
            continue
        if kind == CONTINUE_AS_NEW:
            next_input = json.dumps(action.get("input"))
            break
        _refuse_unsupported(kind)
        if number in ledger.scheduled:
            ledger.check(number, _KINDS[kind], action.get("functionName"))
        else:
            scheduled.append(turn.schedule(number, action))
        if action.get("isCanceled"):
            cancelled.add(number)
        number += 1
    if missing := ledger.missing(number):
        raise missing
    still_open = set(range(number)) - ledger.completed - cancelled
    return Plan(scheduled, bool(still_open), next_input)


@dataclass(frozen=True)
class Turn:
    """The circumstances under which new actions of one turn are written down."""

    now: datetime
    execution_id: str
    catalog: Catalog
    default_version: str

    def schedule(self, number: int, action: Action) -> Event:
        """The event that records `action` under sequence number `number`. Raises ReplayFailure."""
        kind = action["actionType"]
        if kind == CREATE_TIMER:
            return event(Kind.TIMER_CREATED, self.now, number, FireAt=action["fireAt"])
        name = action["functionName"]
        if kind == CALL_ACTIVITY:
            _check_known(self.catalog, "activity", name)
            # One-element array of JSON text, as the .NET converter writes an activity's parameters.
            arguments = json.dumps([action["input"]])
            return event(Kind.TASK_SCHEDULED, self.now, number, Name=name, Version="", Input=arguments)
        _check_known(self.catalog, "orchestrator", name)
        return event(
            Kind.SUB_ORCHESTRATION_CREATED,
            self.now,
            number,
            Name=name,
            InstanceId=action.get("instanceId") or f"{self.execution_id}:{number}",
            Input=json.dumps(action.get("input")),
            Version=action.get("version") or self.default_version,
        )


def _flatten(actions: list[Action]) -> Iterator[Action]:
    for action in actions:
        if action["actionType"] in {WHEN_ANY, WHEN_ALL}:
            yield from _flatten(action["compoundActions"])
        else:
            yield action


def _refuse_unsupported(kind: int) -> None:
    if kind in _KINDS:
        return
    name = UNSUPPORTED.get(kind, f"action type {kind}")
    raise ReplayFailure(
        f"The local host does not support {name}. Use call_activity with a durable timer between attempts, "
        "or do the work in an activity; Azure itself would run this call."
    )


def _check_known(catalog: Catalog, kind: str, name: str) -> None:
    names = catalog.known(kind)
    if name.lower() in {known.lower() for known in names}:
        return
    article = "an activity" if kind == "activity" else "an orchestrator"
    listed = ", ".join(f"'{known}'" for known in sorted(names)) or "none"
    raise ReplayFailure(
        f"The function '{name}' doesn't exist, is disabled, or is not {article} function. "
        f"Additional info: The following are the known {kind} functions: {listed}."
    )
