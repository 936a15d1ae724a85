"""Lists of more instances than the task hub gives at once, with all that may be in a task hub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from contracts.status import Progress
from local.stack import LocalStack
from tests import samples
from tests.full_hub import deployment, event, write

ADDRESS = "https://slipway.blob.core.windows.net/slipway-largemessages/dep-1/history-0A.json.gz"


@pytest.fixture
def stack(tmp_path: Any) -> Iterator[LocalStack]:
    with LocalStack(tmp_path) as started:
        yield started


def following(http: httpx.Client, path: str | None) -> Iterator[list[dict[str, Any]]]:
    """Every page, as a caller who follows `next` sees it."""
    while path:
        page = http.get(path).raise_for_status().json()
        yield page.get("deployments", page.get("events"))
        path = page.get("next")


@pytest.mark.parametrize("count", [121, 250])
def test_every_deployment_is_listed_once_newest_first(stack: LocalStack, count: int) -> None:
    rows = [deployment(number) for number in range(count)]
    write(stack.data / "host", rows)

    with stack.http as http:
        pages = list(following(http, "/api/deployments?limit=30"))

    assert [one["id"] for page in pages for one in page] == [row.id for row in reversed(rows)]
    assert [len(page) for page in pages[:-1]] == [30] * (count // 30)


def test_pages_stay_right_while_new_ones_arrive_and_old_ones_go(stack: LocalStack) -> None:
    rows = [deployment(number) for number in range(150)]
    write(stack.data / "host", rows[:140])
    seen = []

    with stack.http as http:
        for number, page in enumerate(following(http, "/api/deployments?limit=40")):
            seen += [one["id"] for one in page]
            write(stack.data / "host", rows[140 + number : 141 + number])
            hub = f"/runtime/webhooks/durabletask/instances/{page[-1]['id']}"
            http.delete(hub, params={"code": stack.host.keys.durabletask_extension}).raise_for_status()

    assert seen == [row.id for row in reversed(rows[:140])]


def test_a_list_goes_on_after_any_instance_that_there_is(stack: LocalStack) -> None:
    rows = [deployment(number) for number in range(250)]
    write(stack.data / "host", rows)

    with stack.http as http:
        page = http.get("/api/deployments", params={"after": rows[100].id, "limit": 5}).json()["deployments"]

    assert [one["id"] for one in page] == [row.id for row in rows[99:94:-1]]


@pytest.mark.parametrize("wanted", [{"endpoint": "rare"}, {"status": "Failed"}, {"status": "failed", "model": "m"}])
def test_filters_find_what_is_far_back(stack: LocalStack, wanted: dict[str, str]) -> None:
    told = json.dumps({"endpoint": "rare", "deployment": "d", "model": "m:1"})
    rare = [deployment(number, status="Failed", custom_status=told) for number in (3, 120, 260)]
    write(stack.data / "host", [*(deployment(number) for number in range(300)), *rare])

    with stack.http as http:
        found = http.get("/api/deployments", params=wanted).json()

    assert [one["id"] for one in found["deployments"]] == [row.id for row in reversed(rare)]
    assert "next" not in found


def test_events_are_paged_like_deployments(stack: LocalStack) -> None:
    rows = [event(number, model="a" if number % 2 else "b") for number in range(150)]
    write(stack.data / "host", rows)

    with stack.http as http:
        every = [one["id"] for page in following(http, "/api/events?limit=60") for one in page]
        some = [one["version"] for page in following(http, "/api/events?limit=60&model=a") for one in page]

    assert every == [row.id for row in reversed(rows)]
    assert some == [str(number) for number in range(149, 0, -2)]


@pytest.mark.parametrize("order", ["null", json.dumps(ADDRESS), '"text"', "{}", '{"request": {"endpoint": 5}}', None])
def test_a_foreign_instance_breaks_no_list(stack: LocalStack, order: str | None) -> None:
    strange = [
        deployment(1, input=order, custom_status=None),
        deployment(2, input=order, custom_status='"text"', status="Failed", output="KeyError: 'request'"),
        deployment(3, input=order, custom_status='{"steps": 5}', status="Running"),
    ]
    mine = deployment(0)
    write(stack.data / "host", [mine, *strange, event(5, input=order, custom_status=None)])

    with stack.http as http:
        listed = http.get("/api/deployments").raise_for_status().json()["deployments"]
        [told] = http.get("/api/events").raise_for_status().json()["events"]
        single = [http.get(one["links"]["self"]).raise_for_status().json()["id"] for one in listed]

    assert [one["id"] for one in listed] == single == [row.id for row in (*reversed(strange), mine)]
    assert [one["status"] for one in listed] == ["Running", "Failed", "Succeeded", "Succeeded"]
    assert listed[1]["error"]["code"] == "OrchestrationCrashed"
    assert told["outcome"] == "received"


def test_a_request_is_recognised_although_its_input_cannot_be_read(stack: LocalStack) -> None:
    body = samples.request()
    accepted = stack.wait(stack.post(body, key="again")["id"])
    with stack.http as http:
        hub = f"/runtime/webhooks/durabletask/instances/{accepted['id']}"
        stored = http.get(hub, params={"code": stack.host.keys.durabletask_extension}).json()
        assert Progress.from_wire(stored["customStatus"]).digest
        gone = deployment(0, id=accepted["id"], custom_status=json.dumps(stored["customStatus"]), status="Failed")
        write(stack.data / "host", [gone._replace(input=json.dumps(ADDRESS))])

        again = http.post("/api/deployments", json=body, headers={"Idempotency-Key": "again"})
        other = samples.request(deployment="other")
        reused = http.post("/api/deployments", json=other, headers={"Idempotency-Key": "again"})
        write(stack.data / "host", [gone._replace(input=json.dumps(ADDRESS), custom_status=None)])
        unknown = http.post("/api/deployments", json=body, headers={"Idempotency-Key": "again"})

    assert (again.status_code, again.json()["id"], "Retry-After" in again.headers) == (202, accepted["id"], False)
    assert (reused.status_code, reused.json()["title"]) == (409, "Key reused")
    assert (unknown.status_code, unknown.json()["title"]) == (503, "Key not comparable")
