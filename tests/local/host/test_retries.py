"""Calls with retries. The kinds, numbers and times of events were recorded with the real extension."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local.clock import Clock
from local.host.events import Kind
from local.host.ledger import Arrival
from local.host.numbering import numbered
from tests.local.host.driver import START, Driver, OpenHost


@pytest.fixture
def counting(open_host: OpenHost) -> Driver:
    """The app with calls that are tried again."""
    return open_host("counting")


def outline(driver: Driver, instance_id: str) -> list[tuple[int, int]]:
    """Type of each event with its number: that of the call that it schedules or ends."""
    shown = []
    for event in driver.history(instance_id):
        number = event.get("TaskScheduledId", event.get("TimerId", event["EventId"]))
        if number >= 0:
            shown.append((event["EventType"], number))
    return shown


def test_a_call_that_succeeds_at_its_third_attempt_waits_twice(counting: Driver, clock: Clock) -> None:
    done = counting.run("retries", {"attempts": 3, "names": ["a3"]}, instance_id="one")
    assert done["output"] == [[3, "plain"], "after"]
    assert clock.now() == START + timedelta(minutes=2)
    # The failed attempt and the plain call may end in the same turn or in two.
    first = [(4, 0), (4, 1)]
    assert outline(counting, "one")[:2] == first
    rest = [item for item in outline(counting, "one")[2:] if item != (5, 1)]
    assert rest == [(6, 0), (10, 2), (11, 2), (4, 3), (6, 3), (10, 4), (11, 4), (4, 5), (5, 5), (4, 6), (5, 6)]


def test_after_the_last_attempt_there_is_a_timer_due_at_once_and_then_the_error(counting: Driver, clock: Clock) -> None:
    done = counting.run("retries", {"attempts": 2, "names": ["a9"]}, instance_id="one")
    assert done["output"][0].startswith("Activity function 'fails_at_first' failed: ")
    assert done["output"][0].endswith("ValueError: attempt 2")
    assert clock.now() == START + timedelta(minutes=1)
    timers = [event["FireAt"] for event in counting.history("one") if event["EventType"] == 10]
    assert timers == ["2030-01-01T12:01:00.000000Z"] * 2


def test_one_attempt_is_one_call_and_one_timer(counting: Driver) -> None:
    counting.run("retries", {"attempts": 1, "names": ["a9"]}, instance_id="one")
    assert [kind for kind, _ in outline(counting, "one") if kind in {4, 10}] == [4, 4, 10, 4]


def test_calls_that_are_tried_again_side_by_side_keep_apart(counting: Driver) -> None:
    done = counting.run("retries", {"attempts": 3, "names": ["a3", "b2", "c1"]})
    assert done["output"] == [[3, 2, 1, "plain"], "after"]


def test_when_one_of_several_fails_for_good_the_others_are_seen_to_their_end(counting: Driver) -> None:
    done = counting.run("retries", {"attempts": 2, "names": ["a9", "b9", "c2"]}, instance_id="one")
    assert done["output"][0].startswith("Activity function 'fails_at_first' failed: ")
    assert done["output"][1] == "after"
    scheduled = [number for kind, number in outline(counting, "one") if kind in {4, 10}]
    assert sorted(scheduled) == list(range(len(scheduled)))


def test_a_sub_orchestration_is_tried_again_as_a_new_instance(counting: Driver) -> None:
    done = counting.run("retries_child", "a2", instance_id="one")
    assert done["output"] == 2
    created = [event for event in counting.history("one") if event["EventType"] == 7]
    execution = counting.history("one")[1]["OrchestrationInstance"]["ExecutionId"]
    assert [event["InstanceId"] for event in created] == [f"{execution}:0", f"{execution}:2"]


def test_waits_between_attempts_survive_the_host(open_host: OpenHost, clock: Clock) -> None:
    with clock.busy():
        first = open_host("counting")
        first.start("retries", {"attempts": 3, "names": ["a3", "b2"]}, instance_id="one")
        first.host.wait_for("one", "Running")
        first.host.crash()
        second = open_host("counting")
        second.app().attempts.update({"a3": 1, "b2": 1})
    assert second.host.wait_for("one")["runtimeStatus"] == "Completed"


RETRY = {
    "actionType": 1,
    "functionName": "a",
    "input": "1",
    "retryOptions": {"firstRetryIntervalInMilliseconds": 1000, "maxNumberOfAttempts": 2},
}
PLAIN: dict[str, Any] = {"actionType": 0, "functionName": "b", "input": "1"}


def test_without_retries_numbers_follow_the_list() -> None:
    wait = {"actionType": 6, "externalEventName": "go", "reason": "ExternalEvent"}
    actions = [{"actionType": 11, "compoundActions": [wait, PLAIN, {"actionType": 5, "fireAt": "x"}]}, PLAIN]
    assert [(number, action["actionType"]) for number, action in numbered(actions, [], START).calls] == [
        (0, 0),
        (1, 5),
        (2, 0),
    ]


@pytest.mark.parametrize(
    ("arrivals", "numbers"),
    [
        # The SDK goes on as soon as one has failed, before it looks at what failed later in the same turn.
        ([(Kind.TASK_FAILED, 1), (Kind.TASK_FAILED, 0)], [(0, 0), (1, 0), (2, 0), (3, 5)]),
        ([(Kind.TASK_FAILED, 0), (Kind.TASK_FAILED, 1)], [(0, 0), (1, 0), (2, 5), (3, 0)]),
        ([(Kind.TASK_FAILED, 0), (Kind.TIMER_FIRED, 2)], [(0, 0), (1, 0), (2, 5), (3, 0), (4, 0)]),
    ],
)
def test_retries_take_their_numbers_in_the_order_of_what_ends(
    arrivals: list[tuple[Kind, int]], numbers: list[tuple[int, int]]
) -> None:
    actions = [{"actionType": 12, "compoundActions": [{"actionType": 12, "compoundActions": [RETRY]}, PLAIN]}, PLAIN]
    found = numbered(actions, [Arrival(*arrival) for arrival in arrivals], START).calls
    assert [(number, action["actionType"]) for number, action in found] == numbers


@pytest.mark.parametrize("early", [True, False])
def test_an_event_may_come_before_or_after_its_wait(early: bool) -> None:
    wait = {"actionType": 6, "externalEventName": "go", "reason": "ExternalEvent"}
    event, failure = Arrival(Kind.EVENT_RAISED, "go"), Arrival(Kind.TASK_FAILED, 0)
    actions = [{"actionType": 11, "compoundActions": [RETRY, wait]}, PLAIN]
    found = numbered(actions, [event, failure] if early else [failure, event], START).calls
    assert [action["actionType"] for _, action in found] == ([0, 0, 5] if early else [0, 5, 0])


def test_events_that_come_after_continue_as_new_belong_to_the_next_generation() -> None:
    wait = {"actionType": 6, "externalEventName": "go", "reason": "ExternalEvent"}
    events = [Arrival(Kind.EVENT_RAISED, "go"), Arrival(Kind.EVENT_RAISED, "go")]
    found = numbered([wait, {"actionType": 4, "input": "1"}], events, START)
    assert (found.next_input, found.events_after) == ('"1"', 1)
