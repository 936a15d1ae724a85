"""The board a run shows its callers: steps, ledger and error, as the orchestration's custom status."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from contracts.errors import Failure
from contracts.status import LedgerEntry, Progress, StepState, StepStatus
from orchestrations.policies import PROGRESS_LIMIT_BYTES

Kind = Literal["model", "environment", "code", "endpoint", "role_assignment", "deployment", "traffic"]


class Ledger:
    """What this run made or changed, in order; undo works from it and writes into it what became of each."""

    def __init__(self) -> None:
        self.entries: list[LedgerEntry] = []
        self._sure: set[Kind] = set()

    def making(self, kind: Kind, name: str) -> None:
        """Write down that this run is about to make `name`: the answer of a write can be lost."""
        if not any((entry.kind, entry.name) == (kind, name) for entry in self.entries):
            self.entries.append(LedgerEntry(kind=kind, name=name))

    def made(self, kind: Kind, name: str, *, really: bool = True) -> None:
        """Write down that this run made `name`, as an answer said; `really=False`: that it existed already."""
        if really:
            self.making(kind, name)
            self._sure.add(kind)
        else:
            self.entries = [entry for entry in self.entries if (entry.kind, entry.name) != (kind, name)]

    def is_sure(self, kind: Kind) -> bool:
        """Whether an answer said that this run made something of that kind."""
        return kind in self._sure

    def has(self, kind: Kind) -> bool:
        """Whether this run made anything of that kind."""
        return any(entry.kind == kind for entry in self.entries)

    def keep(self, kind: Kind, reason: str) -> None:
        """Write down that whatever of that kind is still in use stays, and why."""
        self.entries = [
            entry.model_copy(update={"fate": "stays", "reason": reason})
            if (entry.kind, entry.fate) == (kind, "made")
            else entry
            for entry in self.entries
        ]

    def close(
        self, kind: Kind, fate: Literal["undone", "never_made", "undo_failed"], reason: str | None = None
    ) -> None:
        """Write down what became of everything of that kind; what was never made leaves the ledger."""
        if fate == "never_made":
            self.entries = [entry for entry in self.entries if entry.kind != kind]
        self.entries = [
            entry.model_copy(update={"fate": fate, "reason": reason}) if entry.kind == kind else entry
            for entry in self.entries
        ]


class ProgressBoard:
    """The steps so far; every change is published at once."""

    def __init__(self, publish: Callable[[Any], None], *, endpoint: str, deployment: str, model: str) -> None:
        self._publish = publish
        self._head = {"endpoint": endpoint, "deployment": deployment, "model": model}
        self._steps: dict[str, StepStatus] = {}
        self._error: Failure | None = None
        self.ledger = Ledger()
        self.publish()

    def resolved(self, model: str) -> None:
        """Show the model version that `latest` turned out to be."""
        self._head["model"] = model

    def started(self, name: str, moment: datetime) -> None:
        """A step begins; one taken before counts another attempt."""
        before = self._steps.get(name)
        attempts = before.attempts + 1 if before else 1
        first = before.started if before else moment
        self._steps[name] = StepStatus(name=name, state="running", started=first, attempts=attempts)
        self.publish()

    def succeeded(self, name: str, moment: datetime, detail: str | None = None) -> None:
        """A step ended well."""
        self._change(name, "succeeded", ended=moment, waiting_until=None, detail=detail or self._steps[name].detail)

    def failed(self, name: str, moment: datetime) -> None:
        """A step ended badly."""
        self._change(name, "failed", ended=moment, waiting_until=None)

    def retrying(self, name: str, until: datetime, failure: Failure) -> None:
        """A step failed and will be tried again."""
        again = self._steps[name].attempts + 1
        self._change(name, "waiting", waiting_until=until, attempts=again, detail=f"retry after {failure.code}")

    def waiting(self, name: str, moment: datetime, until: datetime, detail: str) -> None:
        """A wait begins."""
        self.started(name, moment)
        self._change(name, "waiting", waiting_until=until, detail=detail)

    def skipped(self, name: str, moment: datetime, detail: str) -> None:
        """A wait was not needed."""
        self._steps[name] = StepStatus(name=name, state="skipped", started=moment, ended=moment, detail=detail)
        self.publish()

    def broke(self, failure: Failure) -> None:
        """The run failed: shown before undoing starts."""
        self._error = failure
        self.publish()

    def publish(self) -> None:
        """Send the board as custom status, within its limit."""
        progress = Progress(
            **self._head, steps=list(self._steps.values()), ledger=self.ledger.entries, error=self._error
        )
        self._publish(fitted(progress.to_wire()))

    def _change(self, name: str, state: StepState, **changes: object) -> None:
        self._steps[name] = self._steps[name].model_copy(update={"state": state, **changes})
        self.publish()


def fitted(wire: dict[str, Any]) -> dict[str, Any]:
    """`wire` within the limit of a custom status: the log's beginning gives way first, then details, then reasons."""
    for cut in (_cut_log, _cut_details, _cut_reasons):
        excess = len(json.dumps(wire)) - PROGRESS_LIMIT_BYTES
        if excess > 0:
            cut(wire, excess)
    return wire


def _cut_log(wire: dict[str, Any], excess: int) -> None:
    log = wire.get("error", {}).get("log_tail")
    if log:
        # A character is at least a byte of JSON, so cutting as many characters is enough.
        wire["error"]["log_tail"] = log[excess + 10 :]


def _cut_details(wire: dict[str, Any], _: int) -> None:
    for step in wire["steps"]:
        step.pop("detail", None)


def _cut_reasons(wire: dict[str, Any], _: int) -> None:
    for entry in wire["ledger"]:
        entry.pop("reason", None)
