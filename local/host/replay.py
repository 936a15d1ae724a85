"""Second half of a replay: the action list the orchestrator returned, held against the recorded history.

The Python SDK replays the generator and returns every action of the execution so far; the host then numbers the
actions, checks them against what the history recorded, and schedules the ones that are new. In the .NET host this
is the out-of-process shim on top of the Durable Task Framework.

Stricter than nothing, looser than a lint: a recorded event must meet an action of the same kind and name (the rule
of TaskOrchestrationContext in Azure/durabletask). Inputs and fire times are not compared, as they are not on Azure.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from local.host.entity_messages import OPERATION, request_message
from local.host.events import Event, Kind, event
from local.host.ledger import Ledger, ReplayFailure
from local.host.numbering import (
    CALL_ACTIVITY,
    CALL_ENTITY,
    CALL_HTTP,
    CALL_SUB_ORCHESTRATOR,
    CREATE_TIMER,
    SIGNAL_ENTITY,
    Action,
    numbered,
)

_KINDS = {
    CALL_ACTIVITY: Kind.TASK_SCHEDULED,
    CALL_SUB_ORCHESTRATOR: Kind.SUB_ORCHESTRATION_CREATED,
    CREATE_TIMER: Kind.TIMER_CREATED,
    CALL_ENTITY: Kind.EVENT_SENT,
    SIGNAL_ENTITY: Kind.EVENT_SENT,
}
UNSUPPORTED = {CALL_HTTP: "call_http"}


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
    events_after_continue: int
    """How many external events came after that; they belong to the next execution."""


def plan(actions: list[Action], ledger: Ledger, turn: Turn) -> Plan:
    """Number `actions`, check them against `ledger`, and return what is new. Raises ReplayFailure."""
    scheduled: list[Event] = []
    closed: set[int] = set()
    calls, next_input, events_after = numbered(actions, ledger.arrivals, turn.now)
    for number, action in calls:
        kind = action["actionType"]
        _refuse_unsupported(kind)
        if number in ledger.scheduled:
            ledger.check(number, _KINDS[kind], action.get("functionName", _name(kind)))
        else:
            scheduled.append(turn.schedule(number, action))
        if action.get("isCanceled") or kind == SIGNAL_ENTITY:
            closed.add(number)
    if missing := ledger.missing(len(calls)):
        raise missing
    still_open = set(range(len(calls))) - ledger.completed - closed
    return Plan(scheduled, bool(still_open), next_input, events_after)


@dataclass(frozen=True)
class Turn:
    """The circumstances under which new actions of one turn are written down."""

    now: datetime
    instance_id: str
    execution_id: str
    catalog: Catalog
    default_version: str

    def schedule(self, number: int, action: Action) -> Event:
        """The event that records `action` under sequence number `number`. Raises ReplayFailure."""
        kind = action["actionType"]
        if kind == CREATE_TIMER:
            return event(Kind.TIMER_CREATED, self.now, number, FireAt=action["fireAt"])
        if kind in {CALL_ENTITY, SIGNAL_ENTITY}:
            return self._send(number, action)
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

    def _send(self, number: int, action: Action) -> Event:
        """A request to an entity. Its ID, chosen here, is what the SDK takes from the history."""
        entity = action["instanceId"]
        _check_known(self.catalog, "entity", entity.split("@")[1])
        request = request_message(
            action["operation"],
            json.dumps(action["input"]),
            now=self.now,
            signal=action["actionType"] == SIGNAL_ENTITY,
            parent=(self.instance_id, self.execution_id),
        )
        return event(Kind.EVENT_SENT, self.now, number, InstanceId=entity, Name=OPERATION, Input=request)


def _name(kind: int) -> str | None:
    return OPERATION if kind in {CALL_ENTITY, SIGNAL_ENTITY} else None


def _refuse_unsupported(kind: int) -> None:
    if kind in _KINDS:
        return
    name = UNSUPPORTED.get(kind, f"action type {kind}")
    raise ReplayFailure(
        f"The local host does not support {name}. Do the work in an activity; Azure itself would run this call."
    )


def _check_known(catalog: Catalog, kind: str, name: str) -> None:
    names = catalog.known(kind)
    if name.lower() in {known.lower() for known in names}:
        return
    article = {"activity": "an activity", "entity": "an entity"}.get(kind, "an orchestrator")
    listed = ", ".join(f"'{known}'" for known in sorted(names)) or "none"
    raise ReplayFailure(
        f"The function '{name}' doesn't exist, is disabled, or is not {article} function. "
        f"Additional info: The following are the known {kind} functions: {listed}."
    )
