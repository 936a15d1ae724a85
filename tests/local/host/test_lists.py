"""Lists of instances, page by page, as the extension gives them (recorded)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from local.clock import Clock
from local.host.host import LocalHost
from local.host.settings import HostSettings
from tests.local.host.asking import ask
from tests.local.host.driver import APPS, DURABLE, START, Driver, OpenHost

TOKEN = "x-ms-continuation-token"


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """250 instances that have ended, begun in an order that is not that of their IDs. Nothing may change them."""
    clock = Clock(start=START, stepped=True)
    host = LocalHost(APPS / "triggers", data=tmp_path_factory.mktemp("crowd"), clock=clock)
    host.start()
    driver = Driver(host)
    for number in range(250):
        driver.start("echo", number, instance_id=f"i-{number * 7 % 250:03}")
    assert driver.host.wait_idle()
    yield driver
    driver.http.close()
    driver.host.stop()
    clock.close()


def pages(driver: Driver, base: str = f"{DURABLE}/instances", **query: Any) -> Iterator[list[dict[str, Any]]]:
    """Every page of a list, following the token."""
    token: str | None = ""
    while token is not None:
        answer = driver.http.get(base, params=query, headers={TOKEN: token} if token else {})
        assert answer.status_code == 200, answer.text
        yield answer.json()
        token = answer.headers.get(TOKEN) or None


def ids(page: list[dict[str, Any]]) -> list[str]:
    """The IDs of a page's instances."""
    return [status["instanceId"] for status in page]


def test_a_list_comes_in_pages_of_a_hundred_in_the_order_of_ids(crowd: Driver) -> None:
    listed = [ids(page) for page in pages(crowd)]
    assert [len(page) for page in listed] == [100, 100, 50]
    assert [name for page in listed for name in page] == [f"i-{number:03}" for number in range(250)]


@pytest.mark.parametrize(
    ("top", "sizes"),
    [
        ("60", [60] * 4 + [10]),
        ("101", [100, 100, 50]),
        ("many", [100, 100, 50]),
        pytest.param("9" * 5000, [100, 100, 50], id="of 5000 digits"),
    ],
)
def test_top_makes_pages_smaller_and_nothing_else(crowd: Driver, top: str, sizes: list[int]) -> None:
    assert [len(page) for page in pages(crowd, top=top)] == sizes


def test_the_token_names_the_first_instance_of_the_next_page(crowd: Driver) -> None:
    assert crowd.http.get(f"{DURABLE}/instances").headers[TOKEN] == "aS0xMDA="


def test_a_blank_follows_the_token_on_the_wire_and_may_be_sent_back(crowd: Driver) -> None:
    """`ask` keeps what clients strip."""
    base = crowd.http.get("/api/client-base").text
    target = f"{base.removeprefix(crowd.host.url)}instances?top=7"
    token = ask(crowd.host, "GET", target).headers[TOKEN]
    assert token == "aS0wMDc= "
    answers = [ask(crowd.host, "GET", target, ((TOKEN, sent),)) for sent in (token, token.strip())]
    assert [ids(answer.json)[0] for answer in answers] == ["i-007", "i-007"]


def test_the_url_that_the_sdks_client_has_takes_the_token_too(crowd: Driver) -> None:
    base = crowd.http.get("/api/client-base").text
    assert base.startswith(crowd.host.url)
    assert [len(page) for page in pages(crowd, f"{base}instances", top="90")] == [90, 90, 70]


def test_the_last_page_has_an_empty_token_at_that_url_and_none_at_the_webhook(crowd: Driver) -> None:
    base = crowd.http.get("/api/client-base").text
    last = [
        crowd.http.get(f"{of}/{what}", params={"instanceIdPrefix": "i-00"})
        for of in (base.rstrip("/"), DURABLE)
        for what in ("instances", "entities")
    ]
    assert [answer.headers.get(TOKEN) for answer in last] == ["", "", None, None]


def test_the_managed_url_takes_the_token_with_its_key(open_host: OpenHost) -> None:
    driver = open_host("triggers", HostSettings(enable_auth=True))
    key = driver.host.keys.durabletask_extension
    for number in range(3):
        driver.start("echo", instance_id=str(number), code=key)
    assert [ids(page) for page in pages(driver, top="2", code=key)] == [["0", "1"], ["2"]]


def test_no_input_status_or_output_keeps_a_list_from_being_told(open_host: OpenHost) -> None:
    """As .NET writes what JSON or UTF-8 does not have."""
    driver = open_host("triggers")
    body = rb'{"more": 1e999, "less": -1e999, "half": "\ud800"}'
    driver.http.post(f"{DURABLE}/orchestrators/shows/one", content=body)
    driver.host.wait_for("one")
    told = {"more": "Infinity", "less": "-Infinity", "half": "\ufffd"}
    for shown in (driver.status("one").json(), *next(pages(driver))):
        assert [shown[what] for what in ("runtimeStatus", "input", "customStatus", "output")] == [
            "Completed",
            *[told] * 3,
        ]


def test_inputs_are_left_out_on_demand(crowd: Driver) -> None:
    assert {status["input"] for page in pages(crowd, showInput="false") for status in page} == {None}
    assert next(pages(crowd))[1]["input"] == "143"


@pytest.fixture
def few(patterns: Driver) -> Driver:
    """Three instances: one completed, one running from an hour later, one failed."""
    patterns.run("wait", [60], instance_id="a-1")
    patterns.start("approval", instance_id="a-2")
    patterns.host.wait_for("a-2", "Running")
    patterns.run("raises", instance_id="b-1")
    return patterns


LATER = (START + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["a-1", "a-2", "b-1"]),
        ({"runtimeStatus": "Running,Failed"}, ["a-2", "b-1"]),
        ({"runtimeStatus": ["Running", "Completed"]}, ["a-1", "a-2"]),
        ({"runtimeStatus": "Pending"}, []),
        ({"runtimeStatus": "Failed,Bogus"}, ["b-1"]),
        ({"runtimeStatus": "Bogus"}, ["a-1", "a-2", "b-1"]),
        ({"runtimeStatus": "failed"}, ["a-1", "a-2", "b-1"]),
        ({"instanceIdPrefix": "a-"}, ["a-1", "a-2"]),
        ({"createdTimeFrom": LATER}, ["a-2", "b-1"]),
        ({"createdTimeTo": LATER}, ["a-1"]),
        ({"createdTimeFrom": LATER, "runtimeStatus": "Failed", "instanceIdPrefix": "b"}, ["b-1"]),
        ({"createdTimeFrom": "yesterday"}, ["a-1", "a-2", "b-1"]),
    ],
)
def test_instances_are_listed_by_state_age_and_prefix(few: Driver, query: dict[str, Any], found: list[str]) -> None:
    assert [ids(page) for page in pages(few, **query)] == [found]


def test_conditions_hold_on_every_page(few: Driver) -> None:
    assert [ids(page) for page in pages(few, top="1", runtimeStatus="Completed,Failed")] == [["a-1"], ["b-1"]]


def test_a_token_that_nobody_gave_out_is_refused(few: Driver) -> None:
    answer: httpx.Response = few.http.get(f"{DURABLE}/instances", headers={TOKEN: "?"})
    assert answer.status_code == 400
    assert TOKEN in answer.json()["Message"]


def test_purging_by_filter_purges_every_page(open_host: OpenHost) -> None:
    driver = open_host("triggers")
    for _ in range(101):
        driver.start("echo")
    assert driver.host.wait_idle()
    query = {"createdTimeFrom": "2029-01-01T00:00:00Z", "runtimeStatus": "Completed"}
    assert driver.http.delete(f"{DURABLE}/instances", params=query).json() == {"instancesDeleted": 101}
