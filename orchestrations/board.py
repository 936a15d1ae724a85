"""The board a run shows its callers: steps, ledger and error, as the orchestration's custom status."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from contracts.base import Contract, Json
from contracts.errors import Failure
from contracts.ledger import LedgerEntry
from contracts.status import Progress, StepStatus, shown
from orchestrations.policies import PROGRESS_LIMIT_BYTES


class Board:
    """Shows what it is given; it knows nothing else.

    Attributes:
        shown: what it has shown last.
    """

    def __init__(self, publish: Callable[[Any], None]) -> None:
        self._publish = publish
        self.shown: Json = None
        self._about: dict[str, str] = {}
        self._error: Failure | None = None
        self._ended = False
        self._written: dict[int, tuple[Contract, dict[str, Any]]] = {}
        """Steps and entries that were shown, by their identity: none ever changes, another takes its place."""

    def about(self, **names: str) -> None:
        """What the run is about: `endpoint`, `deployment`, `model`."""
        self._about |= names

    def broke(self, failure: Failure) -> None:
        """The run failed."""
        self._error = failure

    def ended(self) -> None:
        """The run ends now, in its own words: what the platform ends looks otherwise."""
        self._ended = True

    def show(self, steps: Sequence[StepStatus], ledger: Sequence[LedgerEntry]) -> None:
        """Send everything as custom status, within its limit."""
        about = Progress(**self._about, steps=[], ledger=[], error=self._error, ended=self._ended).to_wire()
        named = ledger if len(ledger) <= MOST_NAMED else _without_first_gone(ledger)
        parts = {"steps": [self._write(one) for one in steps], "ledger": [self._write(one) for one in named]}
        wire = {**about, **{name: part for name, part in parts.items() if part}}
        # A turn shows a board for each step that it replays, and one look tells of hardly any that it must change.
        text = json.dumps(wire)
        self.shown = wire if "=" not in text and len(text) <= PROGRESS_LIMIT_BYTES else fitted(readable(wire))
        self._publish(self.shown)

    def _write(self, part: Contract) -> dict[str, Any]:
        """A step or an entry as it is shown: each is written once, however often it is shown."""
        if id(part) not in self._written:
            self._written[id(part)] = part, shown(part)
        return self._written[id(part)][1]


# What the Functions host takes for the beginning of a credential (recorded): in the text that a failed orchestrator
# ends with, its custom status included, it hides all that follows up to the next quote.
_TAKEN_FOR_CREDENTIALS = re.compile(
    r"(token|key|pwd|password|server|data source|endpointsprotocol|[?&/;](?:sig|code))(?==)", re.IGNORECASE
)

# The end of a container's log that outlasts the details, and the reasons and names of a ledger: ten lines, and three.
LOG_KEPT_CHARACTERS = 800
LOG_KEPT_LONGER_CHARACTERS = 250
# Of what a run has removed for good, that it has begun to, and what went last.
GONE_KEPT = 3
# None is written in less than a hundred bytes.
MOST_NAMED = 40


def readable(wire: Json) -> Json:
    """`wire` in words that the host leaves alone: a blank before such an equals sign."""
    if isinstance(wire, str):
        return _TAKEN_FOR_CREDENTIALS.sub(r"\1 ", wire)
    if isinstance(wire, dict):
        return {name: readable(value) for name, value in wire.items()}
    return [readable(one) for one in wire] if isinstance(wire, list) else wire


def fitted(wire: dict[str, Any]) -> dict[str, Any]:
    """`wire` within the limit of a custom status.

    The log's beginning gives way first, then details, then more of the log, then the oldest things that are gone for
    good, then reasons, then names, then the oldest steps that have ended, then the log's end. The ledger's other
    references stay: undo works from them when this is all that is left of a run.
    """
    logs = [_cut_log(keep=kept) for kept in (LOG_KEPT_CHARACTERS, LOG_KEPT_LONGER_CHARACTERS, 0)]
    reasons, names = _cut_from_ledger("reason"), _cut_from_ledger("name")
    for cut in (logs[0], _cut_details, logs[1], _cut_gone, reasons, names, _cut_steps, logs[2]):
        excess = len(json.dumps(wire)) - PROGRESS_LIMIT_BYTES
        if excess <= 0:
            break
        cut(wire, excess)
    return wire


def _cut_log(*, keep: int) -> Callable[[dict[str, Any], int], None]:
    def cut(wire: dict[str, Any], excess: int) -> None:
        log = wire.get("error", {}).get("log_tail")
        if log:
            # A character is at least a byte of JSON, so cutting as many characters is enough.
            wire["error"]["log_tail"] = log[max(0, min(excess + 10, len(log) - keep)) :]

    return cut


def _cut_details(wire: dict[str, Any], _: int) -> None:
    for step in wire.get("steps", []):
        # Why there is no log of what failed is told nowhere else.
        if step.get("state") not in ("failed", "skipped"):
            step.pop("detail", None)


def _cut_from_ledger(field: str) -> Callable[[dict[str, Any], int], None]:
    def cut(wire: dict[str, Any], _: int) -> None:
        for entry in wire.get("ledger", []):
            entry.pop(field, None)

    return cut


def _without_first_gone(ledger: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """As many as a status may have room for; a long ledger would be written whole, and cut, with each step."""
    gone = [number for number, one in enumerate(ledger) if one.how == "removed" and one.sure]
    first = set(gone[: len(ledger) - MOST_NAMED])
    return [one for number, one in enumerate(ledger) if number not in first]


def _cut_gone(wire: dict[str, Any], excess: int) -> None:
    """An endpoint may have hundreds of settings; of those that went first, nothing is to be undone or asked again."""
    ledger = wire.get("ledger", [])
    gone = [entry for entry in ledger if entry.get("how") == "removed" and entry.get("sure", True)]
    for entry in gone[:-GONE_KEPT]:
        if excess <= 0:
            return
        ledger.remove(entry)
        excess -= len(json.dumps(entry)) + 2


def _cut_steps(wire: dict[str, Any], excess: int) -> None:
    steps = wire.get("steps", [])
    for step in [one for one in steps if "ended" in one]:
        if excess <= 0:
            return
        steps.remove(step)
        excess -= len(json.dumps(step)) + 2
