"""Schedules of timer triggers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local.host.ncrontab import Schedule, ScheduleError

NOON = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)  # a Tuesday


@pytest.mark.parametrize(
    ("expression", "following"),
    [
        ("*/15 * * * * *", datetime(2030, 1, 1, 12, 0, 15, tzinfo=UTC)),
        ("0 */5 * * * *", datetime(2030, 1, 1, 12, 5, tzinfo=UTC)),
        ("*/5 * * * *", datetime(2030, 1, 1, 12, 5, tzinfo=UTC)),
        ("0 0 * * * *", datetime(2030, 1, 1, 13, 0, tzinfo=UTC)),
        ("0 30 9-11,14 * * *", datetime(2030, 1, 1, 14, 30, tzinfo=UTC)),
        ("0 30 9 * * Mon-Fri", datetime(2030, 1, 2, 9, 30, tzinfo=UTC)),
        ("0 0 0 * * 7", datetime(2030, 1, 6, tzinfo=UTC)),
        ("0 0 0 13 * fri", datetime(2030, 9, 13, tzinfo=UTC)),
        ("0 0 0 1 March *", datetime(2030, 3, 1, tzinfo=UTC)),
        ("0 10/20 12 * * *", datetime(2030, 1, 1, 12, 10, tzinfo=UTC)),
        ("0 0 0 29 2 *", datetime(2032, 2, 29, tzinfo=UTC)),
    ],
)
def test_the_next_moment_is_the_first_that_matches(expression: str, following: datetime) -> None:
    assert Schedule(expression).after(NOON) == following


@pytest.mark.parametrize(
    "expression", ["", "* * *", "60 * * * * *", "0 0 0 0 * *", "0 0 0 * * x", "*/0 * * * * *", "0 5-1 * * * *"]
)
def test_a_schedule_that_makes_no_sense_is_refused(expression: str) -> None:
    with pytest.raises(ScheduleError):
        Schedule(expression)


def test_a_schedule_that_never_comes_due_says_so() -> None:
    with pytest.raises(ScheduleError, match="never comes due"):
        Schedule("0 0 0 31 2 *").after(NOON)
