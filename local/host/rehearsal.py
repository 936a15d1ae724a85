"""Replaying a recorded history against today's code, without a host.

For golden histories in tests: what `/admin/local/instances/{id}/history` once answered is kept as a file, and
`rehearse` says whether an instance with that past could still go on. Stricter than the host, which sees a changed
orchestrator only where the past contradicts it: every turn must schedule exactly what it scheduled then.
"""

from __future__ import annotations

from collections.abc import Iterator

import azure.functions as func

from local.host import sdk
from local.host.events import SCHEDULING, Event, Kind, encode, moment_of
from local.host.index import index_app
from local.host.invoke import Call, Outcome, arguments
from local.host.live import Live
from local.host.turn import Orchestrators

_NOT_SEEN = {Kind.ORCHESTRATOR_STARTED, Kind.ORCHESTRATOR_COMPLETED, Kind.EXECUTION_COMPLETED, *SCHEDULING}
# Turns that end or pause an instance without its orchestrator being called.
_WITHOUT_CALL = {Kind.EXECUTION_SUSPENDED, Kind.EXECUTION_TERMINATED}
_ENDINGS = {1: "Completed", 3: "Failed"}


class HistoryMismatch(AssertionError):
    """Today's code would not do what the history says was done; instances in flight would break."""


def rehearse(app: func.FunctionRegister, history: list[Event]) -> None:
    """Replay `history` (complete, or of an instance in flight) turn by turn. Raises HistoryMismatch."""
    orchestrators = Orchestrators(index_app(app), _run, default_version="")
    live = _begin(history)
    for number, episode in enumerate(_episodes(history), start=1):
        seen = [item for item in episode if item["EventType"] not in _NOT_SEEN]
        if not any(item["EventType"] in _WITHOUT_CALL for item in seen):
            turn = orchestrators.take_turn(live, [encode(item) for item in seen], moment_of(episode[0]["Timestamp"]))
            then, now = _outcome(episode), (_calls(turn.scheduled), turn.status)
            if then != now:
                told = turn.result or "still running"
                raise HistoryMismatch(f"turn {number} of {live.name}: then {then}, with today's code {now} ({told})")
        live.history.extend(encode(item) for item in episode)


def _begin(history: list[Event]) -> Live:
    started = next(item for item in history if item["EventType"] == Kind.EXECUTION_STARTED)
    ids = started["OrchestrationInstance"]
    parent = (started.get("ParentInstance") or {}).get("OrchestrationInstance", {}).get("InstanceId")
    name, version, raw_input = started["Name"], started["Version"], started["Input"]
    return Live(ids["InstanceId"], ids["ExecutionId"], name, version, raw_input, "Running", parent)


def _episodes(history: list[Event]) -> Iterator[list[Event]]:
    episode: list[Event] = []
    for item in history:
        episode.append({key: value for key, value in item.items() if key != "IsPlayed"})
        if item["EventType"] == Kind.ORCHESTRATOR_COMPLETED:
            yield episode
            episode = []


def _outcome(episode: list[Event]) -> tuple[list[str], str]:
    """What a recorded turn scheduled, and where it left the instance."""
    scheduled = [item for item in episode if item["EventType"] in SCHEDULING]
    ended = [item for item in episode if item["EventType"] == Kind.EXECUTION_COMPLETED]
    return _calls(scheduled), _ENDINGS[ended[0]["OrchestrationStatus"]] if ended else "Running"


def _calls(events: list[Event]) -> list[str]:
    return [f"{item['EventId']} {Kind(item['EventType']).name} {item.get('Name', '')}".rstrip() for item in events]


def _run(call: Call) -> Outcome:
    sdk.prepare()
    try:
        return Outcome(call.function.code(**arguments(call)))
    except Exception as error:
        return Outcome(error=error)
