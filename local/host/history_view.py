"""The history as the status API shows it: names instead of numbers, a completion joined with what it completes.

Follows what the extension documents for `showHistory`; never compared with a live host. The raw history, as
orchestrators receive it, is at `/admin/local/instances/{id}/history`.
"""

from __future__ import annotations

import json
from typing import Any

from local.host.events import COMPLETING, SCHEDULING, Kind

_NAMES = {
    Kind.EXECUTION_STARTED: "ExecutionStarted",
    Kind.EXECUTION_COMPLETED: "ExecutionCompleted",
    Kind.EXECUTION_TERMINATED: "ExecutionTerminated",
    Kind.EXECUTION_SUSPENDED: "ExecutionSuspended",
    Kind.EXECUTION_RESUMED: "ExecutionResumed",
    Kind.TASK_COMPLETED: "TaskCompleted",
    Kind.TASK_FAILED: "TaskFailed",
    Kind.SUB_ORCHESTRATION_COMPLETED: "SubOrchestrationInstanceCompleted",
    Kind.SUB_ORCHESTRATION_FAILED: "SubOrchestrationInstanceFailed",
    Kind.TIMER_FIRED: "TimerFired",
    Kind.EVENT_RAISED: "EventRaised",
}
_SHOWN = ("Reason", "FireAt")


def compact(texts: list[str], *, show_output: bool) -> list[dict[str, Any]]:
    """The stored events, condensed; results and event payloads only with `show_output`."""
    scheduled: dict[int, dict[str, Any]] = {}
    shown = []
    for text in texts:
        event = json.loads(text)
        kind = Kind(event["EventType"])
        if kind in SCHEDULING:
            scheduled[event["EventId"]] = event
        elif kind in _NAMES:
            shown.append(_entry(event, kind, scheduled, show_output=show_output))
    return shown


def _entry(
    event: dict[str, Any], kind: Kind, scheduled: dict[int, dict[str, Any]], *, show_output: bool
) -> dict[str, Any]:
    entry = {"EventType": _NAMES[kind], "Timestamp": event["Timestamp"]}
    entry.update({key: event[key] for key in _SHOWN if key in event})
    if kind is Kind.EXECUTION_STARTED:
        entry["FunctionName"] = event["Name"]
    elif kind is Kind.EVENT_RAISED:
        entry["Name"] = event["Name"]
    cause = scheduled.get(event[COMPLETING[kind]]) if kind in COMPLETING else None
    if cause is not None:
        entry["ScheduledTime"] = cause["Timestamp"]
        if "Name" in cause:
            entry["FunctionName"] = cause["Name"]
    if show_output:
        entry.update({key: event[key] for key in ("Result", "Input") if key in event})
    return entry
