"""One reading for all who ask for the same at once.

When hundreds of runs fail together, each wants to know what all the others rely on. Those who ask while somebody reads
share the next reading: it begins after all of them have asked, so that nobody is told of anything older than alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

Told = TypeVar("Told")


@dataclass
class _Reading:
    """What is read again and again, by its numbers: 0 for none."""

    asking: int = 0
    begun: int = 0
    ended: int = 0
    failing: bool = False
    told: Any = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


_read_now: dict[Hashable, _Reading] = {}


async def shared(what: Hashable, read: Callable[[], Awaitable[Told]]) -> Told:
    """What `read` tells, or what it told somebody else who asked for `what`; raises what it raises.

    One that fails is told to nobody else. Those who have waited for it read at once, each for itself: one after the
    other, they would wait out the time limit of a hub that does not answer as often as there are of them.
    """
    # A loop that is given up in the middle of a reading must not keep another one waiting.
    key = (asyncio.get_running_loop(), what)
    reading = _read_now.setdefault(key, _Reading())
    asked_after = reading.begun
    reading.asking += 1
    try:
        async with reading.turn:
            if reading.ended <= asked_after and not reading.failing:
                reading.begun, reading.failing = reading.begun + 1, True
                reading.told, reading.ended = await read(), reading.begun
                reading.failing = False
            if reading.ended > asked_after:
                told: Told = reading.told
                return told
        alone = await read()
        reading.failing = False
        return alone
    finally:
        reading.asking -= 1
        if not reading.asking:
            del _read_now[key]
