"""One turn of an orchestrator: hand it its history, take back its actions, work out what follows.

The payload and the answer are the extension's out-of-process protocol (JSON, schema version 3, counted from 0 as 2)
as azure-functions-durable 1.7 speaks it. Failure texts follow the extension's source and its published end-to-end
expectations; none was compared with a live .NET host.
"""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass
from typing import Any

from azure.functions import meta

from local.host.events import Event, encode, moment_of, with_played
from local.host.index import FunctionIndex
from local.host.invoke import OUT_OF_PROC_MARKER
from local.host.ledger import NonDeterministic, ReplayFailure
from local.host.live import Live
from local.host.replay import Turn, plan
from local.host.versions import MISMATCH, Versioning
from local.host.worker import Call, Outcome
from local.host.worker_faults import WorkerExited

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


class VersionMismatch(ReplayFailure):
    """The instance's version is not one that this app may run; the text is all that the instance's output says."""


class Orchestrators:
    """The two halves of a turn with the orchestrators of one app: the call, and what its outcome means."""

    def __init__(self, index: FunctionIndex, versioning: Versioning) -> None:
        self._index = index
        self._versioning = versioning

    def leaves_to_another_version(self, live: Live) -> bool:
        """Whether the instance waits, as it is, for an app that may run its version."""
        return self._versioning.failure == "Reject" and not self._versioning.runs(live.version)

    def call(self, live: Live, started: Event, new: list[str]) -> Call:
        """The call that replays `live` with the `new` events.

        Raises ReplayFailure if there is no such function, VersionMismatch if this app may not run the instance.
        """
        if not self._versioning.runs(live.version):
            raise VersionMismatch(f"VersionMismatch: {MISMATCH}")
        function = self._index.find("orchestrator", live.name)
        if function is None:
            known = ", ".join(f"'{name}'" for name in sorted(self._index.known("orchestrator")))
            raise ReplayFailure(
                f"The function '{live.name}' doesn't exist, is disabled, or is not an orchestrator function. "
                f"Additional info: The following are the known orchestrator functions: {known}."
            )
        return Call(function, meta.Datum(_payload(live, [encode(started), *new]), "string"), live.id)

    def conclude(self, live: Live, started: Event, new: list[str], outcome: Outcome) -> TurnResult:
        """What the outcome of the call means. Runs outside the writer thread, which leaves a busy `live` alone."""
        now = moment_of(started["Timestamp"])
        try:
            state, error = _parse(outcome)
            live.ledger.learn(json.loads(text) for text in new)
            if state is None:
                raise _unanswered(live, error)
            turn = Turn(now, live.id, live.execution_id, self._index, self._versioning.default)
            following = plan(_actions(state), live.ledger, turn)
            custom_status = _custom_status(state)
        except ReplayFailure as failure:
            return failed_turn(live, started, failure)
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


def _parse(outcome: Outcome) -> tuple[dict[str, Any] | None, str | None]:
    """The orchestrator's state, and its error if it raised; without a state, why there is none."""
    if outcome.error is None:
        return outcome.state, None
    message, marker, text = str(outcome.error).rpartition(OUT_OF_PROC_MARKER)
    if marker:
        state: dict[str, Any] = json.loads(text)
        return state, state.get("error") or message
    if isinstance(outcome.error, WorkerExited):
        return None, str(outcome.error)
    stack = "".join(traceback.format_tb(outcome.error.__traceback__)).rstrip()
    return None, f"Result: Failure\nException: {type(outcome.error).__name__}: {outcome.error}\nStack: {stack}"


def _unanswered(live: Live, reason: str | None) -> ReplayFailure:
    """How an instance ends whose orchestrator handed back no actions: its worker died, or it raised before it replayed.

    Recorded: the extension then replays nothing against the history, so an instance that has scheduled anything ends
    as non-deterministic, in words that say nothing of the cause; only one that has not tells it.
    """
    return live.ledger.missing(0) or ReplayFailure(f"One or more errors occurred. ({reason})")


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


def failed_turn(live: Live, started: Event, failure: ReplayFailure) -> TurnResult:
    """The result of a turn that ends the instance."""
    text = str(failure)
    own_words = isinstance(failure, NonDeterministic | VersionMismatch)
    return TurnResult(started, [], "Failed", text if own_words else _failed(live.name, text))


def broken_turn(live: Live, started: Event, error: Exception) -> TurnResult:
    """The result of a turn the host itself could not compute; ends the instance rather than leave it hanging."""
    reason = f"the local host could not process the orchestrator's answer: {type(error).__name__}: {error}"
    return failed_turn(live, started, ReplayFailure(reason))
