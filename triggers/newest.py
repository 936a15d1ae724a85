"""The newest instances first, out of a task hub that lists them by id.

Ids say nothing about age, so the hub is asked for windows of time, from now backwards: each as long as what is missing
needs at the density seen so far, until the page is full. A window that turns out to hold too many is given up for a
newer part of it. Nobody's list reads the whole hub: after `LOOK_AT_MOST` instances the page is as it is, and the next
one goes on from there.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import nsmallest
from typing import Protocol

from triggers.hub import HubUnavailable, Instance, Page, Query

LOOK_AT_MOST = 1500
# A window that has given the whole page out of so many, and has more, is better read from where that page's end is.
OVERFULL = 500
FIRST_WINDOW = timedelta(minutes=1)
# How much longer than all windows before the next one is.
LONGEST, SHORTEST = 16.0, 0.1
# A page ends with a window that is a smaller part of them all: many small ones would each be a look through the hub.
LAST = 0.5
SECOND = timedelta(seconds=1)
# Before it there was no Durable Functions.
BEGINNING = datetime(2017, 1, 1, tzinfo=UTC)


class Asked(Protocol):
    """The task hub."""

    async def instance(self, instance_id: str) -> Instance | None:
        """One instance with its input."""
        ...

    async def page(self, query: Query, token: str = "") -> Page:
        """Some instances, by id."""
        ...


@dataclass(frozen=True)
class Position:
    """A place in the list, where the newest stands first and what is of one second by id.

    Attributes:
        moment: in whole seconds.
        id: of the instance after which the place is; None for before all of that second's, after all newer ones' end.
    """

    moment: datetime
    id: str | None = None

    def __str__(self) -> str:
        """As a caller gives it back: right also when the instance is gone by then, or newer ones have come."""
        moment = f"{self.moment:%Y%m%dT%H%M%SZ}"
        return moment if self.id is None else f"{moment}~{self.id}"

    @classmethod
    def read(cls, text: str) -> Position | None:
        """The position that a text is; None when it is none."""
        found = re.fullmatch(r"(2[0-9]{7}T[0-9]{6}Z)(?:~(.+))?", text, re.ASCII)
        try:
            moment = datetime.strptime(f"{found[1]}+0000", "%Y%m%dT%H%M%SZ%z") if found else None
        except ValueError:
            return None
        return cls(moment.astimezone(UTC), found[2]) if found and moment else None

    @property
    def end(self) -> datetime:
        """Everything beyond this place was created before this moment."""
        return self.moment if self.id is None else self.moment + SECOND

    def precedes(self, instance: Instance) -> bool:
        """Whether an instance is beyond this place."""
        age = (-_created(instance).timestamp(), instance.id)
        here = -self.moment.timestamp()
        return age[0] > here if self.id is None else age > (here, self.id)


@dataclass(frozen=True)
class Wanted:
    """Which instances a list is about.

    Attributes:
        fits: whether an instance is one of them; None when that takes its input.
    """

    prefix: str
    states: tuple[str, ...]
    fits: Callable[[Instance], bool | None]


async def newest(
    hub: Asked, wanted: Wanted, limit: int, after: Position | None, now: datetime
) -> tuple[list[Instance], Position | None]:
    """At most `limit` instances beyond `after`, newest first; and where the next page begins, None after the last."""
    search = _Search(hub, wanted)
    start = min(after.moment, now) if after else now
    found: list[Instance] = []
    since: datetime | None = _whole(start - FIRST_WINDOW)
    last = False
    while True:
        matches, since = await search.window(since, after, limit + 1 - len(found))
        found += matches
        if len(found) > limit:
            end = found[limit - 1]
            return found[:limit], Position(_created(end), end.id)
        if since is None:
            return found, None
        after = Position(since)
        affordable = (LOOK_AT_MOST - search.looked) / search.looked if search.looked else LONGEST
        if last or affordable < SHORTEST:
            return found, after
        last = affordable < LAST
        missing = 1.5 * (limit + 1 - len(found)) / len(found) if found else LONGEST
        since = _before(since, max(SECOND, start - since) * max(SHORTEST, min(missing, affordable, LONGEST)))


class _Search:
    def __init__(self, hub: Asked, wanted: Wanted) -> None:
        self._hub = hub
        self._wanted = wanted
        self.looked = 0

    async def window(
        self, since: datetime | None, after: Position | None, room: int
    ) -> tuple[list[Instance], datetime | None]:
        """The newest `room` matches, and since when they are all: `since`, or later when there are too many."""
        while True:
            matches, closer = await self._read(since, after, room)
            if closer is None:
                return matches, since
            since = closer

    async def _read(
        self, since: datetime | None, after: Position | None, room: int
    ) -> tuple[list[Instance], datetime | None]:
        """The newest `room` matches of a window; or, when it has too many to read, where a better one begins."""
        query = Query(self._wanted.prefix, self._wanted.states, since, after.end if after else None)
        # What is of one second stands in the order in which it comes.
        ordered = since is not None and after is not None and since + SECOND >= after.end
        best: list[Instance] = []
        seen: list[datetime] = []
        token = ""
        while True:
            page = await self._hub.page(query, token)
            self.looked += len(page.instances)
            fresh = [
                one
                for one in page.instances
                if (after is None or after.precedes(one)) and (since is None or _created(one) >= since)
            ]
            seen += map(_created, fresh)
            best = nsmallest(room, [*best, *await self._matching(fresh, best, room)], key=_place)
            full, token = len(best) == room, page.token
            if not token or (full and ordered):
                return best, None
            if len(seen) >= (OVERFULL if full else LOOK_AT_MOST):
                closer = _created(best[-1]) if full else sorted(seen)[-(len(seen) // 4)]
                if closer > (since or BEGINNING):
                    return [], closer

    async def _matching(self, instances: Iterable[Instance], best: list[Instance], room: int) -> list[Instance]:
        certain, perhaps = [], []
        for one in instances:
            if len(best) == room and _place(one) > _place(best[-1]):
                continue
            verdict = self._wanted.fits(one)
            if verdict is None:
                perhaps.append(one)
            elif verdict:
                certain.append(one)
        return certain + [one for one in await with_inputs(self._hub, perhaps) if self._wanted.fits(one)]


async def with_inputs(hub: Asked, instances: Iterable[Instance]) -> list[Instance]:
    """The same instances with their inputs, where they still are and can be read; each keeps its place."""

    async def whole(instance: Instance) -> Instance:
        with suppress(HubUnavailable):
            found = await hub.instance(instance.id)
            return replace(found, created=instance.created) if found else instance
        return instance

    return await asyncio.gather(*map(whole, instances))


def _place(instance: Instance) -> tuple[float, str]:
    return -_created(instance).timestamp(), instance.id


def _created(instance: Instance) -> datetime:
    return instance.created or BEGINNING


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _before(moment: datetime, span: timedelta) -> datetime | None:
    return _whole(moment - span) if moment - BEGINNING > span else None
