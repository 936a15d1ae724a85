"""What Kubernetes does with a container that serves: on a stepped clock, without a container."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from local.clock import Clock
from local.cloud.serving.spec import LIVENESS, READINESS, Probe
from local.cloud.serving.upkeep import Upkeep
from local.waiting import until

START = datetime(2030, 1, 1, tzinfo=UTC)
LIVE = Probe(period=timedelta(seconds=10), failure_threshold=3, path="/live")
READY = Probe(period=timedelta(seconds=5), failure_threshold=2, success_threshold=2, path="/ready")
UP_AGAIN = timedelta(seconds=40)


class Container:
    """Answers its probes as it is told, and notes when it is asked and started; times are seconds after `START`."""

    def __init__(self) -> None:
        self.clock = Clock(start=START, stepped=True)
        self.answers: dict[str, list[int | None]] = {"/live": [], "/ready": []}
        self.asked: list[tuple[str, float]] = []
        self.end: str | None = None
        self.comes_up = [True]
        self.started: list[float] = []
        self.said: list[str] = []
        self.upkeep = Upkeep(
            self.clock,
            {LIVENESS: LIVE, READINESS: READY},
            ask=self._ask,
            ended=lambda: self.end,
            start_again=self._start_again,
            say=self.said.append,
        )

    def seconds(self) -> float:
        return (self.clock.now() - START).total_seconds()

    def _ask(self, probe: Probe) -> int | None:
        self.asked.append((probe.path, self.seconds()))
        left = self.answers[probe.path]
        return left.pop(0) if left else 200

    def _start_again(self) -> timedelta | None:
        self.started.append(self.seconds())
        self.end = None
        comes_up = self.comes_up.pop(0) if len(self.comes_up) > 1 else self.comes_up[0]
        return UP_AGAIN if comes_up else None

    def looked_at(self, done: Callable[[], bool]) -> None:
        """Have it looked at again and again, until something is so."""

        def looked() -> bool:
            self.upkeep.suspect()
            # What follows from it is over too: as long as it is seen to, it holds the clock.
            return done() and not self.clock.held_by()

        until(looked)


@pytest.fixture
def container() -> Iterator[Container]:
    made = Container()
    thread = threading.Thread(target=made.upkeep.run)
    thread.start()
    yield made
    made.upkeep.stop()
    thread.join()
    made.clock.close()


@contextmanager
def asked_once_more(container: Container) -> Iterator[None]:
    before = len(container.asked)
    yield
    container.looked_at(lambda: len(container.asked) > before)


def test_a_container_in_good_health_keeps_no_clock_going(container: Container) -> None:
    with asked_once_more(container):
        pass

    assert (container.seconds(), container.upkeep.told, container.said) == (0, "", [])


def test_one_that_lives_no_more_is_started_again_when_its_threshold_is_reached(container: Container) -> None:
    container.answers["/live"] = [500, None, 404]

    container.looked_at(lambda: container.upkeep.ready and bool(container.started))

    # Asked at 0, 10 and 20; ready when Azure would have it so.
    assert container.started == [20]
    assert container.seconds() == 20 + UP_AGAIN.total_seconds()
    assert container.upkeep.told == "1 restart, Liveness probe failed 3 times in a row"
    assert container.said == ["Liveness probe failed 3 times in a row: the container is started again"]


@pytest.mark.parametrize("answers", [[500], [500, 500], [500, 200, 500], [None, 200], [399]])
def test_less_than_the_threshold_is_nothing(container: Container, answers: list[int | None]) -> None:
    container.answers["/live"] = answers

    container.looked_at(lambda: not container.answers["/live"])
    with asked_once_more(container):
        pass

    assert (container.upkeep.ready, container.upkeep.told, container.started) == (True, "", [])


def test_one_that_is_not_ready_gets_no_requests_until_it_is(container: Container) -> None:
    container.answers["/ready"] = [503] * 3

    container.looked_at(lambda: not container.upkeep.ready)
    assert container.upkeep.told == "not ready, Readiness probe failed 2 times in a row"
    assert container.seconds() == 5

    container.looked_at(lambda: container.upkeep.ready)
    assert container.upkeep.told == ""
    # Twice well, five seconds apart.
    assert container.seconds() == 10
    assert container.started == []


def test_one_that_ends_is_started_again_and_has_to_wait_longer_each_time(container: Container) -> None:
    container.comes_up = [False, False, True]
    container.end = "the container has ended: exit code 137"

    container.looked_at(lambda: len(container.started) == 1)
    assert not container.upkeep.ready
    # Nobody else has the time go on.
    container.clock.advance(timedelta(seconds=9))
    container.upkeep.suspect()
    container.clock.advance(timedelta(seconds=1))
    container.looked_at(lambda: len(container.started) == 2)
    container.clock.advance(timedelta(seconds=20))
    container.looked_at(lambda: container.upkeep.ready)

    assert container.started == [0, 10, 30]
    assert container.upkeep.told == "3 restarts, the container has ended: exit code 137"


@pytest.mark.parametrize(("ran", "waits"), [(timedelta(minutes=9), 10), (timedelta(minutes=10), 0)])
def test_ten_good_minutes_are_a_new_beginning(container: Container, ran: timedelta, waits: int) -> None:
    container.end = "exit code 1"
    container.looked_at(lambda: container.upkeep.ready and bool(container.started))
    container.clock.advance(ran)
    ended = container.seconds()
    container.end = "exit code 1"
    container.looked_at(lambda: not container.upkeep.ready or len(container.started) == 2)
    container.clock.advance(timedelta(seconds=waits))

    container.looked_at(lambda: len(container.started) == 2)

    assert container.started[1] == ended + waits
