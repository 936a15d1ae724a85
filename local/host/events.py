"""The words of a durable history: event numbers, timestamps, and how one event is written down.

Numbers and field names are those of the Durable Task Framework's HistoryEvent, as the Python SDK 1.7 reads them
(models/history), and those of histories that the real extension sent to it (recorded).

An event is kept as JSON text without `IsPlayed`, because that flag belongs to a replay, not to the event.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

Event = dict[str, Any]


class Kind(IntEnum):
    """`EventType` of a history event."""

    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_CREATED = 7
    SUB_ORCHESTRATION_COMPLETED = 8
    SUB_ORCHESTRATION_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_SENT = 14
    EVENT_RAISED = 15
    CONTINUE_AS_NEW = 16
    """Here a message that begins a new generation; it enters no history."""
    EXECUTION_SUSPENDED = 19
    EXECUTION_RESUMED = 20


# `OrchestrationStatus` in an ExecutionCompleted event.
STATUS_NUMBERS = {"Completed": 1, "Failed": 3, "Terminated": 5}
TERMINAL = frozenset({"Completed", "Failed", "Terminated", "Canceled"})

# Which kinds allocate a sequence number, and under which key a later event names it.
SCHEDULING = frozenset({Kind.TASK_SCHEDULED, Kind.SUB_ORCHESTRATION_CREATED, Kind.TIMER_CREATED, Kind.EVENT_SENT})
COMPLETING = {
    Kind.TASK_COMPLETED: "TaskScheduledId",
    Kind.TASK_FAILED: "TaskScheduledId",
    Kind.SUB_ORCHESTRATION_COMPLETED: "TaskScheduledId",
    Kind.SUB_ORCHESTRATION_FAILED: "TaskScheduledId",
    Kind.TIMER_FIRED: "TimerId",
}


def stamp(moment: datetime) -> str:
    """`moment` as histories and status documents write it: UTC, microseconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(text: str) -> datetime:
    """The moment a stamp names, aware UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def event(kind: Kind, now: datetime | str, event_id: int = -1, **fields: Any) -> Event:
    """One history event; `event_id` is -1 for everything that does not schedule work."""
    timestamp = now if isinstance(now, str) else stamp(now)
    return {"EventType": int(kind), "EventId": event_id, "Timestamp": timestamp, **fields}


def well_formed(text: str) -> str:
    """The text with a replacement character for every half of a surrogate pair, as .NET writes it: UTF-8 has none."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def encode(item: Event) -> str:
    """The event as it is stored."""
    return json.dumps(item, separators=(",", ":"))


def with_played(texts: Iterable[str], *, played: bool) -> str:
    """Stored events as the members of a JSON array, each marked as replayed or new.

    As recorded, only what has happened to an execution is ever marked as replayed, not what it did itself.
    """
    return ",".join(_marked(text, played=played) for text in texts)


def of_new_generation(texts: Iterable[str]) -> str:
    """The same for the first turn of a new generation: what it was handed over is played, its start is not."""
    handed_over = f"{_FIRST_KEY}{int(Kind.EVENT_RAISED)},"
    return ",".join(_marked(text, played=text.startswith(handed_over)) for text in texts)


def _marked(text: str, *, played: bool) -> str:
    own = not played or text[len(_FIRST_KEY) : text.index(",")] in _NEVER_PLAYED
    return ('{"IsPlayed":false,' if own else '{"IsPlayed":true,') + text[1:]


_FIRST_KEY = '{"EventType":'
_NEVER_PLAYED = frozenset(
    str(int(kind)) for kind in (*SCHEDULING, Kind.ORCHESTRATOR_STARTED, Kind.ORCHESTRATOR_COMPLETED)
)
