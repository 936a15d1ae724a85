"""What an orchestration waits for, and what else it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True)
class Asked:
    """What an orchestration waits for; `child` is the id of a child, or the key of an entity."""

    kind: Literal["activity", "child", "timer", "entity", "event"]
    name: str
    given: str = ""
    child: str | None = None


@dataclass(frozen=True)
class Raised:
    """An external event."""

    name: str
    brings: Any = None


@dataclass(frozen=True)
class Late:
    """How a child ended that nobody waits for any more: its parent is told, and the history holds it."""

    asked: Asked
    scheduled: datetime
    answer: Any
