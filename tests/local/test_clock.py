"""The clock: a stepped one stands still while somebody works, and real work is not multiplied by the speed."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

from local.clock import Clock
from local.waiting import PATIENCE, until


def rung(clock: Clock, seconds: float) -> bool:
    """Whether an alarm an hour from now goes off within so many real seconds."""
    event = threading.Event()
    clock.alarm(clock.now() + timedelta(hours=1), event.set)
    return event.wait(seconds)


def test_time_stands_still_until_the_last_hold_has_ended_and_says_whose_it_is() -> None:
    clock = Clock(stepped=True)
    first, second = clock.hold("the first"), clock.hold("the second")
    assert clock.held_by() == ["the first", "the second"]

    second.release()
    second.release()  # ends no hold but its own

    assert clock.held_by() == ["the first"]
    assert not rung(clock, 0.1)
    first.release()
    assert rung(clock, PATIENCE)
    clock.close()


def test_real_work_is_not_multiplied_by_the_speed() -> None:
    """Six minutes in Azure are six minutes here, however long they take on a busy machine."""
    clock = Clock(speed=2000)

    with clock.at_most(timedelta(minutes=6)):
        limit = until(lambda: clock.now() if not moves(clock) else None)
        assert not rung(clock, 0.2)

    assert rung(clock, PATIENCE)
    assert clock.now() > limit
    clock.close()


def test_of_several_pieces_of_work_the_first_to_end_is_waited_for() -> None:
    clock = Clock(speed=2000)
    began = clock.now()

    with clock.at_most(timedelta(hours=10)):
        with clock.at_most(timedelta(minutes=6)):
            stands = until(lambda: clock.now() if not moves(clock) else None)
        assert until(lambda: clock.now() > stands)

    # Between the six minutes of the one, whenever it began, and the ten hours of the other.
    assert stands - began < timedelta(hours=5)
    clock.close()


def test_who_shares_the_clock_stands_still_with_it(tmp_path: Path) -> None:
    clock = Clock(speed=2000)
    clock.save(tmp_path / "clock.json")
    other = Clock.load(tmp_path / "clock.json")

    with clock.at_most(timedelta(minutes=6)):
        stands = until(lambda: other.now() if not moves(other) else None)
        assert stands == clock.now()
        assert not rung(other, 0.1)

    assert rung(other, PATIENCE)
    before, seen, after = clock.now(), other.now(), clock.now()
    assert before - timedelta(minutes=5) < seen < after + timedelta(minutes=5)
    other.close()
    clock.close()


def test_a_clock_that_was_left_standing_goes_on_for_the_next(tmp_path: Path) -> None:
    clock = Clock(speed=2000)
    clock.save(tmp_path / "clock.json")
    left = clock.at_most(timedelta(seconds=1))
    left.__enter__()

    following = Clock.load(tmp_path / "clock.json")
    following.save(tmp_path / "clock.json")

    assert rung(following, PATIENCE)
    following.close()


def test_real_time_and_stepped_time_know_no_limit() -> None:
    real, stepped = Clock(), Clock(stepped=True)
    began = real.now()
    with real.at_most(timedelta(0)), stepped.at_most(timedelta(0)):
        assert until(lambda: real.now() > began)
        assert not rung(stepped, 0.05)
    assert rung(stepped, PATIENCE)
    stepped.close()


def moves(clock: Clock) -> bool:
    """Whether time passes."""
    before = clock.now()
    threading.Event().wait(0.02)
    return clock.now() != before
