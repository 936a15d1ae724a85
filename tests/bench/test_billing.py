"""What Azure would bill for a record of invocations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.harness.billing import active_periods, billed_seconds, rounded_ms

START = datetime(2026, 1, 1, tzinfo=UTC)


def invocation(second: int, milliseconds: float) -> dict[str, Any]:
    """One that ran for so long while the virtual clock stood still."""
    moment = (START + timedelta(seconds=second)).isoformat()
    return {"started": moment, "ended": moment, "duration_ms": milliseconds}


@pytest.mark.parametrize(("running", "billed"), [(1, 1000), (1000, 1000), (1001, 1100), (1100, 1100), (2345.6, 2400)])
def test_an_active_period_is_billed_for_at_least_a_second_and_in_steps_of_100_ms(running: float, billed: int) -> None:
    assert rounded_ms(running) == billed


def test_functions_that_follow_each_other_at_one_moment_are_one_active_period() -> None:
    record = [invocation(0, 600), invocation(0, 700), invocation(60, 5)]

    assert active_periods(record) == 2
    assert billed_seconds(record) == pytest.approx(1.3 + 1.0)


def test_a_function_that_waits_is_billed_for_the_time_it_waits() -> None:
    waiting = {**invocation(0, 50), "ended": (START + timedelta(seconds=900)).isoformat()}

    assert billed_seconds([waiting]) == pytest.approx(900)


def test_slower_calls_lengthen_only_the_periods_they_are_made_in() -> None:
    record = [invocation(0, 100), invocation(60, 100)]

    assert billed_seconds(record, calls=[START, START, START], call_ms=500) == pytest.approx(1.6 + 1.0)
