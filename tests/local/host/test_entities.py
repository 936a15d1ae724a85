"""Entities: what they hold, and who may ask them. Recorded with the real extension, unless a test says otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.host.worker_faults import Moment, WorkerFault
from tests.local.host.driver import DURABLE, Driver, OpenHost


@pytest.fixture
def counting(open_host: OpenHost) -> Iterator[Driver]:
    """The app with an entity that counts."""
    driver = open_host("counting")
    yield driver
    driver.app().release.set()


def signal(driver: Driver, key: str, operation: str, content: Any = None) -> None:
    """Signal the counter over HTTP with the content encoded twice, as the SDK's client does; wait until it is done."""
    body = json.dumps(json.dumps(content)) if content is not None else ""
    response = driver.http.post(f"{DURABLE}/entities/counter/{key}", params={"op": operation}, content=body)
    assert (response.status_code, response.content) == (202, b"")
    assert driver.host.wait_idle()


def state(driver: Driver, key: str, name: str = "counter") -> tuple[int, Any]:
    """What reading the entity answers."""
    response = driver.http.get(f"{DURABLE}/entities/{name}/{key}")
    return response.status_code, response.json() if response.content else None


def test_an_orchestration_signals_and_calls_an_entity_in_order(counting: Driver) -> None:
    done = counting.run("uses", "k", instance_id="one")
    assert done["output"] == [7, 7]
    history = counting.history("one")
    assert [event["EventType"] for event in history] == [12, 0, 14, 14, 13, 12, 15, 14, 13, 12, 15, 1, 13]
    requests = [json.loads(event["Input"]) for event in history if event["EventType"] == 14]
    assert [(request["op"], request["input"], request.get("signal")) for request in requests] == [
        ("add", '"5"', True),
        ("add", '"2"', None),
        ("get", '"null"', None),
    ]
    assert requests[0]["parent"] == "one"
    assert [event["EventId"] for event in history if event["EventType"] == 14] == [0, 1, 2]
    assert [event["InstanceId"] for event in history if event["EventType"] == 14] == ["@counter@k"] * 3
    answers = [event for event in history if event["EventType"] == 15]
    assert [answer["Name"] for answer in answers] == [request["id"] for request in requests[1:]]
    assert json.loads(answers[0]["Input"])["result"] == "7"
    assert state(counting, "k") == (200, 7)


def test_requests_that_wait_together_are_one_batch(counting: Driver) -> None:
    counting.run("uses", "k")
    assert [line["instance_id"] for line in counting.invocations(function="counter")] == ["@counter@k"] * 2


def test_an_entity_takes_one_batch_at_a_time(counting: Driver) -> None:
    with counting.host._clock.busy():
        path = f"{DURABLE}/entities/counter/k"
        counting.http.post(path, params={"op": "hold"})
        started = counting.start("uses", "k")
        counting.host.wait_for(started, "Running")
        assert counting.invocations(function="counter") == []
        counting.app().release.set()
    assert counting.host.wait_for(started)["output"] == [7, 7]


def test_an_error_of_an_entity_reaches_the_caller_and_leaves_the_state(counting: Driver) -> None:
    done = counting.run("fails", instance_id="one")
    assert done["output"] == ["entity exploded", 3]
    answers = [json.loads(event["Input"]) for event in counting.history("one") if event["EventType"] == 15]
    assert [answer.get("exceptionType") for answer in answers] == [None, "Error", None]


def test_an_entity_that_is_gone_reads_as_null_and_is_not_listed(counting: Driver) -> None:
    signal(counting, "k", "add", 4)
    assert state(counting, "k") == (200, 4)
    signal(counting, "k", "gone")
    assert state(counting, "k") == (200, None)
    assert counting.http.get(f"{DURABLE}/entities/counter").json() == []
    assert state(counting, "none") == (404, None)


def test_case_does_not_matter_in_an_entitys_name_but_in_its_key(counting: Driver) -> None:
    signal(counting, "k", "add", 4)
    assert state(counting, "k", "COUNTER") == (200, 4)
    assert state(counting, "K") == (404, None)


def test_a_signal_whose_content_is_encoded_once_fails_in_the_sdk_and_changes_nothing(counting: Driver) -> None:
    signal(counting, "k", "add", 1)
    assert counting.http.post(f"{DURABLE}/entities/counter/k?op=add", content=b"10").status_code == 202
    assert counting.host.wait_idle()
    assert state(counting, "k") == (200, 1)


def test_entities_are_listed_with_their_state_on_demand(counting: Driver) -> None:
    for key in ("b", "a", "c"):
        signal(counting, key, "add", 1)
    response = counting.http.get(f"{DURABLE}/entities", params={"fetchState": "true", "top": "2"})
    listed = [(found["entityId"], found["state"]) for found in response.json()]
    assert listed == [({"name": "counter", "key": key}, 1) for key in "ab"]
    token = {"x-ms-continuation-token": response.headers["x-ms-continuation-token"]}
    rest = counting.http.get(f"{DURABLE}/entities/Counter", headers=token)
    assert [(found["entityId"]["key"], found["state"]) for found in rest.json()] == [("c", None)]
    assert "x-ms-continuation-token" not in rest.headers


def test_an_entity_is_an_instance_that_always_runs(counting: Driver) -> None:
    counting.run("uses", "k", instance_id="one")
    response = counting.status("%40counter%40k")
    assert response.status_code == 202
    shown = response.json()
    assert (shown["name"], shown["runtimeStatus"]) == ("@counter@k", "Running")
    assert shown["customStatus"] == {"entityExists": True}
    assert shown["input"]["state"] == "7"
    assert list(shown["input"]["sorter"]["ReceivedFromInstance"]) == ["one"]
    assert counting.post("%40counter%40k", "terminate") == 400


def test_the_sdks_client_signals_and_reads(counting: Driver) -> None:
    assert counting.http.get("/api/entities/k/read").json() == [False, None]
    counting.http.get("/api/entities/k/add")
    assert counting.host.wait_idle()
    assert counting.http.get("/api/entities/k/read").json() == [True, 10]


def test_many_orchestrations_add_to_one_entity_and_none_is_lost(counting: Driver) -> None:
    started = [counting.start("adds") for _ in range(40)]
    answers = [counting.host.wait_for(instance)["output"] for instance in started]
    assert sorted(answers) == list(range(1, 41))


@pytest.mark.parametrize(("how", "signals"), [("ends", 1), ("raises", 1), ("goes on", 2)])
def test_signals_of_a_last_turn_are_sent(counting: Driver, how: str, signals: int) -> None:
    counting.run("signals_last", how)
    assert counting.host.wait_idle()
    assert state(counting, "last") == (200, signals)


def test_an_entity_names_those_that_asked_it_last_and_stays_small(counting: Driver) -> None:
    """Ours: on Azure there is one for each that asked within half an hour."""
    for number in range(25):
        counting.run("adds", instance_id=f"caller-{number:02}")
    heard = counting.status("%40counter%40shared").json()["input"]["sorter"]["ReceivedFromInstance"]
    assert list(heard) == [f"caller-{number:02}" for number in range(5, 25)]


def test_an_entity_is_purged_by_its_id_alone(counting: Driver) -> None:
    signal(counting, "k", "add", 4)
    since = {"createdTimeFrom": "2020-01-01T00:00:00Z"}
    assert counting.http.delete(f"{DURABLE}/instances", params=since).status_code == 404
    assert state(counting, "k") == (200, 4)
    purged = counting.http.delete(f"{DURABLE}/instances/%40counter%40k")
    assert purged.json() == {"instancesDeleted": 1}
    assert state(counting, "k") == (404, None)
    assert counting.http.delete(f"{DURABLE}/instances/%40counter%40k").status_code == 404
    signal(counting, "k", "add", 1)
    assert state(counting, "k") == (200, 1)


def test_requests_that_wait_while_an_entity_is_purged_are_done_all_the_same(counting: Driver) -> None:
    with counting.host._clock.busy():
        path = f"{DURABLE}/entities/counter/k"
        counting.http.post(path, params={"op": "hold"})
        started = counting.start("uses", "k")
        counting.host.wait_for(started, "Running")
        assert counting.http.delete(f"{DURABLE}/instances/%40counter%40k").json() == {"instancesDeleted": 1}
        counting.app().release.set()
    assert counting.host.wait_for(started)["output"] == [7, 7]


def test_two_entities_work_side_by_side(counting: Driver) -> None:
    assert counting.run("both_at_once")["output"] == [1, 1]


def test_an_entity_that_the_app_does_not_have_is_refused_by_name(counting: Driver) -> None:
    """Ours: on Azure the instance would hang, as with an unknown activity."""
    assert "'nobody' doesn't exist, is disabled, or is not an entity" in counting.run("unknown")["output"]
    refused = counting.http.post(f"{DURABLE}/entities/nobody/one?op=add")
    assert refused.status_code == 400
    assert "'counter'" in refused.json()["Message"]


def test_a_batch_whose_worker_dies_is_answered_with_the_error_and_the_state_stays(counting: Driver) -> None:
    """Believed, not recorded."""
    signal(counting, "shared", "add", 5)
    counting.host.worker_faults.add(WorkerFault(Moment.AFTER, kind="entity"))
    assert "exited with code 137" in counting.run("adds")["output"]
    assert state(counting, "shared") == (200, 5)
    assert counting.run("adds")["output"] == 6


def test_state_and_waiting_requests_survive_the_host(open_host: OpenHost) -> None:
    first = open_host("counting")
    signal(first, "k", "add", 5)
    first.http.post(f"{DURABLE}/entities/counter/k", params={"op": "hold"})
    started = first.start("uses", "k")
    first.host.wait_for(started, "Running")
    first.host.crash()
    first.app().release.set()
    second = open_host("counting")
    second.app().release.set()
    assert second.host.wait_for(started)["output"] == [12, 12]
    assert state(second, "k") == (200, 12)
