"""One turn of an orchestrator: hand it its history, take back its actions, work out what follows.

The payload and the answer are the extension's out-of-process protocol (JSON) as azure-functions-durable 1.7 speaks it;
their form, and the texts of failures, were recorded with the Durable extension 3.19.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azure.functions import meta

from local.host.entity_messages import RESPONSE
from local.host.events import Event, Kind, encode, event, of_new_generation, well_formed, with_played
from local.host.failure_texts import hide_credentials, of_unanswered_turn
from local.host.index import FunctionIndex
from local.host.invoke import OUT_OF_PROC_MARKER
from local.host.ledger import NonDeterministic, ReplayFailure
from local.host.live import Live
from local.host.replay import Plan, Turn, plan
from local.host.store import Message
from local.host.versions import MISMATCH, Versioning
from local.host.worker import Call, Outcome

# The extension refuses more, measured as UTF-16.
CUSTOM_STATUS_LIMIT = 16 * 1024

# Sent by the extension on Azure Storage. With these the SDK cuts timers beyond six days into hops of three.
_PROTOCOL = {
    "upperSchemaVersion": 1,
    "upperSchemaVersionNew": 3,
    "longRunningTimerIntervalDuration": "3.00:00:00",
    "maximumShortTimerDuration": "6.00:00:00",
    "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
}


@dataclass(frozen=True)
class Opening:
    """What a turn begins with."""

    now: datetime
    seen: list[Message]
    started: list[Event]
    """The event that opens the episode; none in the first turn of a new generation, whose episode is open."""
    new: list[str]
    """The events that enter the history."""

    @classmethod
    def at(cls, now: datetime, seen: Sequence[Message] = ()) -> Opening:
        """A turn that is taken now, because of these messages."""
        again = [json.loads(message.event)["EventType"] == Kind.CONTINUE_AS_NEW for message in seen]
        started = [] if any(again) else [event(Kind.ORCHESTRATOR_STARTED, now)]
        return cls(now, list(seen), started, [] if any(again) else [message.event for message in seen])

    def last(self, *kinds: Kind) -> Event | None:
        """The last of the new events that is of one of these kinds."""
        found = [item for item in map(json.loads, self.new) if item["EventType"] in kinds]
        return found[-1] if found else None


@dataclass(frozen=True)
class TurnResult:
    """What a turn adds to the history, and where it leaves the instance."""

    scheduled: list[Event]
    status: str
    """`Running`, `Suspended`, `Completed`, `Failed`, `Terminated` or `ContinuedAsNew`."""
    result: str | None = None
    """JSON text when completed, the next raw input when continued as new, else plain text: the failure, the reason."""
    custom_status: str | None = None
    """JSON text; None: there is none any more."""
    carried: tuple[str, ...] = ()
    """External events that came after continue-as-new, for the next generation."""
    details: dict[str, Any] | None = None
    """What the history says of a failure that is none of the orchestrator's."""


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

    def call(self, live: Live, opening: Opening) -> Call:
        """The call that replays `live` with what is new.

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
        return Call(function, meta.Datum(_payload(live, opening), "string"), live.id)

    def conclude(self, live: Live, opening: Opening, outcome: Outcome) -> TurnResult:
        """What the outcome of the call means. Runs outside the writer thread, which leaves a busy `live` alone."""
        live.ledger.learn(json.loads(text) for text in opening.new)
        state, error = _parse(outcome)
        try:
            custom_status = _custom_status(state or {})
            if terminated := opening.last(Kind.EXECUTION_TERMINATED):
                return TurnResult([], "Terminated", terminated["Input"], custom_status)
            if state is None:
                raise _unanswered(live, error)
            turn = Turn(opening.now, live.id, live.execution_id, self._index, self._versioning.default)
            following = plan(_actions(state), live.ledger, turn)
        except ReplayFailure as failure:
            return failed_turn(live, opening, failure)
        suspended = opening.last(Kind.EXECUTION_SUSPENDED, Kind.EXECUTION_RESUMED)
        if suspended["EventType"] == Kind.EXECUTION_SUSPENDED if suspended else live.suspended:
            # What it asks for is set aside: the turn after the resume will ask for it again.
            return TurnResult([], "Suspended", suspended["Reason"] if suspended else live.reason, custom_status)
        live.ledger.learn(following.scheduled)
        status, result = _where(live, following, state, error)
        carried = tuple(_external_events([*live.history, *opening.new], following.events_after_continue))
        return TurnResult(following.scheduled, status, result, custom_status, carried)


def _where(live: Live, following: Plan, state: dict[str, Any], error: str | None) -> tuple[str, str | None]:
    """Where the turn leaves the instance, and with what."""
    if following.has_open_tasks:
        return "Running", None
    if error is not None:
        return "Failed", _failed(live.name, error)
    if following.next_input is not None:
        return "ContinuedAsNew", following.next_input
    if state.get("isDone"):
        return "Completed", json.dumps(state.get("output"))
    return "Running", None


def _external_events(texts: list[str], count: int) -> list[str]:
    """The last `count` events that were raised from outside; answers of entities are not among them."""
    if not count:
        return []
    raised = [text for text in texts if json.loads(text)["EventType"] == Kind.EVENT_RAISED]
    return [text for text in raised if RESPONSE not in text][-count:]


def _payload(live: Live, opening: Opening) -> str:
    new = [*map(encode, opening.started), *opening.new]
    past = with_played(live.history, played=True) if new else of_new_generation(live.history)
    parts = [past, with_played(new, played=False)]
    rest = {
        "instanceId": live.id,
        "isReplaying": bool(live.history and new),
        "parentInstanceId": live.parent_id,
        "sourceInstanceId": None,
        **_PROTOCOL,
    }
    history = ",".join(filter(None, parts))
    return f'{{"history":[{history}],"input":{live.input or "null"},{json.dumps(rest)[1:]}'


def _parse(outcome: Outcome) -> tuple[dict[str, Any] | None, str | None]:
    """The orchestrator's state, and its error if it raised; without a state, why there is none."""
    if outcome.error is None:
        return outcome.state, None
    message, marker, text = hide_credentials(str(outcome.error)).rpartition(OUT_OF_PROC_MARKER)
    if marker:
        with suppress(ValueError):
            state: dict[str, Any] = json.loads(text)
            return state, state.get("error") or message
    return None, of_unanswered_turn(outcome.error)


def _unanswered(live: Live, reason: str | None) -> ReplayFailure:
    """How an instance ends whose orchestrator handed back no actions: its worker died, or its state was broken.

    Recorded: the extension then replays nothing against the history, so an instance that has scheduled anything ends
    as non-deterministic, in words that say nothing of the cause; only one that has not tells it.
    """
    return live.ledger.missing(0) or ReplayFailure(f"One or more errors occurred. ({reason})")


def _actions(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [action for group in state.get("actions", []) for action in group]


def _custom_status(state: dict[str, Any]) -> str | None:
    if "customStatus" not in state:
        return None
    text = well_formed(json.dumps(state["customStatus"], ensure_ascii=False, separators=(",", ":")))
    size = len(text.encode("utf-16-le"))
    if size > CUSTOM_STATUS_LIMIT:
        raise ReplayFailure(
            "The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. "
            f"The current payload size is {size // 1024} KB."
        )
    return text


def _failed(name: str, reason: str) -> str:
    return f"Orchestrator function '{name}' failed: {reason}"


def failed_turn(live: Live, opening: Opening, failure: ReplayFailure) -> TurnResult:
    """The result of a turn that ends the instance without its orchestrator's doing."""
    text = str(failure)
    if terminated := opening.last(Kind.EXECUTION_TERMINATED):
        return TurnResult([], "Terminated", terminated["Input"])
    if isinstance(failure, VersionMismatch):
        return TurnResult([], "Failed", text, details=_MISMATCH)
    return TurnResult([], "Failed", text if isinstance(failure, NonDeterministic) else _failed(live.name, text))


def broken_turn(live: Live, opening: Opening, error: Exception) -> TurnResult:
    """The result of a turn the host itself could not compute; ends the instance rather than leave it hanging."""
    reason = f"the local host could not process the orchestrator's answer: {type(error).__name__}: {error}"
    return failed_turn(live, opening, ReplayFailure(reason))


_MISMATCH = {
    "ErrorType": "VersionMismatch",
    "ErrorMessage": MISMATCH,
    "StackTrace": None,
    "InnerFailure": None,
    "IsNonRetriable": True,
    "Properties": None,
}
