"""Newest first out of a hub that lists by id: every instance once, whatever is there and whatever comes meanwhile."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggers import newest as searching
from triggers.hub import Instance, Page, Query
from triggers.newest import LOOK_AT_MOST, OVERFULL, Position, Wanted, newest

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Shelf:
    """A task hub in memory: by id, a few at a time, inputs left out of lists."""

    def __init__(self, instances: Sequence[Instance] = (), *, page: int = 3) -> None:
        self.page_size = page
        self.instances = {one.id: one for one in instances}
        self._ordered: list[Instance] = []
        self.rows = 0
        self.pages = 0

    async def instance(self, instance_id: str) -> Instance | None:
        return self.instances.get(instance_id)

    async def page(self, query: Query, token: str = "") -> Page:
        if len(self._ordered) != len(self.instances):
            self._ordered = [self.instances[one] for one in sorted(self.instances)]
        found = [
            one
            for one in self._ordered[bisect_left(self._ordered, token, key=lambda one: one.id) :]
            if one.id.startswith(query.prefix)
            and (not query.states or one.runtime_status in query.states)
            and (query.since is None or moment(one) >= query.since)
            and (query.until is None or moment(one) <= query.until)
        ]
        self.pages += 1
        self.rows += min(len(found), self.page_size)
        following = found[self.page_size].id if len(found) > self.page_size else ""
        return Page([replace(one, input=None) for one in found[: self.page_size]], following)


def moment(instance: Instance) -> datetime:
    assert instance.created is not None
    return instance.created


def born(seconds_ago: int, number: int, kind: str = "a", *, silent: bool = False) -> Instance:
    """An instance that tells its kind, or whose input alone does."""
    scattered = (number * 2654435761) % 2**32
    created = NOW - timedelta(seconds=seconds_ago)
    told = None if silent else kind
    return Instance(f"dep-{scattered:08x}", "deploy", "Completed", created, input=kind, custom_status=told)


def of_kind(kind: str | None) -> Callable[[Instance], bool | None]:
    def fits(instance: Instance) -> bool | None:
        told = instance.custom_status or instance.input
        return True if kind is None else None if told is None else told == kind

    return fits


def listed(
    shelf: Shelf, limit: int, kind: str | None = None, arrive: Callable[[], None] = lambda: None
) -> list[list[Instance]]:
    """All pages, as a caller who follows `next` sees them."""

    async def following() -> list[list[Instance]]:
        wanted, after, pages = Wanted("dep-", (), of_kind(kind)), None, []
        while True:
            found, after = await newest(shelf, wanted, limit, after, NOW)
            pages.append(found)
            if after is None:
                return pages
            after = Position.read(str(after))
            assert after is not None
            arrive()

    return asyncio.run(following())


ages = st.one_of(st.integers(0, 5), st.integers(0, 4000), st.integers(0, 10**8), st.integers(-(10**6), 0))
hubs = st.lists(st.tuples(ages, st.sampled_from("ab"), st.booleans()), max_size=40)


@given(
    hub=hubs,
    arrivals=st.lists(st.lists(ages, max_size=3), max_size=6),
    limit=st.integers(1, 9),
    page=st.integers(1, 7),
    kind=st.sampled_from([None, "a", "b"]),
    bounds=st.sampled_from([(LOOK_AT_MOST, OVERFULL), (8, 5), (1, 1)]),
)
@settings(max_examples=150)
def test_every_instance_is_seen_once_newest_first(
    hub: list[tuple[int, str, bool]],
    arrivals: list[list[int]],
    limit: int,
    page: int,
    kind: str | None,
    bounds: tuple[int, int],
) -> None:
    before = [born(age, number, told, silent=silent) for number, (age, told, silent) in enumerate(hub)]
    shelf = Shelf(before, page=page)
    coming = iter(arrivals)

    def arrive() -> None:
        for age in next(coming, []):
            one = born(age, len(shelf.instances))
            shelf.instances[one.id] = one

    with pytest.MonkeyPatch.context() as patch:  # so that small hubs have windows too full, and pages that end early
        patch.setattr(searching, "LOOK_AT_MOST", bounds[0])
        patch.setattr(searching, "OVERFULL", bounds[1])
        seen = [one for found in listed(shelf, limit, kind, arrive) for one in found]

    places = [(-moment(one).timestamp(), one.id) for one in seen]
    assert places == sorted(set(places))
    wanted = {one.id for one in before if kind is None or one.input == kind}
    assert {one.id for one in seen} >= wanted
    assert {one.id for one in seen} & {one.id for one in before} == wanted


def test_a_full_hub_is_not_read_for_its_first_page() -> None:
    shelf = Shelf([born(240 * number, number) for number in range(10_000)], page=100)

    found, _ = asyncio.run(newest(shelf, Wanted("dep-", (), of_kind(None)), 50, None, NOW))

    assert [moment(one) for one in found] == [NOW - timedelta(seconds=240 * number) for number in range(50)]
    assert shelf.rows < 300


@pytest.mark.parametrize("over", [60, 3600, 86_400])
def test_a_burst_is_not_read_to_its_end(over: int) -> None:
    shelf = Shelf([born(number * over // 10_000, number) for number in range(10_000)], page=100)

    found, after = asyncio.run(newest(shelf, Wanted("dep-", (), of_kind(None)), 50, None, NOW))

    assert len(found) == 50
    assert after is not None
    assert shelf.rows <= LOOK_AT_MOST


def test_what_is_rare_ends_a_page_early_and_goes_on() -> None:
    rare = set(range(0, 10_000, 700))
    hub = [born(60 * number, number, "a" if number in rare else "b") for number in range(10_000)]
    shelf = Shelf(hub, page=100)

    found, after = asyncio.run(newest(shelf, Wanted("dep-", (), of_kind("a")), 50, None, NOW))

    assert after is not None
    assert len(found) > 1
    assert LOOK_AT_MOST * 0.6 < shelf.rows <= LOOK_AT_MOST * 1.1
    assert sum(map(len, listed(shelf, 50, "a"))) == len(rare)


def test_a_page_goes_on_where_it_ended_although_its_last_instance_is_gone() -> None:
    shelf = Shelf([born(number, number) for number in range(6)])
    found, after = asyncio.run(newest(shelf, Wanted("dep-", (), of_kind(None)), 3, None, NOW))
    del shelf.instances[found[-1].id]

    rest, _ = asyncio.run(newest(shelf, Wanted("dep-", (), of_kind(None)), 3, after, NOW))

    assert [moment(one) for one in (*found, *rest)] == [NOW - timedelta(seconds=number) for number in range(6)]


@pytest.mark.parametrize("clock", [timedelta(days=-900), timedelta(days=900)])
def test_the_hubs_clock_may_be_another(clock: timedelta) -> None:
    shelf = Shelf([born(number, number) for number in range(9)])

    found, after = asyncio.run(newest(shelf, Wanted("dep-", (), of_kind(None)), 20, None, NOW + clock))

    assert (len(found), after) == (9, None)
    assert shelf.pages < 20


def test_a_burst_on_a_clock_that_is_ahead_takes_few_windows() -> None:
    shelf = Shelf([born(-(10**6) + number, number) for number in range(3_000)], page=100)

    found = listed(shelf, 1_000)

    assert sum(map(len, found)) == 3_000
    assert shelf.pages < 300


def test_an_instance_without_a_readable_time_comes_last() -> None:
    shelf = Shelf([born(5, 1)])
    timeless = Instance(id="dep-ffffffff", runtime_status="Completed")

    class Strange(Shelf):
        async def page(self, query: Query, token: str = "") -> Page:
            return Page([*shelf.instances.values(), timeless], "")

    [found] = listed(Strange(), 5)

    assert [one.id for one in found] == [*shelf.instances, timeless.id]


@pytest.mark.parametrize("text", ["", "dep-1", "20260101T000000", "20269901T000000Z", "29990230T000000Z~x", "1e9", "~"])
def test_what_is_no_position_is_none(text: str) -> None:
    assert Position.read(text) is None


def test_a_position_reads_back_as_it_was_told() -> None:
    for position in (Position(NOW), Position(NOW, "dep-1"), Position(NOW, "dep-~ %")):
        assert Position.read(str(position)) == position
