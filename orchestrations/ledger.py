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
            if self._find(entry) is None:
                self.entries.append(entry.model_copy(update={"sure": False}))

    def record(self, begun: Iterable[LedgerEntry], answered: Sequence[LedgerEntry]) -> None:
        """Write down what an answer said of what was begun; what it does not name was not made.

        What this run has made stays made when it is found again later.
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
                self._replace(before, entry.model_copy(update=told_before))

    def close(self, entry: LedgerEntry, **what_became: Any) -> None:
        """Write down what became of an entry: its fate and the reason."""
        self._replace(entry, entry.model_copy(update=what_became))

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
