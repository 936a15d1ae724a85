"""The front door in front of a task hub that answers late, strangely, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import azure.functions as func
import pytest

from contracts.digests import digest
from orchestrations.runbooks import DEPLOY, REACT, RUNBOOKS
from tests.samples import request
from tests.unit.scripted_hub import ScriptedHub, document
from triggers import guard
from triggers.asking import starting
from triggers.guard import began_since
from triggers.listing import listing
from triggers.requests import judged
from triggers.showing import showing
from triggers.starting import start_once

KEY = "order-1"
ID = DEPLOY.prefix + digest(["key", KEY])
ONE = f"instances/{ID}"
START = f"orchestrators/{DEPLOY.name}/{ID}"
ADDRESS = "https://slipway.blob.core.windows.net/slipway-largemessages/dep-1/history-0A.json.gz"
DIGEST = digest(judged(request()))
[EXPIRE] = [one for one in RUNBOOKS if one.name == "expire"]
ALREADY = {"Message": "An Orchestration instance with the status Running already exists."}


@pytest.fixture
def hub() -> Iterator[ScriptedHub]:
    with ScriptedHub() as running:
        yield running


def post(hub: ScriptedHub, *, query: str = "", **parts: Any) -> func.HttpResponse:
    body = request() | parts
    url = f"/api/deployments{query}"
    return hub.call(starting(DEPLOY), "POST", url, body=body, headers={"Idempotency-Key": KEY})


def show(hub: ScriptedHub, instance_id: str = ID, *, query: str = "", **headers: str) -> func.HttpResponse:
    url = f"/api/deployments/{instance_id}{query}"
    return hub.call(showing(DEPLOY), "GET", url, route={"id": instance_id}, headers=headers)


def told(answer: func.HttpResponse) -> Any:
    return json.loads(answer.get_body())


def problem(answer: func.HttpResponse) -> str:
    return str(told(answer)["type"].removeprefix("urn:slipway:problem:"))


@pytest.mark.parametrize("after", [(404, b""), (200, None), (200, b""), (202, "text"), (500, b"<html>"), (503, b"")])
def test_a_run_that_is_not_told_right_after_its_start_was_accepted(hub: ScriptedHub, after: tuple[int, Any]) -> None:
    hub.answers("GET", ONE, status=404)
    hub.answers("GET", ONE, status=after[0], body=after[1])

    answer = post(hub)
    status = told(answer)

    assert (answer.status_code, answer.headers["Location"]) == (202, f"/api/deployments/{ID}")
    assert (status["id"], status["status"], status["endpoint"]) == (ID, "Pending", "credit-risk")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("order", [ADDRESS, None, {}, {"request": 5}, "[["])
def test_a_repeat_is_judged_by_what_the_custom_status_says_of_the_order(hub: ScriptedHub, order: Any) -> None:
    hub.instances[ID] = document(ID, input=order, customStatus={"endpoint": "credit-risk", "digest": DIGEST})

    same, other = post(hub), post(hub, traffic="none")

    assert (same.status_code, told(same)["id"], same.headers.get("Retry-After")) == (202, ID, None)
    assert (other.status_code, problem(other)) == (409, "key-reused")


@pytest.mark.parametrize(
    ("state", "again"), [("Pending", "5"), ("Running", "5"), ("Completed", None), ("Failed", None)]
)
@pytest.mark.parametrize("order", [ADDRESS, None, {"digest": ""}, {"request": {}}])
def test_a_repeat_that_cannot_be_judged_is_neither_taken_nor_a_conflict(
    hub: ScriptedHub, order: Any, state: str, again: str | None
) -> None:
    hub.instances[ID] = document(ID, runtimeStatus=state, input=order)

    answer = post(hub)

    assert (answer.status_code, problem(answer)) == (503, "key-not-comparable")
    assert answer.headers.get("Retry-After") == again
    assert ("same request again" if again else "new key") in told(answer)["detail"]


def test_the_guard_looks_at_every_page_and_past_what_it_cannot_read(hub: ScriptedHub) -> None:
    hub.page = 2
    died = "Non-Deterministic workflow detected: …"
    for number in range(5):
        order = ADDRESS if number == 1 else {"request": request(), "digest": DIGEST}
        hub.instances[f"dep-{number}"] = document(f"dep-{number}", runtimeStatus="Failed", input=order, output=died)
    hub.answers("GET", "instances/dep-3", status=503)

    async def look(req: func.HttpRequest, client: Any) -> func.HttpResponse:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(guard, "began_since", lambda now: now - timedelta(days=36500))
            await guard.guard(cast(func.TimerRequest, None), client)
        return func.HttpResponse()

    hub.call(look, "POST", "/")

    assert hub.started == ["dep-0", "dep-2", "dep-4"]


@pytest.mark.parametrize(("minute", "carried_on"), [(0, True), (5, True), (10, False), (55, False)])
def test_the_guard_looks_at_the_hour_for_what_began_weeks_ago(
    hub: ScriptedHub, monkeypatch: pytest.MonkeyPatch, minute: int, carried_on: bool
) -> None:
    """An endpoint that was to go after 30 days: its run waits for that day, and nobody else asks for it."""
    now = datetime(2026, 3, 1, 12, minute, tzinfo=UTC)
    expiry = {"endpoint": "north", "request": {"ttl": "P30D"}, "digest": DIGEST}
    dead: dict[str, Any] = {"runtimeStatus": "Failed", "output": "Non-Deterministic workflow detected: …"}
    began = f"{now - timedelta(days=30, hours=1):%Y-%m-%dT%H:%M:%SZ}"
    one = EXPIRE.prefix + DIGEST
    hub.instances[one] = document(one, began, name=EXPIRE.name, input=expiry, **dead)
    monkeypatch.setattr(guard, "began_since", lambda _: began_since(now))

    async def look(req: func.HttpRequest, client: Any) -> func.HttpResponse:
        await guard.guard(cast(func.TimerRequest, None), client)
        return func.HttpResponse()

    hub.call(look, "POST", "/")

    assert hub.started == ([one] if carried_on else [])


@pytest.mark.parametrize("order", [ADDRESS, None, {}])
def test_an_event_that_was_seen_is_recognised_by_its_id(hub: ScriptedHub, order: Any) -> None:
    instance_id = REACT.prefix + DIGEST
    hub.instances[instance_id] = document(instance_id, input=order)
    started: list[bool] = []

    async def deliver(req: func.HttpRequest, client: Any) -> func.HttpResponse:
        started.append(await start_once(client, REACT.name, instance_id, {"digest": DIGEST}))
        return func.HttpResponse()

    hub.call(deliver, "POST", "/")

    assert started == [False]


def test_a_race_is_lost_to_an_instance_that_is_not_told_yet(hub: ScriptedHub) -> None:
    hub.answers("POST", START, status=409, body=ALREADY)

    answer = post(hub)

    assert (answer.status_code, problem(answer), answer.headers["Retry-After"]) == (503, "key-not-comparable", "5")


def test_a_race_is_lost_to_the_same_request(hub: ScriptedHub) -> None:
    hub.answers("POST", START, status=409, body=ALREADY)
    hub.answers("GET", ONE, status=404)
    hub.answers("GET", ONE, body=document(ID, input={"digest": DIGEST}))

    assert post(hub).status_code == 202


@pytest.mark.parametrize(("status", "body"), [(500, {"ExceptionMessage": "no"}), (503, b""), (400, {})])
def test_a_hub_that_takes_no_order_is_told_by_name(hub: ScriptedHub, status: int, body: Any) -> None:
    hub.answers("POST", START, status=status, body=body)

    answer = post(hub)

    assert (answer.status_code, problem(answer), answer.headers["Retry-After"]) == (503, "task-hub-unavailable", "5")


def test_a_hub_that_does_not_answer_is_told_by_name(hub: ScriptedHub) -> None:
    hub.answers("GET", ONE, status=503)
    hub.answers("GET", "instances", status=503)

    asked = [post(hub), show(hub), hub.call(listing(DEPLOY), "GET", "/api/deployments")]

    assert [(one.status_code, problem(one)) for one in asked] == [(503, "task-hub-unavailable")] * 3


@pytest.mark.parametrize("order", [ADDRESS, None, {}, 5, {"request": 5}, '"\\ud800"'])
def test_what_cannot_be_read_is_listed_with_what_is_known_and_breaks_no_other(hub: ScriptedHub, order: Any) -> None:
    for number, what in enumerate([order, {"request": request()}, order]):
        moment = f"2026-01-01T00:00:0{number}Z"
        hub.instances[f"dep-{number}"] = document(f"dep-{number}", moment, runtimeStatus="Pending", input=what)

    listed = told(hub.call(listing(DEPLOY), "GET", "/api/deployments"))["deployments"]

    assert [(one["id"], one["endpoint"], one["created"]) for one in listed] == [
        ("dep-2", "", "2026-01-01T00:00:02Z"),
        ("dep-1", "credit-risk", "2026-01-01T00:00:01Z"),
        ("dep-0", "", "2026-01-01T00:00:00Z"),
    ]
    filtered = told(hub.call(listing(DEPLOY), "GET", "/api/deployments?endpoint=credit-risk"))["deployments"]
    assert [one["id"] for one in filtered] == ["dep-1"]
    for one in listed:
        assert told(show(hub, one["id"])) == one


def test_an_instance_whose_own_answer_is_broken_is_listed(hub: ScriptedHub) -> None:
    hub.instances = {name: document(name, runtimeStatus="Pending") for name in ("dep-1", "dep-2")}
    hub.answers("GET", "instances/dep-1", status=500, body=b"<html>")

    listed = told(hub.call(listing(DEPLOY), "GET", "/api/deployments"))["deployments"]

    assert [one["id"] for one in listed] == ["dep-1", "dep-2"]


def test_an_event_that_cannot_be_read_is_listed(hub: ScriptedHub) -> None:
    outcome = {"id": "event-1", "model": "m", "version": "1", "outcome": "received"}
    for number, order in enumerate([ADDRESS, {"outcome": outcome}, None]):
        moment = f"2026-01-01T00:00:0{number}Z"
        parts = {"name": REACT.name, "runtimeStatus": "Pending", "input": order}
        hub.instances[f"event-{number}"] = document(f"event-{number}", moment, **parts)

    listed = told(hub.call(listing(REACT), "GET", "/api/events"))["events"]

    assert [(one["id"], one["model"]) for one in listed] == [("event-2", ""), ("event-1", "m"), ("event-0", "")]
    assert "cannot be read" in listed[0]["reasons"][0]


def test_what_is_not_of_the_runbook_is_neither_listed_nor_shown(hub: ScriptedHub) -> None:
    hub.instances = {"dep-1": document("dep-1", name="another"), "dep-2": document("dep-2")}

    listed = told(hub.call(listing(DEPLOY), "GET", "/api/deployments"))["deployments"]

    assert [one["id"] for one in listed] == ["dep-2"]
    assert show(hub, "dep-1").status_code == 404


def test_a_state_is_filtered_by_the_hub(hub: ScriptedHub) -> None:
    for number, state in enumerate(["Running", "ContinuedAsNew", "Completed", "Failed"]):
        hub.instances[f"dep-{number}"] = document(f"dep-{number}", runtimeStatus=state)

    listed = told(hub.call(listing(DEPLOY), "GET", "/api/deployments?status=running"))["deployments"]

    assert [one["id"] for one in listed] == ["dep-0", "dep-1"]
    assert {query["runtimeStatus"] for query, _ in hub.asked} == {"Running,ContinuedAsNew"}


def test_a_status_has_an_etag_and_says_when_to_ask_again(hub: ScriptedHub) -> None:
    hub.instances[ID] = document(ID, runtimeStatus="Running")
    first = show(hub)
    etag = first.headers["ETag"]
    known = [show(hub, **{"If-None-Match": tags}) for tags in (etag, f'"other", W/{etag}', "*")]
    hub.instances[ID] = document(ID, runtimeStatus="Completed")
    changed = show(hub, **{"If-None-Match": etag})

    assert (first.status_code, int(first.headers["Retry-After"]) > 0) == (200, True)
    assert [(one.status_code, one.get_body(), one.headers["ETag"]) for one in known] == [(304, b"", etag)] * 3
    assert (changed.status_code, changed.headers.get("Retry-After")) == (200, None)
    assert changed.headers["ETag"] != etag


@pytest.mark.parametrize("query", ["?x=1", "?Limit=5&x=", "?taskHub=Other&code=k"])
def test_a_parameter_that_does_not_exist_is_refused_by_name(hub: ScriptedHub, query: str) -> None:
    hub.instances[ID] = document(ID)
    names = [part.partition("=")[0] for part in query[1:].split("&") if not part.startswith("code")]
    lists = [hub.call(listing(one), "GET", f"/api/{one.route}{query}") for one in (DEPLOY, REACT)]

    for answer in (*lists, post(hub, query=query), show(hub, query=query)):
        problems = told(answer)["problems"]
        assert answer.status_code == 422
        assert [(one["path"], one["code"]) for one in problems] == [(name, "unknown_parameter") for name in names]
    assert "endpoint, model, status, limit, after" in told(lists[0])["problems"][0]["message"]


def test_the_hosts_own_parameters_are_none_of_ours(hub: ScriptedHub) -> None:
    hub.instances[ID] = document(ID)

    assert show(hub, query="?code=k&clientId=default").status_code == 200
