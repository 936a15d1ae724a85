"""Functions of any kind that leave by `sys.exit`, or never end: their call fails, is told of, and no other does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.host.settings import HostSettings
from local.waiting import until
from tests.local.host.driver import Driver, OpenHost

# Real time: a function that ends by itself may need more of it on a busy machine, and is then called again.
LIMITED = HostSettings(function_timeout=timedelta(seconds=0.3))
TIMEOUT = "Timeout value of 00:00:00 was exceeded by function: Functions."
EVENT = {
    "topic": "/t", "subject": "s", "eventTime": "2030-01-01T12:00:00Z", "dataVersion": "1", "id": "e",
    "eventType": "Made.Up", "data": {},
}  # fmt: skip


@pytest.fixture
def stuck(open_host: OpenHost, request: pytest.FixtureRequest) -> Iterator[Driver]:
    """The app whose functions end as they are told to, under a limit of their own where a test has one."""
    driver = open_host("stuck", getattr(request, "param", None))
    driver.app().how.clear()
    yield driver
    driver.app().gate.set()


LIMIT = pytest.mark.parametrize("stuck", [LIMITED], indirect=True, ids=["limit"])


def get(path: str) -> Callable[[Driver], Any]:
    """What a request is answered with."""
    return lambda driver: driver.http.get(f"/api/{path}").status_code


def run(name: str, payload: Any = None) -> Callable[[Driver], Any]:
    """How an orchestration ends."""
    return lambda driver: driver.run(name, payload)["output"]


def deliver(driver: Driver) -> int:
    """What an event is answered with."""
    headers = {"aeg-event-type": "Notification"}
    path = "/runtime/webhooks/eventgrid?functionName=on_event"
    return driver.http.post(path, json=[EVENT], headers=headers).status_code


def run_timer(driver: Driver) -> str:
    """How a run of the timer function is recorded."""
    before = len(driver.invocations(function="nightly"))
    driver.http.post("/admin/functions/nightly", json={})
    assert driver.host.invocations.wait_for("nightly", before + 1)
    return str(driver.invocations(function="nightly")[-1]["outcome"])


CALLS: dict[str, Callable[[Driver], Any]] = {
    "request": get("request"),
    "request_on_the_loop": get("request-loop"),
    "work": run("calls", "work"),
    "work_on_the_loop": run("calls", "work_on_the_loop"),
    "thing": run("asks"),
    "on_event": deliver,
    "nightly": run_timer,
    "turn": run("turn"),
}
WELL = {"request": 200, "request_on_the_loop": 200, "on_event": 202, "nightly": "succeeded"}
ILL = {"request": 500, "request_on_the_loop": 500, "on_event": 500, "nightly": "failed"}
FIRST_TURN = "Orchestrator function 'turn' failed: One or more errors occurred. ({})"


@pytest.mark.parametrize(
    ("stuck", "how", "reason", "turn", "told"),
    [
        (None, "exits", "python exited with code 3 (0x3)", FIRST_TURN, "{reason}, and took along: {name}"),
        (None, "is interrupted", "python exited with code 130 (0x82)", FIRST_TURN, "{reason}, and took along: {name}"),
        # Such a turn is taken again.
        (LIMITED, "loops", TIMEOUT, "ended", "{reason}{name}"),
    ],
    indirect=["stuck"],
    ids=["exits", "is interrupted", "loops"],
)
def test_a_call_that_does_not_end_by_itself_fails_whatever_its_kind(
    stuck: Driver, tmp_path: Path, how: str, reason: str, turn: str, told: str
) -> None:
    expected = {**ILL, "turn": turn.format(reason)}
    for name, call in CALLS.items():
        stuck.app().how.append(how)
        answer = call(stuck)
        if name in expected:
            assert answer == expected[name]
        else:
            assert reason in answer
        assert told.format(reason=reason, name=name) in (tmp_path / "data" / "host.log").read_text()
        assert until(lambda: not stuck.app().spinning)
    for name in CALLS:
        goes_well(stuck, name)


def goes_well(driver: Driver, name: str) -> None:
    """The function ends by itself when it is called again."""
    assert until(lambda: CALLS[name](driver) == WELL.get(name, "ended"))


@LIMIT
@pytest.mark.parametrize("name", ["request_on_the_loop", "work_on_the_loop"])
def test_a_function_that_holds_the_loop_takes_along_no_later_one(stuck: Driver, name: str) -> None:
    stuck.app().how.append("blocks")
    assert CALLS[name](stuck) != WELL.get(name, "ended")
    goes_well(stuck, name)
    goes_well(stuck, "request_on_the_loop")


@LIMIT
def test_what_is_left_of_a_worker_does_not_run_on_for_ever(stuck: Driver) -> None:
    stuck.app().how.extend(["loops", "loops"])
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: get("request")(stuck), range(2))) == [500, 500]
    assert until(lambda: not stuck.app().spinning)


@pytest.mark.parametrize("how", ["is cancelled", "cannot be told"])
def test_whatever_a_function_raises_is_the_end_of_its_call(stuck: Driver, how: str) -> None:
    told = ("CancelledError", "Could not serialize original exception", "and neither has this")
    for name, call in CALLS.items():
        stuck.app().how.append(how)
        answer = call(stuck)
        # What turns and entities raise the SDK tells, or fails to.
        assert answer == ILL[name] if name in ILL else any(text in answer for text in told)
    assert stuck.host.wait_idle()
