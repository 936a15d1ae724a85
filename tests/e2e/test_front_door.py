"""The front door over HTTP: what it takes, how it says no, and what it never says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import yaml

from local import loopback
from local.stack import LocalStack
from local.waiting import PATIENCE
from tests import samples
from tests.e2e.bad_bodies import BAD
from tests.registered import triggers
from triggers.http import openapi

PROBLEM = "application/problem+json"


class Door:
    """A client that looks into every answer for what must not be there."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        keys = vars(stack.host.keys).values()
        self._never = [*keys, "code=", "/runtime/webhooks", "statusQueryGetUri", "INSTANCEID", "Traceback"]
        self.http = loopback.client(stack.host.url)

    def __call__(self, method: str, path: str, **content: Any) -> httpx.Response:
        response = self.http.request(method, path, **content)
        said = f"{response.headers} {response.text}"
        assert not [word for word in self._never if word in said]
        return response

    def post(self, body: Any, *, key: str | None = None, path: str = "/api/deployments") -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self("POST", path, content=content, headers={"Idempotency-Key": key} if key is not None else {})

    def a_minute_passes(self) -> None:
        passed = threading.Event()
        self.stack.clock.alarm(self.stack.clock.now() + timedelta(minutes=1), passed.set)
        assert passed.wait(PATIENCE)

    def accepted(self, body: dict[str, Any], *, key: str | None = None) -> str:
        response = self.post(body, key=key)
        assert response.status_code == 202
        return str(response.json()["id"])


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """An empty workspace: whatever is accepted ends soon, with ModelNotFound."""
    with LocalStack(tmp_path_factory.mktemp("door")) as stack:
        opened = Door(stack)
        yield opened
        opened.http.close()


@pytest.mark.parametrize("path", ["/api/deployments", "/api/plans"])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_body_is_answered_with_all_its_problems(door: Door, name: str, path: str) -> None:
    body, status, paths = BAD[name]
    response = door.post(body, path=path)
    told = response.json()

    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (status, PROBLEM)
    assert told["status"] == status
    assert {"type", "title", "detail"} <= told.keys()
    assert set(paths) <= {problem["path"] for problem in told["problems"]}
    assert len(paths) == len(told["problems"]) or "thousand" in name
    assert all(problem["code"] and problem["message"] for problem in told["problems"])


def test_nothing_bad_was_started(door: Door) -> None:
    def ids() -> list[str]:
        # What other tests have asked for goes on meanwhile.
        return [one["id"] for one in door("GET", "/api/deployments?limit=200").json()["deployments"]]

    before = ids()
    door.post({})

    assert ids() == before


def test_json_and_yaml_ask_for_the_same(door: Door) -> None:
    body = samples.request(endpoint="either")
    first = door.accepted(body, key="either")

    as_yaml = yaml.safe_dump(body).encode()
    for content_type in ("application/yaml", "application/x-www-form-urlencoded", "text/plain"):
        headers = {"Idempotency-Key": "either", "Content-Type": content_type}
        again = door("POST", "/api/deployments", content=as_yaml, headers=headers)
        assert (again.status_code, again.json()["id"]) == (202, first)


def test_an_accepted_request_says_where_to_look(door: Door) -> None:
    response = door.post(samples.request(endpoint="where-to-look"))
    status = response.json()

    assert response.headers["Location"] == f"/api/deployments/{status['id']}" == status["links"]["self"]
    assert int(response.headers["Retry-After"]) > 0
    assert (status["endpoint"], status["deployment"], status["model"]) == ("where-to-look", "blue", "credit-risk:1")
    assert door("GET", response.headers["Location"]).json()["id"] == status["id"]


def test_a_key_stands_for_one_request_also_after_it_ended(door: Door) -> None:
    body = samples.request(endpoint="keyed")
    first = door.accepted(body, key="order-1")
    ended = door.stack.wait(first)
    again = door.post(body, key="order-1")

    assert (again.status_code, again.json()["id"], again.json()["status"]) == (202, first, ended["status"])
    assert door.accepted(body, key="order-2") != first
    assert door.accepted(body) not in (first, door.accepted(body))


def test_a_key_with_another_body_is_a_conflict(door: Door) -> None:
    first = door.accepted(samples.request(endpoint="conflict"), key="order-3")
    other = door.post(samples.request(endpoint="conflict-2"), key="order-3")

    assert (other.status_code, other.headers["Content-Type"].split(";")[0]) == (409, PROBLEM)
    assert other.json()["type"] == "urn:slipway:problem:key-reused"
    assert first not in other.text


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "caf\u00e9".encode()])
def test_a_key_is_printable_ascii(door: Door, key: Any) -> None:
    headers: Any = {"Idempotency-Key": key}
    response = door("POST", "/api/deployments", json=samples.request(), headers=headers)

    assert response.status_code == 422
    assert [problem["path"] for problem in response.json()["problems"]] == ["Idempotency-Key"]


@pytest.mark.parametrize(
    "unknown", ["dep-" + "0" * 32, "dep-1", "event-" + "0" * 32, "..%2Fhealth", "a%0Ab", "dep-" + "A" * 4000]
)
def test_an_unknown_deployment_is_not_found(door: Door, unknown: str) -> None:
    response = door("GET", f"/api/deployments/{unknown}")

    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (404, PROBLEM)


def test_lists_are_paged_newest_first(door: Door) -> None:
    mine = []
    for number in range(5):
        mine.append(door.accepted(samples.request(endpoint="paged", deployment=f"blue{number}")))
        door.stack.wait(mine[-1])
        door.a_minute_passes()
    found, path = [], "/api/deployments?endpoint=paged&limit=2"
    pages = 0
    while path:
        page = door("GET", path).json()
        found += page["deployments"]
        path, pages = page.get("next"), pages + 1

    assert pages == 3
    assert [one["id"] for one in found] == mine[::-1]
    assert not [one for one in found if one["steps"] or one.get("result")]


def test_lists_are_filtered(door: Door) -> None:
    ended = door.stack.wait(door.accepted(samples.request(endpoint="filtered", model="azureml:fraud.v2_a:7")))

    def listed(**wanted: str) -> list[str]:
        answer = door("GET", "/api/deployments", params=wanted | {"endpoint": "filtered"}).json()
        return [one["id"] for one in answer["deployments"]]

    assert ended["status"] == "Failed"
    for wanted in ({}, {"model": "fraud.v2_a"}, {"model": "fraud.v2_a:7"}, {"status": "Failed"}, {"status": "failed"}):
        assert listed(**wanted) == [ended["id"]]
    for other in ({"model": "fraud"}, {"model": "fraud.v2_a:8"}, {"status": "Succeeded"}):
        assert listed(**other) == []


def test_the_next_page_keeps_the_filter_whatever_is_in_it(door: Door) -> None:
    for number in range(2):
        door.stack.wait(door.accepted(samples.request(endpoint="encoded", deployment=f"blue{number}")))
    page = door("GET", "/api/deployments", params={"endpoint": "encoded", "model": "credit-risk:1", "limit": "1"})
    following = door("GET", page.json()["next"]).json()

    assert "model=credit-risk%3A1" in page.json()["next"]
    assert len(following["deployments"]) == 1
    assert "next" not in following


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("limit", text) for text in ("0", "201", "ten", "-1", "\u0663", "0" * 5000)),
        ("status", "Done"),
        ("after", "dep-" + "0" * 32),
    ],
)
def test_a_bad_parameter_is_a_problem(door: Door, name: str, value: str) -> None:
    response = door("GET", "/api/deployments", params={name: value})

    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (422, PROBLEM)
    assert [problem["path"] for problem in response.json()["problems"]] == [name]


def test_the_document_names_every_route_and_no_other() -> None:
    documented = {(method.upper(), path) for path, methods in openapi()["paths"].items() for method in methods}
    routes = {
        (method, f"/api/{trigger['route']}")
        for _, trigger, _ in triggers()
        if trigger["type"] == "httpTrigger"
        for method in trigger["methods"]
        if method != "HEAD"
    }

    assert documented == routes


def test_the_example_of_the_document_is_a_good_request(door: Door) -> None:
    body = openapi()["paths"]["/api/deployments"]["post"]["requestBody"]["content"]["application/json"]["example"]

    assert door.post(body, path="/api/plans").status_code == 200


def test_health_tells_the_workspace(door: Door) -> None:
    told = door("GET", "/api/health").json()

    assert (told["status"], told["workspace"]) == ("ok", "slipway-workspace")


@pytest.mark.parametrize("path", ["/api/deployments", "/api/events", "/api/openapi.json", "/api/health"])
def test_head_is_answered_where_get_is_and_without_a_body(door: Door, path: str) -> None:
    told, head = door("GET", path), door("HEAD", path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == told.headers["Content-Type"]
    assert head.headers["Content-Length"] == str(len(told.content))


def test_head_of_what_is_not_there_says_so(door: Door) -> None:
    assert door("HEAD", "/api/deployments/dep-" + "0" * 32).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/api/plans"), ("OPTIONS", "/api/health"), ("HEAD", "/api/plans"), ("GET", "/api/x")]
)
def test_azure_has_no_405_and_the_document_says_so(door: Door, method: str, path: str) -> None:
    response = door(method, path)

    assert (response.status_code, response.content) == (404, b"")
    assert "no 405" in openapi()["info"]["description"]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/plans"), ("GET", "/api/openapi.json"), ("GET", "/api/health")]
)
def test_a_parameter_that_does_not_exist_is_refused(door: Door, method: str, path: str) -> None:
    response = door(method, f"{path}?dry_run=true&limit=3", content=b"{}" if method == "POST" else b"")

    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (422, PROBLEM)
    assert response.json()["detail"] == "2 problems in the request"
    told = [(problem["path"], problem["code"]) for problem in response.json()["problems"]]
    assert told == [("dry_run", "unknown_parameter"), ("limit", "unknown_parameter")]


def test_a_function_key_may_come_as_a_parameter(door: Door) -> None:
    assert door("GET", "/api/health?code=whatever").status_code == 200


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_an_empty_body_is_told_of_chunks(door: Door, body: bytes) -> None:
    # A body without a Content-Length reaches no function in Azure.
    [problem] = door.post(body, path="/api/plans").json()["problems"]

    assert problem["code"] == "unreadable"
    assert "sent in chunks" in problem["message"]
    assert "Content-Length" in problem["message"]


def test_a_plan_without_azure_is_to_be_tried_again(door: Door) -> None:
    door.stack.cloud.faults.dead = True
    try:
        response = door.post(samples.request(), path="/api/plans")
    finally:
        door.stack.cloud.faults.dead = False

    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (503, PROBLEM)
    assert int(response.headers["Retry-After"]) > 0
