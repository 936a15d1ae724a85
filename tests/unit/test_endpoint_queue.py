"""The queue of an endpoint, as the entity keeps it: who owns it, who waits, who is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.queue import Asker, EndpointQueue, Place, RunRef
from orchestrations.endpoint_queue import MOST_ASKERS, OPERATIONS

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def asker(run: str, after: int = 0, **more: Any) -> Asker:
    since = BEGIN + timedelta(seconds=after)
    return Asker(**{"id": run, "since": since, "woken": f"{run}:turn", "event": "turn-0", **more})


def asked(queue: EndpointQueue, operation: str, message: Asker | RunRef) -> tuple[EndpointQueue, Place]:
    changed, place = OPERATIONS[operation](queue, message.to_wire())
    return EndpointQueue.from_wire(changed.to_wire()), Place.from_wire(place.to_wire())


def queued(*askers: Asker) -> EndpointQueue:
    queue = EndpointQueue()
    for one in askers:
        queue, _ = asked(queue, "enter", one)
    return queue


def waked(place: Place) -> list[str]:
    return [one.instance for one in place.wakes]


def test_who_was_accepted_first_is_next_whenever_its_turn_comes() -> None:
    queue = queued(asker("owner", 9), asker("later", 20), asker("earlier", 10))

    assert [one.id for one in queue.askers] == ["owner", "earlier", "later"]
    _, place = asked(queue, "leave", RunRef(id="owner"))
    assert waked(place) == ["earlier:turn"]


def test_who_left_while_it_waited_is_told_and_does_not_come_back() -> None:
    queue = queued(asker("owner"), asker("canceled", 1), asker("next", 2))

    queue, place = asked(queue, "leave", RunRef(id="canceled"))
    assert waked(place) == ["canceled:turn"]
    unchanged, looked = asked(queue, "look", asker("canceled", 1, event="turn-1"))
    assert (unchanged, looked.verdict) == (queue, "gone")
    assert [one.id for one in queue.askers] == ["owner", "next"]


def test_of_two_instances_that_wait_for_one_run_the_later_one_does() -> None:
    queue = queued(asker("owner"), asker("begun-anew", 1), asker("begun-anew", 1, woken="second"))

    _, stale = asked(queue, "look", asker("begun-anew", 1, event="turn-1"))
    assert stale.verdict == "gone"
    _, place = asked(queue, "leave", RunRef(id="owner"))
    assert waked(place) == ["second"]


def test_more_than_can_be_kept_are_refused() -> None:
    queue = queued(*(asker(f"run-{n}", n) for n in range(MOST_ASKERS)))

    _, place = asked(queue, "enter", asker("one-too-many", MOST_ASKERS))

    assert (place.verdict, place.by) == ("rejected", "run-0")


RUNS = st.sampled_from("abcdef")
OPERATION = st.one_of(
    st.tuples(st.just("enter"), RUNS, st.sampled_from(["queue", "reject", "supersede"])),
    st.tuples(st.just("look"), RUNS, st.just("queue")),
    st.tuples(st.just("leave"), RUNS, st.just("queue")),
)


@given(st.lists(OPERATION, max_size=30))
def test_there_is_one_owner_and_whoever_is_replaced_hears_by_whom(story: list[tuple[str, str, Any]]) -> None:
    queue = EndpointQueue()
    for number, (operation, run, when_busy) in enumerate(story):
        message = RunRef(id=run) if operation == "leave" else asker(run, number, when_busy=when_busy)
        before, (queue, place) = queue, asked(queue, operation, message)
        ids = [one.id for one in queue.askers]
        assert len(ids) == len(set(ids))
        assert (place.verdict == "owner") == (operation != "leave" and ids[:1] == [run])
        # The owner goes only by leaving, and the next one is told.
        if before.askers and before.askers[0].id not in ids[:1]:
            assert (operation, before.askers[0].id) == ("leave", run)
            assert waked(place) == [one.woken for one in queue.askers[:1]]
        assert set(lost(before, queue)) <= {run, *queue.superseded}


def lost(before: EndpointQueue, after: EndpointQueue) -> Iterator[str]:
    left = {one.id for one in after.askers}
    yield from (one.id for one in before.askers if one.id not in left)
