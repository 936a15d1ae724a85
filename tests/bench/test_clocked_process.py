"""A script of its own process that shares the clock of the local Azure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bench.harness.clocked_sleep import ClockedProcess
from local.clock import Clock


@pytest.fixture
def clock() -> Iterator[Clock]:
    stepped = Clock(stepped=True)
    yield stepped
    stepped.close()


def test_sleeping_takes_virtual_time_only(clock: Clock) -> None:
    began = clock.now()

    with ClockedProcess(clock) as process:
        process.run("tests.bench.sleeper", "900", "30")

    assert clock.now() - began == timedelta(seconds=930)


def test_time_stands_still_while_the_script_is_awake(clock: Clock) -> None:
    began, rung = clock.now(), []
    clock.alarm(began + timedelta(seconds=10), lambda: rung.append(clock.now()))

    with ClockedProcess(clock) as process:
        process.run("tests.bench.sleeper")

        assert rung == []
        process.run("tests.bench.sleeper", "10.5")

    assert rung == [began + timedelta(seconds=10)]


def test_a_script_that_fails_is_reported_with_what_it_wrote(clock: Clock) -> None:
    with (
        ClockedProcess(clock) as process,
        pytest.raises(RuntimeError, match="could not convert string to float: 'soon'"),
    ):
        process.run("tests.bench.sleeper", "soon")
