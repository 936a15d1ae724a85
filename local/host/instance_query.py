"""Which instances are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.host.events import stamp

# Sorts after whatever an ID may go on with: the end of Unicode, which is no character.
_AFTER_ALL = chr(0x10FFFF)


@dataclass(frozen=True)
class InstanceQuery:
    """Which instances are asked for; each condition that is given must hold."""

    created_from: datetime | None = None
    created_to: datetime | None = None
    states: tuple[str, ...] = ()
    prefix: str = ""
    first: str = ""
    """Only instances with this ID or a later one."""

    entities: bool = False
    """Only entities that exist."""

    def condition(self) -> tuple[str, list[Any]]:
        """As an SQL condition over the table of instances, with its values."""
        terms = [("created >= ?", stamp(self.created_from))] if self.created_from else []
        if self.created_to:
            terms.append(("created <= ?", stamp(self.created_to)))
        if self.first:
            terms.append(("id >= ?", self.first))
        values: list[Any] = [value for _, value in terms]
        texts = [text for text, _ in terms]
        if self.prefix:
            # The bounds are for the index: a run that is undone looks through the others by how their IDs begin.
            texts.append("id >= ? AND id < ? AND substr(id, 1, ?) = ?")
            values += [self.prefix, self.prefix + _AFTER_ALL, len(self.prefix), self.prefix]
        if self.entities:
            texts.append("id = name AND json_extract(custom_status, '$.entityExists')")
        if self.states:
            texts.append(f"status IN ({','.join('?' * len(self.states))})")
            values += self.states
        return " AND ".join(texts) or "1", values
