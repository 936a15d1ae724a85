"""Keeping the ledger: what is about to be made is written down before the write, what was made after its answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from contracts.ledger import LedgerEntry


class Ledger:
    """What this run made, changed or found, in order."""

    def __init__(self) -> None:
        self.entries: list[LedgerEntry] = []

    def begin(self, entries: Iterable[LedgerEntry]) -> None:
        """Write down what this run is about to make: the answer to a write can be lost."""
        for entry in entries:
            known = self._find(entry)
            if known is None:
                self.entries.append(entry.model_copy(update={"sure": False}))
            elif entry.after is not None and not known.may_have_left(entry.after):
                # One more change of the same thing: until its answer is there, either of them may be in force.
                self._replace(known, known.model_copy(update={"tried": [*(known.tried or []), entry.after]}))

    def record(self, begun: Iterable[LedgerEntry], answered: Sequence[LedgerEntry]) -> None:
        """Write down what an answer said of what was begun; what it does not name was not made.

        What this run has made stays made when it is found again later, and what it has changed twice was before what it
        was before the first change.
        """
        told = {entry.key for entry in answered}
        for entry in begun:
            unanswered = self._find(entry)
            if unanswered and entry.key not in told and not unanswered.sure:
                self.entries.remove(unanswered)
        for entry in answered:
            before = self._find(entry)
            if before is None:
                self.entries.append(entry)
            elif not (before.sure and entry.how == "found"):
                # An answer does not repeat what was written down before the write.
                told_before = {"name": before.name, "goes_with": before.goes_with}
                # Also when only this answer tells that the first one was in force.
                ours = before.sure or before.may_have_left(entry.before)
                first = {"before": before.before} if ours and before.how == "changed" else {}
                self._replace(before, entry.model_copy(update={**told_before, **first}))

    def close(self, entry: LedgerEntry, **what_became: Any) -> None:
        """Write down what became of an entry: its fate and the reason."""
        self._replace(entry, entry.model_copy(update=what_became))

    def spare(self, entry: LedgerEntry, reason: str) -> None:
        """Write down that a thing stays which might have gone, and why; nothing is undone of it."""
        if self._find(entry) is None:
            self.entries.append(entry.model_copy(update={"how": "found", "fate": "stays", "reason": reason}))

    def drop(self, entry: LedgerEntry) -> None:
        """Forget an entry that was never made."""
        self.entries.remove(entry)

    def find(self, kind: str, reference: str) -> LedgerEntry | None:
        """The entry about that thing."""
        return next((one for one in self.entries if one.key == (kind, reference.lower())), None)

    def _find(self, entry: LedgerEntry) -> LedgerEntry | None:
        return self.find(*entry.key)

    def _replace(self, old: LedgerEntry, new: LedgerEntry) -> None:
        self.entries[self.entries.index(old)] = new
