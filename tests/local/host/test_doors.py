"""Keys, Event Grid's webhook and the host's own pages: kinds of requests recorded on the true Functions host."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.host.host import LocalHost
from tests.local.host.asking import JSON, Answer, Headers, ask, with_key
from tests.local.host.driver import DURABLE

HOOK = "/runtime/webhooks/eventgrid"
EVENT = {"id": "1", "topic": "/t", "subject": "s", "eventType": "T", "eventTime": "2026-11-26T00:00:00Z", "data": {}}
BAD = {**EVENT, "subject": "raise"}
NOTE: Headers = (("aeg-event-type", "Notification"), *JSON)
VALIDATION: Headers = (("aeg-event-type", "SubscriptionValidation"), *JSON)


def key(host: LocalHost, name: str) -> str:
    """A key by the name it has in these tests."""
    if name in {"none", "wrong", ""}:
        return name
    return host.keys.of_function("keyed") if name == "function" else str(getattr(host.keys, name))


@pytest.mark.parametrize(
    ("function", "given", "status"),
    [
        ("keyed", "none", 401), ("keyed", "wrong", 401), ("keyed", "", 401), ("keyed", "default", 200),
        ("keyed", "function", 200), ("keyed", "master", 200), ("keyed", "eventgrid_extension", 401),
        ("keyed", "durabletask_extension", 401), ("guarded", "none", 401), ("guarded", "default", 401),
        ("guarded", "function", 401), ("guarded", "master", 200), ("any", "wrong", 200),
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["code", "CODE", "header"])
def test_which_key_opens_a_function(host: LocalHost, function: str, given: str, status: int, where: str) -> None:
    text = key(host, given)
    if where == "header":
        answer = ask(host, "GET", f"/api/{function}", with_key(text))
    else:
        answer = ask(host, "GET", f"/api/{function}?{where}={text}")
    assert answer.status == status
    assert status == 200 or (answer.body, "www-authenticate" in answer.headers) == (b"", False)


def test_the_header_wins_over_the_query_where_the_first_of_two_counts(host: LocalHost) -> None:
    right = host.keys.default
    assert ask(host, "GET", "/api/keyed?code=wrong", with_key(right)).status == 200
    assert ask(host, "GET", f"/api/keyed?code={right}", with_key("wrong")).status == 401
    assert ask(host, "GET", f"/api/keyed?code={right}&code=wrong").status == 200
    assert ask(host, "GET", "/api/keyed", (("Authorization", f"Bearer {right}"),)).status == 401


def test_a_key_that_has_passed_passes_in_any_case_of_letters_where_it_passed(host: LocalHost) -> None:
    own = host.keys.of_function("any_method")
    assert ask(host, "GET", f"/api/keyed?code={own.swapcase()}").status == 401
    assert ask(host, "GET", f"/api/keyed?code={host.keys.default}").status == 200
    assert ask(host, "GET", f"/api/keyed?code={host.keys.default.swapcase()}").status == 200
    assert ask(host, "GET", "/admin/functions", with_key(host.keys.default.swapcase())).status == 401


@pytest.mark.parametrize(
    ("request_line", "own"),
    [
        ("GET /admin/host/status", "master"), ("GET /admin/functions", "master"), ("GET /admin/host/keys", "master"),
        ("GET /admin/functions/on_event/status", "master"), ("POST /admin/functions/on_event", "master"),
        ("GET /admin/host/systemkeys/eventgrid_extension", "master"), ("POST /admin/host/synctriggers", "master"),
        (f"GET {DURABLE}/instances", "durabletask_extension"),
        (f"POST {DURABLE}/orchestrators/echo", "durabletask_extension"),
        (f"POST {HOOK}?functionName=on_event", "eventgrid_extension"), ("POST /runtime/webhooks/nothing", "master"),
        (f"OPTIONS {HOOK}?functionName=on_event", "eventgrid_extension"),
    ],
)  # fmt: skip
def test_the_hosts_own_pages_tell_a_key_that_is_not_enough_from_none(
    host: LocalHost, request_line: str, own: str
) -> None:
    method, target = request_line.split()
    for given, status in (("none", 401), ("wrong", 401), ("default", 403), (own, 0), ("master", 0)):
        answer = ask(host, method, target, (*with_key(key(host, given)), *NOTE), json.dumps(EVENT).encode())
        assert answer.status == status or (status == 0 and answer.status not in {401, 403})
        assert answer.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)


def delivered(
    host: LocalHost, body: Any, headers: Headers = NOTE, *, function: str = "on_event", **other: str
) -> Answer:
    """What the webhook answers to a body (a text, or what JSON is made of)."""
    target = f"{other.get('path', HOOK)}?functionName={function}&code={host.keys.eventgrid_extension}"
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(host, other.get("method", "POST"), target, headers, raw)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([EVENT], 202), (EVENT, 202), ([EVENT] * 3, 202), ([], 202), ([{}], 202), ([{**EVENT, "data": "text"}], 202),
        ([{**EVENT, "more": 1}], 202), (b'[{"id":"\xe9"}]', 202), (b'[{"id":"1","id":"2"}]', 202),
        (["x"], 500), (b"[{", 500), (b"", 500), (None, 500), ([{**EVENT, "eventTime": "yesterday"}], 500),
        ([BAD], 500), ([EVENT, BAD, EVENT], 500),
    ],
)  # fmt: skip
def test_what_becomes_of_a_delivery(host: LocalHost, body: Any, status: int) -> None:
    answer = delivered(host, body)
    assert answer.status == status
    told = b"Exception while executing function: Functions.on_event"
    assert answer.body in ({b""} if status == 202 else {b"", told})


def test_a_failing_event_is_named_by_its_function_only(host: LocalHost) -> None:
    answer = delivered(host, [EVENT, BAD])
    assert answer.body == b"Exception while executing function: Functions.on_event"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([{**EVENT, "data": {"validationCode": "C"}}], 200), ({**EVENT, "data": {"validationCode": "C"}}, 200),
        ([{**EVENT, "data": {}}], 500), ([EVENT], 500), ([], 500), (b"{", 500),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["SubscriptionValidation", "subscriptionvalidation"])
def test_a_handshake_is_answered_in_plain_text(host: LocalHost, body: Any, status: int, kind: str) -> None:
    answer = delivered(host, body, (("aeg-event-type", kind), *JSON))
    expected = (200, "text/plain; charset=utf-8", b'{"validationResponse":"C"}') if status == 200 else (500, None, b"")
    assert (answer.status, answer.headers.get("content-type"), answer.body) == expected


@pytest.mark.parametrize("name", ["nothing", "ON_EVENT", "any_method", "", "Host.Functions.on_event"])
@pytest.mark.parametrize("headers", [NOTE, VALIDATION, ()])
def test_a_function_is_found_by_exactly_its_name(host: LocalHost, name: str, headers: Headers) -> None:
    answer = delivered(host, [EVENT], headers, function=name)
    assert (answer.status, answer.body.decode()) == (404, f"cannot find function: '{name}'")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("PUT", HOOK, NOTE, 202), ("GET", HOOK, (), 400), ("POST", HOOK, JSON, 400),
        ("POST", HOOK, (("aeg-event-type", "Else"),), 400), ("POST", HOOK, (("aeg-event-type", "Unsubscribe"),), 202),
        ("POST", f"{HOOK}/", NOTE, 202), ("POST", f"{HOOK}/x", NOTE, 202), ("POST", HOOK.title(), NOTE, 202),
        ("POST", HOOK, (("Content-Type", "application/cloudevents+json"),), 400), ("OPTIONS", HOOK, (), 200),
    ],
)  # fmt: skip
def test_other_ways_to_the_webhook(host: LocalHost, method: str, path: str, headers: Headers, status: int) -> None:
    answer = delivered(host, [EVENT], headers, method=method, path=path)
    assert answer.status == status
    assert answer.headers.get("webhook-allowed-origin") == ("eventgrid.azure.net" if method == "OPTIONS" else None)


def test_an_event_may_be_taken_as_text_and_has_nobody_to_answer(host: LocalHost) -> None:
    assert delivered(host, [EVENT], function="on_text").status == 202
    assert delivered(host, [EVENT], function="on_event_returning").status == 500
