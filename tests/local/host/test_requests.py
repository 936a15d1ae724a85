"""What functions are told of requests, and clients of functions' answers: kinds recorded on the true Functions host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from local.host import http_triggers
from local.host.host import LocalHost
from tests.local.host.asking import JSON, Answer, Headers, ask, asked
from tests.local.host.driver import APPS


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHost]:
    with asked(tmp_path_factory.mktemp("asked")) as served:
        yield served


@pytest.mark.parametrize(
    ("request_line", "by"),
    [
        ("GET /api/nowhere", None), ("GET /nowhere", None), ("GET /api", None), ("GET /api/", None),
        ("POST /api/numbers/1", None), ("HEAD /api/numbers/1", None), ("OPTIONS /api/numbers/1", None),
        ("PUT /api/any", "any_method"), ("PATCH /api/any", "any_method"), ("TRACE /api/any", "any_method"),
        ("FOO /api/any", "any_method"), ("GET /api/any/", "any_method"), ("GET /api/any//", None),
        ("GET /api//any", None), ("GET /API/Any/x", "any_method"), ("GET /api/any/x/y", None),
        ("GET /api/x/../any", "any_method"), ("GET /api/words/%2e%2e", None), ("GET /api/%61ny", "any_method"),
        ("GET /api/any#fragment", None), ("GET http://elsewhere/api/any?x=1", "any_method"),
        ("GET /api/numbers/12", "number"), ("GET /api/numbers/-5", "number"), ("GET /api/numbers/+5", "number"),
        ("GET /api/numbers/007", "number"), ("GET /api/numbers/abc", None), ("GET /api/numbers/2147483648", None),
        ("GET /api/words/fixed", "word"), ("GET /api/words/FIXED", "word"), ("GET /api/words/other", "word"),
        ("GET /api/rest", "rest"), ("GET /api/rest/", "rest"), ("GET /api/unnamed", None), ("PUT /api/shared", None),
    ],
)  # fmt: skip
def test_which_function_serves(host: LocalHost, request_line: str, by: str | None) -> None:
    method, target = request_line.split()
    answer = ask(host, method, target)
    assert (answer.status, answer.json["by"] if answer.body else None) == (404 if by is None else 200, by)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("words/a%20b", "a b"), ("words/a%2Fb", "a%2Fb"), ("words/a%25b", "a%b"), ("words/%C3%A9", "é"),
        ("words/%E9", "%E9"), ("words/a%zz", "a%zz"), ("words/a+b", "a+b"), ("words/a;b=1", "a;b=1"),
        ("words/a%5Cb", "a\\b"), ("words/a%0Ab", "a\nb"), ("words/a%3Fb", "a?b"),
        ("rest/a/b%20c/d/", "a/b c/d/"), ("rest/a%2Fb", "a%2Fb"),
    ],
)  # fmt: skip
def test_what_a_route_parameter_holds(host: LocalHost, path: str, told: str) -> None:
    assert list(ask(host, "GET", f"/api/{path}").json["route"].values()) == [told]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("words/a%zz", "words/a%25zz"), ("words/%66ixed", "words/fixed"), ("words/a%2fb", "words/a%2fb"),
        ("any?", "any?"), ("any?a=%zz&b=%C3%A9", "any?a=%zz&b=%C3%A9"), ("words/x/../é", None),
    ],
)  # fmt: skip
def test_what_address_a_function_is_told(host: LocalHost, target: str, told: str | None) -> None:
    answer = ask(host, "GET", f"/api/{target}")
    assert answer.status == (200 if told else 400)
    assert told is None or answer.json["url"] == f"{host.url}/api/{told}"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("a=1&b=two%20words&c=a+b", {"a": "1", "b": "two words", "c": "a b"}), ("a=1&a=2", {"a": "1,2"}),
        ("a&b=", {}), ("A=1&a=2", {"a": "1,2"}), ("a=%C3%A9", {"a": "é"}), ("a=%E9", {"a": "%E9"}),
        ("a=%zz", {"a": "%zz"}), ("a=1;b=2", {"a": "1;b=2"}), ("a[]=1&a[]=2", {"a[]": "1,2"}),
        ("code=secret&x=1", {"code": "secret", "x": "1"}), ("a=%2F%26", {"a": "/&"}), ("a=1,2&a=3", {"a": "1,2,3"}),
    ],
)  # fmt: skip
def test_what_a_query_holds(host: LocalHost, query: str, told: dict[str, str]) -> None:
    assert ask(host, "GET", f"/api/any?{query}").json["query"] == told


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ((("X-Mine", "One"),), "One"), ((("X-Mine", "1"), ("x-mine", "2")), "1,2"), ((("X-Mine", ""),), ""),
        ((("X-Mine", "Ã©"),), "é"), ((("X-Mine", "x" * 20_000),), "x" * 20_000),
        ((("X-Mine", "é"),), 400), ((("X-Mine", "x" * 40_000),), 431), ((("X-Mine", "x" * 200_000),), 431),
    ],
)  # fmt: skip
def test_what_a_header_holds(host: LocalHost, headers: Headers, told: str | int) -> None:
    answer = ask(host, "GET", "/api/any", headers)
    found = answer.json["headers"]["x-mine"] if answer.body else answer.status
    assert found == told


@pytest.mark.parametrize(
    ("target", "status"),
    [("/api/any?" + "x" * 9000, 414), ("api/any", 400), ("/api/words/a%00b", 400), ("/api/words/Ã©", 400)],
)
def test_what_is_refused_before_any_function_sees_it(host: LocalHost, target: str, status: int) -> None:
    answer = ask(host, "GET", target)
    assert (answer.status, answer.body, answer.headers.get("content-type")) == (status, b"", None)


@pytest.mark.parametrize(
    ("headers", "sent", "told"),
    [
        ((), None, ""), ((), b"", ""), (JSON, b'{"a": ', '{"a": '), (JSON, b"\xef\xbb\xbf{}", "\xef\xbb\xbf{}"),
        ((("Content-Encoding", "gzip"),), b"\x1f\x8b\x08", "\x1f\x8b\x08"), ((("Content-Type", "?"),), b"\xff", "\xff"),
        ((("Transfer-Encoding", "chunked"), *JSON), b"3\r\n{} \r\n0\r\n\r\n", ""),
        ((("Content-Length", "2"),), b"abc", "ab"),
    ],
)  # fmt: skip
def test_what_body_a_function_gets(host: LocalHost, headers: Headers, sent: bytes | None, told: str) -> None:
    assert ask(host, "POST", "/api/any", headers, sent).json["body"] == told


def test_a_body_that_is_too_large_or_of_no_length_is_refused_with_nothing(
    host: LocalHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_triggers, "MAX_BODY", 10)
    assert ask(host, "POST", "/api/any", (), b"x" * 10).status == 200
    large = ask(host, "POST", "/api/any", (), b"x" * 11)
    assert (large.status, large.body) == (500, b"")
    nonsense = ask(host, "POST", "/api/any", (("Content-Length", "abc"),), b"abc")
    assert (nonsense.status, nonsense.body) == (400, b"")


@pytest.mark.parametrize(
    ("what", "status", "body"),
    [("raises", 500, b""), ("nothing", 500, b""), ("mapping", 500, b""), ("number", 500, b""),
     ("text", 200, "plain é".encode())],
)  # fmt: skip
def test_what_becomes_of_a_functions_result(host: LocalHost, what: str, status: int, body: bytes) -> None:
    answer = ask(host, "GET", f"/api/says/{what}")
    assert (answer.status, answer.body) == (status, body)


def asked_for(host: LocalHost, **answer: Any) -> Answer:
    return ask(host, "POST", "/api/answers", JSON, json.dumps(answer).encode())


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 418, 422, 500, 599])
def test_a_status_with_a_body_is_passed_on(host: LocalHost, status: int) -> None:
    answer = asked_for(host, status=status, body="x")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (status, b"x", "text/plain; charset=utf-8")


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_that_has_no_body_loses_it(host: LocalHost, status: int) -> None:
    answer = asked_for(host, status=status, body="x")
    assert (answer.status, answer.body) == (status, b"")


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("Retry-After", "5", "5"), ("ETag", "W/1", "W/1"), ("X-Empty", "", ""), ("X-Number", "5", "5"),
        ("Content-Type", "application/yaml", "application/yaml"), ("Location", "/x", "/x"), ("X-A", "é", 500),
        ("X-A", "a\nb", 500),
        ("Set-Cookie", "a=1; Path=/; HttpOnly; SameSite=Lax", "a=1; domain=; path=/; samesite=lax; httponly"),
        ("Set-Cookie", "a=1; Max-Age=5; Secure", "a=1; max-age=5; domain=; path=; secure"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_functions_headers(host: LocalHost, name: str, value: str, seen: str | int) -> None:
    answer = asked_for(host, body="x", headers={name: value})
    assert answer.headers.get(name.lower(), answer.status) == seen


@pytest.mark.parametrize(("status", "line"), [(0, b"HTTP/1.1 0"), (100, b""), (1000, b"HTTP/1.1 1000")])
def test_a_status_that_is_none_is_no_answer(host: LocalHost, status: int, line: bytes) -> None:
    answer = asked_for(host, status=status)
    assert (answer.status, answer.body) == (0, line)


def test_a_function_sees_where_it_lives_and_its_first_attempt(host: LocalHost) -> None:
    shown = ask(host, "GET", "/api/context").json
    assert shown["folder"] == str(APPS / "asked")
    assert shown["retry"] == {"retry_count": 0, "max_retry_count": 0, "rpc_exception": ""}


def test_names_are_quoted_only_where_they_must_be(host: LocalHost) -> None:
    name = "a-b_c.d~e!$&'()*+,;=:@"
    assert ask(host, "GET", f"/api/words/{name}").json["url"].endswith(name)
    assert ask(host, "GET", f"/api/words/{quote('ü')}").json["route"] == {"word": "ü"}
