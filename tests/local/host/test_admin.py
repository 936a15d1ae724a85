"""The host's own pages, what it logs, and how many functions run at once, as recorded on the true Functions host."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.host.host import LocalHost
from local.host.worker import THREADS_SETTING, thread_count
from tests.local.host.asking import JSON, Answer, ask, with_key
from tests.local.host.driver import APPS

FOLDER = str(APPS / "asked")


def shown(host: LocalHost, path: str) -> Any:
    """What a page shows to the master key."""
    answer = ask(host, "GET", path, with_key(host.keys.master))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")
    return answer.json


def test_the_keys_can_be_read_each_page_with_a_link_to_itself(host: LocalHost) -> None:
    keys = host.keys
    host_keys = [{"name": "default", "value": keys.default}]
    system = [{"name": name, "value": value} for name, value in keys.extensions().items()]
    own = [{"name": "default", "value": keys.of_function("keyed")}]
    for path, expected in (
        ("/admin/host/keys", {"keys": host_keys}),
        ("/admin/host/functionkeys", {"keys": host_keys}),
        ("/admin/host/systemkeys", {"keys": system}),
        ("/admin/host/systemkeys/eventgrid_extension", system[0]),
        ("/admin/host/systemkeys/_master", {"name": "_master", "value": keys.master}),
        ("/admin/functions/keyed/keys", {"keys": own}),
        ("/admin/host/extensions", {"extensions": []}),
    ):
        assert shown(host, path) == {**expected, "links": [{"rel": "self", "href": host.url + path}]}


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /admin/host/systemkeys/nothing", 404), ("GET /admin/functions/nothing", 404),
        ("GET /admin/functions/nothing/keys", 404), ("GET /admin/functions/nothing/status", 404),
        ("GET /admin/nowhere", 404), ("PUT /admin/host/ping", 404), ("POST /admin/host/drain/status", 404),
        ("GET /admin/warmup", 200), ("GET /Admin/Host/Status", 200), ("GET /favicon.ico", 404),
        ("DELETE /admin/functions/on_event", 204), ("POST /admin/host/synctriggers", 500),
    ],
)  # fmt: skip
def test_what_is_there_and_what_is_not(host: LocalHost, request_line: str, status: int) -> None:
    method, target = request_line.split()
    assert ask(host, method, target, with_key(host.keys.master)).status == status


def test_the_home_page_and_the_ping_need_no_key(host: LocalHost) -> None:
    for method in ("GET", "HEAD", "POST"):
        home = ask(host, method, "/")
        assert (home.status, home.headers["content-type"]) == (200, "text/html")
    ping = ask(host, "POST", "/admin/host/ping")
    assert (ping.status, ping.headers["cache-control"], ping.body) == (200, "no-store,no-cache", b"")


def test_the_status_and_the_configuration_tell_what_is_in_force(host: LocalHost) -> None:
    status = shown(host, "/admin/host/status")
    assert (status["state"], status["functionAppContentEditingState"]) == ("Running", "Unknown")
    assert shown(host, "/admin/host/processes")["processes"][0]["processId"] == os.getpid()
    config = ask(host, "GET", "/admin/host/config", with_key(host.keys.master))
    assert config.headers["content-type"] == "text/plain; charset=utf-8"
    assert config.json["extensions"]["http"]["routePrefix"] == "api"
    assert config.json["extensions"]["durableTask"]["hubName"] == "SlipwayLocal"


def test_a_function_is_described_and_all_are_listed_by_name(host: LocalHost, data: Path) -> None:
    described = shown(host, "/admin/functions/number")
    assert described["invoke_url_template"] == f"{host.url}/api/numbers/{{n:int}}"
    assert described["script_href"] == f"{host.url}/admin/vfs{FOLDER}/function_app.py"
    assert described["test_data_href"] == f"{host.url}/admin/vfs{data}/number.dat"
    bindings = described["config"]["bindings"]
    assert [binding["type"] for binding in bindings] == ["httpTrigger", "http"]
    names = [listed["name"] for listed in shown(host, "/admin/functions")]
    assert names == sorted(names)
    assert names[0] == "answers"


def test_a_function_in_error_says_why_and_the_others_are_served(host: LocalHost) -> None:
    rival = "The route specified conflicts with the route defined by function 'shared_post'."
    assert shown(host, "/admin/functions/shared_twice/status") == {"errors": [rival]}
    wrong = "'no name/of a function' is not a valid function name."
    assert host.index.in_error == {"no name/of a function": wrong}
    assert ask(host, "POST", "/api/shared", (), b"").body == b"post"
    assert ask(host, "GET", "/api/shared").body == b"get"
    assert shown(host, "/admin/functions/on_event/status") == {}


def run(host: LocalHost, name: str, body: bytes, *, typed: bool = True) -> Answer:
    headers = (*with_key(host.keys.master), *(JSON if typed else ()))
    return ask(host, "POST", f"/admin/functions/{name}", headers, body)


def test_any_function_can_be_run_from_its_name_and_a_text(host: LocalHost) -> None:
    given = json.dumps({"input": json.dumps({"id": "1", "subject": "s"})}).encode()
    for times, name in enumerate(["on_event", "any_method", "work", "echo"], start=1):
        assert (run(host, name, given).status, times > 0) == (202, True)
        assert host.invocations.wait_for(name, 1)
    assert run(host, "nothing", given).status == 404


@pytest.mark.parametrize(
    ("body", "typed", "status"),
    [(b"", True, 400), (b"{", True, 400), (b'{"input": {"id": "1"}}', True, 400), (b"[]", True, 400),
     (b"x", False, 415), (b"{}", True, 202)],
)  # fmt: skip
def test_what_it_is_run_with_must_be_a_text_in_json(host: LocalHost, body: bytes, typed: bool, status: int) -> None:
    assert run(host, "on_text", body, typed=typed).status == status


def test_only_what_an_invocation_says_is_logged_and_what_the_host_says(host: LocalHost, data: Path) -> None:
    assert ask(host, "GET", "/api/context").status == 200
    log = (data / "host.log").read_text()
    assert "[WARNING] context_ " in log
    assert "said in a function" in log
    assert "said in a thread" not in log
    assert "said while" not in log
    assert "The 'shared_twice' function is in error: The route specified conflicts" in log


def test_a_hundred_synchronous_functions_run_at_the_same_time(host: LocalHost) -> None:
    with ThreadPoolExecutor(100) as crowd:
        answers = list(crowd.map(lambda _: ask(host, "GET", "/api/together"), range(100)))
    assert {answer.body for answer in answers} == {b"True"}


@pytest.mark.parametrize(("asked", "threads"), [("16", 16), ("", 1000), ("0", 1000), ("many", 1000)])
def test_how_many_may_run_is_the_apps_to_say(asked: str, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS_SETTING, asked)
    assert thread_count() == threads
