"""One turn of an orchestrator: hand it its history, take back its actions, work out what follows.

The payload and the answer are the extension's out-of-process protocol (JSON, schema version 3, counted from 0 as 2)
as azure-functions-durable 1.7 speaks it. Failure texts follow the extension's source and its published end-to-end
expectations; none was compared with a live .NET host.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azure.functions import meta

from local.host.events import Event, Kind, encode, event, with_played
from local.host.index import FunctionIndex
from local.host.invoke import OUT_OF_PROC_MARKER, Call, Outcome
from local.host.live import Live
from local.host.replay import ReplayFailure, Turn, plan

# The extension refuses more, measured as UTF-16.
CUSTOM_STATUS_LIMIT = 16 * 1024

# Sent by the extension on Azure Storage. With these the SDK cuts timers beyond six days into hops of three.
_PROTOCOL = {
    "upperSchemaVersion": 1,
    "upperSchemaVersionNew": 2,
    "longRunningTimerIntervalDuration": "3.00:00:00",
    "maximumShortTimerDuration": "6.00:00:00",
    "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
}


@dataclass(frozen=True)
class TurnResult:
    """What a turn adds to the history, and where it leaves the instance."""

    started: Event
    scheduled: list[Event]
    status: str
    """`Running`, `Completed`, `Failed` or `ContinuedAsNew`."""
    result: str | None = None
    """JSON text when completed, plain text when failed, the next raw input when continued as new."""
    custom_status: str | None = None
    """JSON text; None leaves the last one standing."""


class Orchestrators:
    """Takes turns with the orchestrators of one app, which `run` calls."""

    def __init__(self, index: FunctionIndex, run: Callable[[Call], Outcome], default_version: str) -> None:
        self._index = index
        self._run = run
        self._default_version = default_version

    def take_turn(self, live: Live, new: list[str], now: datetime) -> TurnResult:
        """Replay `live` with the `new` events. Runs outside the writer thread, which leaves a busy `live` alone."""
        started = event(Kind.ORCHESTRATOR_STARTED, now)
        try:
            state, error = self._call(live, [encode(started), *new])
            live.ledger.learn(json.loads(text) for text in new)
            turn = Turn(now, live.execution_id, self._index, self._default_version)
            following = plan(_actions(state), live.ledger, turn)
            custom_status = _custom_status(state)
        except ReplayFailure as failure:
            return TurnResult(started, [], "Failed", _failed(live.name, str(failure)))
        live.ledger.learn(following.scheduled)
        status, result = "Running", None
        if not following.has_open_tasks:
            if error is not None:
                status, result = "Failed", _failed(live.name, error)
            elif following.next_input is not None:
                status, result = "ContinuedAsNew", following.next_input
            elif state.get("isDone"):
                status, result = "Completed", json.dumps(state.get("output"))
        return TurnResult(started, following.scheduled, status, result, custom_status)

    def _call(self, live: Live, new: list[str]) -> tuple[dict[str, Any], str | None]:
        """The state the orchestrator returned, and its error if it raised."""
        function = self._index.find("orchestrator", live.name)
        if function is None:
            known = ", ".join(f"'{name}'" for name in sorted(self._index.known("orchestrator")))
            raise ReplayFailure(
                f"The function '{live.name}' doesn't exist, is disabled, or is not an orchestrator function. "
                f"Additional info: The following are the known orchestrator functions: {known}."
            )
        payload = meta.Datum(_payload(live, new), "string")
        return _parse(self._run(Call(function, payload, live.id)))


def _payload(live: Live, new: list[str]) -> str:
    played = with_played(live.history, played=True)
    history = played + ("," if played else "") + with_played(new, played=False)
    rest = {
        "instanceId": live.id,
        "isReplaying": bool(played),
        "parentInstanceId": live.parent_id,
        **_PROTOCOL,
    }
    return f'{{"history":[{history}],"input":{live.input or "null"},{json.dumps(rest)[1:]}'


def _parse(outcome: Outcome) -> tuple[dict[str, Any], str | None]:
    if outcome.error is None:
        return outcome.state, None
    message, marker, text = str(outcome.error).rpartition(OUT_OF_PROC_MARKER)
    if not marker:
        # Not raised by the orchestrator but on the way to it: there is no action list to go by.
        raise ReplayFailure(f"{type(outcome.error).__name__}: {outcome.error}")
    state: dict[str, Any] = json.loads(text)
    return state, state.get("error") or message


def _actions(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [action for group in state.get("actions", []) for action in group]


def _custom_status(state: dict[str, Any]) -> str | None:
    if "customStatus" not in state:
        return None
    text = json.dumps(state["customStatus"], ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode("utf-16-le"))
    if size > CUSTOM_STATUS_LIMIT:
        raise ReplayFailure(
            f"The custom status is {size / 1024:.1f} KB of UTF-16 JSON; the limit is {CUSTOM_STATUS_LIMIT // 1024} KB."
        )
    return text


def _failed(name: str, reason: str) -> str:
    return f"Orchestrator function '{name}' failed: {reason}"


def broken_turn(live: Live, now: datetime, error: BaseException) -> TurnResult:
    """The result of a turn the host itself could not compute; ends the instance rather than leave it hanging."""
    reason = f"the local host could not process the orchestrator's answer: {type(error).__name__}: {error}"
    return TurnResult(event(Kind.ORCHESTRATOR_STARTED, now), [], "Failed", _failed(live.name, reason))
