"""The history as the status API shows it (recorded): names for numbers, a completion joined with what it completes.

What has not ended yet is an event of its own, and so is every timer. Inputs of calls are never shown. The raw history,
as orchestrators receive it, is at `/admin/local/instances/{id}/history`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from local.host.events import COMPLETING, STATUS_NUMBERS, Event, Kind

Shown = dict[str, Any]


def compact(texts: list[str], *, show_output: bool) -> list[Shown]:
    """The stored events, condensed; results and event payloads only with `show_output`."""
    events: list[Event] = [json.loads(text) for text in texts]
    scheduled = {event["EventId"]: event for event in events if event["EventId"] >= 0}
    ended = {event[COMPLETING[kind]] for event in events if (kind := Kind(event["EventType"])) in COMPLETING}
    shown = []
    for event in events:
        kind = Kind(event["EventType"])
        show = _SHOWN.get(kind)
        if show is None or (kind in _JOINED and event["EventId"] in ended):
            continue
        entry = {"EventType": _name(kind), **show(event), "Timestamp": event["Timestamp"]}
        if kind in COMPLETING and kind is not Kind.TIMER_FIRED:
            entry |= _cause(scheduled.get(event["TaskScheduledId"]))
        if not show_output:
            entry = {key: value for key, value in entry.items() if key not in _OUTPUT.get(kind, ())}
        shown.append(entry)
    return shown


def parsed(text: str | None) -> Any:
    """JSON text as a value; text that is none as it is. `NaN` and its kin are texts, as .NET writes them."""
    if text is None:
        return None
    try:
        return json.loads(text, parse_constant=str)
    except ValueError:
        return text


def _name(kind: Kind) -> str:
    return _NAMES.get(kind) or "".join(word.capitalize() for word in kind.name.split("_"))


def _cause(event: Event | None) -> Shown:
    """What a completion says of the call that it completes."""
    if event is None:
        return {}
    entry = {
        "ScheduledTime": event["Timestamp"].removesuffix("Z") + "+00:00",
        "FunctionName": event["Name"],
        "Input": None,
    }
    return entry | ({"InstanceId": event["InstanceId"]} if "InstanceId" in event else {})


def _started(event: Event) -> Shown:
    keys = ("Input", "Correlation", "ParentTraceContext", "ScheduledStartTime", "Generation")
    return {**{key: event.get(key) for key in keys}, "GenerateNewTrace": False, "FunctionName": event["Name"]}


def _completed(event: Event) -> Shown:
    status = next(name for name, number in STATUS_NUMBERS.items() if number == event["OrchestrationStatus"])
    result = parsed(event["Result"]) if status == "Completed" else event["Result"]
    return {"OrchestrationStatus": status, "Result": result, "FailureDetails": event.get("FailureDetails")}


def _result(event: Event) -> Shown:
    return {"Result": parsed(event["Result"])}


def _failure(event: Event) -> Shown:
    return {"Reason": event["Reason"], "Details": event["Details"], "FailureDetails": None}


def _keys(*keys: str, **fixed: Any) -> Callable[[Event], Shown]:
    return lambda event: {**{key: event.get(key) for key in keys}, **fixed}


_SHOWN: dict[Kind, Callable[[Event], Shown]] = {
    Kind.EXECUTION_STARTED: _started,
    Kind.EXECUTION_COMPLETED: _completed,
    Kind.EXECUTION_TERMINATED: _keys("Input"),
    Kind.EXECUTION_SUSPENDED: _keys("Reason"),
    Kind.EXECUTION_RESUMED: _keys("Reason"),
    Kind.TASK_SCHEDULED: _keys("Name", Input=None, ParentTraceContext=None, Tags=None),
    Kind.TASK_COMPLETED: _result,
    Kind.TASK_FAILED: _failure,
    Kind.SUB_ORCHESTRATION_CREATED: _keys("Name", "InstanceId", Input=None, ClientSpanId=None, Tags=None),
    Kind.SUB_ORCHESTRATION_COMPLETED: _result,
    Kind.SUB_ORCHESTRATION_FAILED: _failure,
    Kind.TIMER_CREATED: _keys("FireAt"),
    Kind.TIMER_FIRED: _keys("FireAt"),
    Kind.EVENT_SENT: _keys("InstanceId", "Name", "Input"),
    Kind.EVENT_RAISED: _keys("Name", "Input", ParentTraceContext=None),
}
# Shown by what completes them, once something has.
_JOINED = frozenset({Kind.TASK_SCHEDULED, Kind.SUB_ORCHESTRATION_CREATED})
_OUTPUT = {
    Kind.EXECUTION_COMPLETED: {"Result"},
    Kind.TASK_COMPLETED: {"Result"},
    Kind.SUB_ORCHESTRATION_COMPLETED: {"Result"},
    Kind.EVENT_RAISED: {"Input"},
}
_NAMES = {
    Kind.SUB_ORCHESTRATION_CREATED: "SubOrchestrationInstanceCreated",
    Kind.SUB_ORCHESTRATION_COMPLETED: "SubOrchestrationInstanceCompleted",
    Kind.SUB_ORCHESTRATION_FAILED: "SubOrchestrationInstanceFailed",
}
