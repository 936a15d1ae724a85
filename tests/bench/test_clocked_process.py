"""A script of its own process that shares the clock of the local Azure."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bench.harness.clocked_sleep import ClockedProcess
from local.clock import Clock
from local.waiting import until


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
    kept, began = clock.hold("the test"), clock.now()
    rung: list[tuple[timedelta, list[float]]] = []

    def let_go() -> None:
        until(lambda: "tests.bench.sleeper" in clock.held_by())
        kept.release()

    with ClockedProcess(clock) as process:
        clock.alarm(began + timedelta(seconds=10), lambda: rung.append((clock.now() - began, [*process.slept])))
        threading.Thread(target=let_go).start()
        process.run("tests.bench.sleeper", "10.5")

    assert rung == [(timedelta(seconds=10), [10.5])]


def test_a_script_that_fails_is_reported_with_what_it_wrote(clock: Clock) -> None:
    with (
        ClockedProcess(clock) as process,
        pytest.raises(RuntimeError, match="could not convert string to float: 'soon'"),
    ):
        process.run("tests.bench.sleeper", "soon")
