"""Events on their way to a subscriber."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

import pytest

from local.clock import Clock
from local.cloud.arm.errors import ArmError
from local.cloud.eventgrid import EventFilter, EventGrid, HandshakeFailed
from local.waiting import PATIENCE

TOPIC = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/slipway-local"
    "/providers/Microsoft.MachineLearningServices/workspaces/slipway-workspace"
)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
PassTime = Callable[[timedelta], None]


class Subscriber(Protocol):
    url: str
    statuses: list[int]
    handshake: Any
    handshake_status: int
    allowed_origin: str
    block: threading.Event | None
    received: list[Any]
    events: list[Any]
    delays: list[timedelta]


def register(grid: EventGrid, version: str | int = "3") -> None:
    grid.model_registered(TOPIC, "credit-risk", version, {"area": "risk"}, {"type": "test"})


def test_delivered_in_the_documented_schema(grid: EventGrid, subscriber: Subscriber, pass_time: PassTime) -> None:
    grid.subscribe("slipway", subscriber.url)
    register(grid)
    pass_time(SECOND)

    (received,) = subscriber.events
    (event,) = received.body
    assert len(event.pop("id")) == 36
    assert event == {
        "topic": TOPIC,
        "subject": "models/credit-risk:3",
        "eventType": "Microsoft.MachineLearningServices.ModelRegistered",
        "eventTime": "2026-01-05T08:00:00.0000000Z",
        "data": {
            "ModelName": "credit-risk",
            "ModelVersion": "3",
            "ModelTags": {"area": "risk"},
            "ModelProperties": {"type": "test"},
        },
        "dataVersion": "",
        "metadataVersion": "1",
    }
    assert received.headers["aeg-subscription-name"] == "slipway"
    assert received.headers["aeg-delivery-count"] == "0"
    assert received.headers["content-type"].startswith("application/json")


def test_versions_are_passed_on_as_they_were_given(
    grid: EventGrid, subscriber: Subscriber, pass_time: PassTime
) -> None:
    grid.subscribe("slipway", subscriber.url)
    register(grid, 20)
    pass_time(SECOND)

    (event,) = subscriber.events[0].body
    assert (event["data"]["ModelVersion"], event["subject"]) == (20, "models/credit-risk:20")


def test_delivered_as_a_cloud_event(grid: EventGrid, subscriber: Subscriber, pass_time: PassTime) -> None:
    grid.subscribe("slipway", subscriber.url, schema="CloudEventSchemaV1_0")
    register(grid)
    pass_time(SECOND)

    handshake, received = subscriber.received
    assert (handshake.method, handshake.headers["webhook-request-origin"]) == ("OPTIONS", "eventgrid.azure.net")
    assert set(received.body) == {"source", "subject", "type", "time", "id", "data", "specversion"}
    assert (received.body["source"], received.body["specversion"]) == (TOPIC, "1.0")
    assert received.headers["content-type"].startswith("application/cloudevents+json")


@pytest.mark.parametrize(
    ("status", "answer"), [(200, {"validationResponse": "guess"}), (200, ["x"]), (202, None), (404, None)]
)
def test_no_subscription_without_a_correct_handshake(
    grid: EventGrid, subscriber: Subscriber, pass_time: PassTime, status: int, answer: Any
) -> None:
    subscriber.handshake_status, subscriber.handshake = status, answer

    with pytest.raises(HandshakeFailed) as failed:
        grid.subscribe("slipway", subscriber.url)
    register(grid)
    pass_time(SECOND)

    assert "secret" not in str(failed.value)
    assert subscriber.events == []


def test_no_cloud_events_for_an_origin_that_is_not_allowed(grid: EventGrid, subscriber: Subscriber) -> None:
    subscriber.allowed_origin = "somebody.example"

    with pytest.raises(HandshakeFailed, match="WebHook-Allowed-Origin"):
        grid.subscribe("slipway", subscriber.url, schema="CloudEventSchemaV1_0")


@pytest.mark.parametrize("url", ["https://example.com/hook", "http://10.0.0.1/hook", "ftp://127.0.0.1/x", "nonsense"])
def test_nothing_leaves_this_machine(grid: EventGrid, url: str) -> None:
    with pytest.raises(ArmError) as refused:
        grid.subscribe("slipway", url)

    assert refused.value.code == "DestinationNotAllowedLocally"


def test_retried_on_the_documented_schedule(grid: EventGrid, subscriber: Subscriber, pass_time: PassTime) -> None:
    subscriber.statuses[:] = [500] * 6 + [200]
    grid.subscribe("slipway", subscriber.url)
    register(grid)
    pass_time(DAY)

    assert [delay.total_seconds() for delay in subscriber.delays] == [10, 30, 60, 300, 600, 1800]
    assert [one.headers["aeg-delivery-count"] for one in subscriber.events] == [str(n) for n in range(7)]
    assert len({one.body[0]["id"] for one in subscriber.events}) == 1
    assert [record.outcome for record in grid.deliveries()] == ["retrying"] * 6 + ["delivered"]


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_some_refusals_are_final(grid: EventGrid, subscriber: Subscriber, pass_time: PassTime, status: int) -> None:
    subscriber.statuses[:] = [status]
    grid.subscribe("slipway", subscriber.url)
    register(grid)
    pass_time(DAY)

    (record,) = grid.deliveries()
    assert (record.status, record.outcome, record.attempt) == (status, "dropped", 1)


@pytest.mark.parametrize(("status", "least"), [(404, 300), (408, 120), (503, 30), (429, 10)])
def test_some_refusals_wait_longer(
    grid: EventGrid, subscriber: Subscriber, pass_time: PassTime, status: int, least: int
) -> None:
    subscriber.statuses[:] = [status, 200]
    grid.subscribe("slipway", subscriber.url)
    register(grid)
    pass_time(DAY)

    assert subscriber.delays == [timedelta(seconds=least)]


def test_given_up_within_a_day(grid: EventGrid, subscriber: Subscriber, pass_time: PassTime) -> None:
    subscriber.statuses[:] = [500]
    grid.subscribe("slipway", subscriber.url)
    register(grid)
    pass_time(3 * DAY)

    last = grid.deliveries()[-1]
    assert (last.outcome, last.reason) == ("dropped", "TimeToLiveExceeded")
    assert subscriber.events[-1].at - subscriber.events[0].at <= DAY


def test_an_endpoint_that_is_away_is_tried_again(grid: EventGrid, subscriber: Subscriber, pass_time: PassTime) -> None:
    subscription = grid.subscribe("slipway", subscriber.url)
    home, subscription.endpoint_url = subscriber.url, "http://127.0.0.1:1/"
    register(grid)
    pass_time(SECOND)
    subscription.endpoint_url = home
    pass_time(MINUTE)

    assert [(one.status, one.outcome) for one in grid.deliveries()] == [(None, "retrying"), (200, "delivered")]


def test_an_answer_that_comes_too_late_is_none(grid: EventGrid, subscriber: Subscriber, pass_time: PassTime) -> None:
    grid.subscribe("slipway", subscriber.url)
    subscriber.block = threading.Event()
    usual, grid.webhooks.patience = grid.webhooks.patience, timedelta(seconds=0.5)
    register(grid)
    pass_time(SECOND)
    subscriber.block.set()
    grid.webhooks.patience = usual
    pass_time(MINUTE)

    assert [one.status for one in grid.deliveries()] == [None, 200]
    assert len(subscriber.events) == 2


def test_time_stands_still_during_a_delivery(
    grid: EventGrid, subscriber: Subscriber, passing: Callable[[timedelta], threading.Event]
) -> None:
    grid.subscribe("slipway", subscriber.url)
    subscriber.block = threading.Event()
    register(grid)
    reached = passing(MINUTE)

    assert not reached.wait(0.1)
    subscriber.block.set()
    assert reached.wait(PATIENCE)


def test_duplicates_and_disorder_on_request(grid: EventGrid, subscriber: Subscriber, pass_time: PassTime) -> None:
    grid.deliver_times = 2
    grid.shuffle(3)
    grid.subscribe("slipway", subscriber.url)
    for version in range(5):
        register(grid, version)
    pass_time(2 * MINUTE)

    versions = [one.body[0]["data"]["ModelVersion"] for one in subscriber.events]
    assert sorted(versions) == sorted([*range(5), *range(5)])
    assert versions != sorted(versions)
    assert len({one.body[0]["id"] for one in subscriber.events}) == 5


def test_only_what_a_filter_lets_through(grid: EventGrid, subscriber: Subscriber, pass_time: PassTime) -> None:
    grid.subscribe("slipway", subscriber.url, EventFilter(subject_begins_with="models/credit-risk"))
    grid.model_registered(TOPIC, "churn", "1")
    register(grid)
    grid.publish(TOPIC, {"subject": "models/credit-risk:9", "eventType": "Other", "data": {}})
    pass_time(SECOND)

    assert sorted(one.body[0]["subject"] for one in subscriber.events) == [
        "models/credit-risk:3",
        "models/credit-risk:9",
    ]


def test_only_events_of_the_topic(grid: EventGrid, subscriber: Subscriber, pass_time: PassTime) -> None:
    grid.subscribe("slipway", subscriber.url, topic=TOPIC.upper())
    register(grid)
    grid.publish(f"{TOPIC}2", {"subject": "x", "eventType": "Other", "data": {}})
    pass_time(SECOND)

    assert [one.body[0]["topic"] for one in subscriber.events] == [TOPIC]


def test_what_is_not_an_event_is_not_published(grid: EventGrid) -> None:
    with pytest.raises(ValueError, match="subject"):
        grid.publish(TOPIC, {"eventType": "x", "data": {}})


def test_a_removed_subscription_gets_no_more_retries(
    grid: EventGrid, subscriber: Subscriber, pass_time: PassTime
) -> None:
    subscriber.statuses[:] = [500]
    subscription = grid.subscribe("slipway", subscriber.url)
    register(grid)
    pass_time(SECOND)
    grid.remove(subscription.key)
    pass_time(DAY)

    assert len(subscriber.events) == 1


def test_reset_forgets_what_was_to_be_delivered(grid: EventGrid, subscriber: Subscriber, pass_time: PassTime) -> None:
    subscriber.statuses[:] = [500]
    grid.subscribe("slipway", subscriber.url)
    register(grid)
    pass_time(SECOND)
    grid.reset()
    register(grid)
    pass_time(DAY)

    assert len(subscriber.events) == 1
    assert grid.deliveries() == []


def test_close_leaves_no_thread_behind(clock: Clock, subscriber: Subscriber, pass_time: PassTime) -> None:
    before = set(threading.enumerate())
    grid = EventGrid(clock)
    subscriber.statuses[:] = [500]
    grid.subscribe("slipway", subscriber.url)
    register(grid)
    pass_time(SECOND)
    grid.close()

    ours = {thread for thread in set(threading.enumerate()) - before if "local-azure" in thread.name}
    assert ours == set()
