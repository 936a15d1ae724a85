"""What is billed for a record of invocations, on each kind of clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.billing import SHORTEST_TIMER, active_periods, billed
from orchestrations import policies

START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


def ran(at: float, seconds: float, *, speed: float | None = None, function: str = "smoke_test") -> dict[str, Any]:
    """An invocation `at` virtual seconds after START that really ran so long."""
    began = START + timedelta(seconds=at)
    ended = began + timedelta(seconds=seconds * (speed or 0))
    stamps = {"started": began.isoformat(), "ended": ended.isoformat()}
    return {"function": function, "duration_ms": seconds * 1000, **stamps}


def seconds(*invocations: dict[str, Any], speed: float | None = None) -> float:
    return billed(invocations, speed=speed).total_seconds()


@pytest.mark.parametrize("speed", [None, 1, 120])
def test_nothing_costs_nothing_and_anything_costs_a_second(speed: float | None) -> None:
    assert seconds(speed=speed) == 0
    assert seconds(ran(0, 0.02, speed=speed), speed=speed) == 1


@pytest.mark.parametrize("speed", [None, 1, 120])
def test_a_longer_period_is_rounded_up_to_tenths(speed: float | None) -> None:
    assert seconds(ran(0, 1.301, speed=speed), speed=speed) == 1.4


def test_a_wait_on_a_timer_is_not_billed_however_fast_the_clock_runs() -> None:
    assert seconds(ran(0, 0.1), ran(900, 0.1)) == 2
    assert seconds(ran(0, 0.1, speed=120), ran(900, 0.1, speed=120), speed=120) == 2
    assert seconds(ran(0, 0.1, speed=1), ran(900, 0.1, speed=1), speed=1) == 2


def test_on_a_stepped_clock_what_runs_at_one_moment_is_laid_end_to_end() -> None:
    assert seconds(*[ran(0, 0.4) for _ in range(5)]) == 2


def test_on_a_stepped_clock_an_invocation_is_as_long_as_the_time_that_passes_in_it() -> None:
    script = ran(0, 3) | {"ended": (START + timedelta(minutes=40)).isoformat()}
    assert seconds(script, ran(60, 2)) == 2400


def test_the_hosts_own_pauses_on_a_fast_clock_are_the_milliseconds_that_they_were() -> None:
    """Eight functions of 0.1 s with 0.03 s between them: 3.6 virtual seconds each, and no timer."""
    chain = [ran(number * (0.1 + 0.03) * 120, 0.1, speed=120) for number in range(8)]
    assert seconds(*chain, speed=120) == 1.1
    assert len(active_periods(chain, speed=120)) == 1


def test_what_overlaps_on_a_running_clock_is_billed_once() -> None:
    assert seconds(ran(0, 2, speed=60), ran(30, 0.2, speed=60), ran(60, 2, speed=60), speed=60) == 3


def test_what_begins_within_the_second_that_is_billed_anyway_extends_it() -> None:
    assert seconds(ran(0, 0.2, speed=1), ran(0.9, 0.4, speed=1), speed=1) == 1.3
    assert seconds(ran(0, 0.2, speed=1), ran(1.1, 0.4, speed=1), speed=1) == 2


def test_the_order_of_the_record_does_not_matter() -> None:
    assert seconds(ran(900, 0.1), ran(0, 2)) == 3


def test_whoever_watches_is_not_on_the_deployments_bill() -> None:
    looks = [ran(at, 0.1, function="get_deployment") for at in range(0, 900, 10)]
    assert seconds(ran(0, 0.1), *looks) == 1


def test_no_durable_timer_is_shorter_than_what_is_taken_for_one() -> None:
    backoffs = [value for value in vars(policies).values() if isinstance(value, policies.Backoff)]
    assert min(backoff.first for backoff in backoffs) == SHORTEST_TIMER
