"""The instances of a task hub in memory, and what is due there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tests.schedules.execution import Execution

Status = Literal["Running", "Completed", "Failed", "Terminated"]


class PlatformFailure(Exception):
    """What the platform says of an activity or a child that failed."""


@dataclass
class Instance:
    """An instance and the execution that it is in."""

    id: str
    name: str
    given: Any
    execution: Execution
    tell_parent: Callable[[Any], None] = lambda _: None
    status: Status = "Running"
    foreign: bool = False
    """Whether it was ended in words that are not ours."""
    output: Any = None
    shown: Any = None
    ended: datetime | None = None
    resumed: int = 0


@dataclass(order=True)
class Event:
    """Something that is due. An activity's answer can be lost: `redo` and `fail` are what happens then."""

    moment: datetime
    number: int
    run: Callable[[], Any] = field(compare=False)
    activity: bool = field(compare=False, default=False)
    redo: Callable[[], None] | None = field(compare=False, default=None)
    fail: Callable[[], None] | None = field(compare=False, default=None)
