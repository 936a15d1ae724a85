"""The host answers as the real Durable extension did.

`recorded/` holds what Microsoft's Durable extension 3.19 answered, scenario by scenario, in front of Microsoft's Python
worker library; one blank of its failure texts is corrected to what the true Functions host has. Times, made-up IDs and
serialized .NET exceptions are left out, and so is the order in which things ended that ran side by side. Whatever a GET
answers is asked for again until it is what was recorded.

Of the 62 recorded scenarios these are left out: what the host refuses by name (`call_http`, rewind, starting and
waiting in one call), what is ours on purpose (unknown activities and orchestrations fail with a message), what differs
from another only in size, and paging (test_lists). Which of two calls that are retried side by side fails first is
luck, and was when it was recorded: some timers fired there before they were due.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.clock import Clock
from local.host.events import TERMINAL
from local.host.host import LocalHost
from local.waiting import PATIENCE
from tests.local.host.driver import APPS, DURABLE, Driver

FOLDER = Path(__file__).parent / "recorded"
RECORDED = {name: json.loads((FOLDER / f"{name}.json").read_text()) for name in ("first", "second")}
TIMES = {"StackTrace", "createdTime", "lastUpdatedTime", "Timestamp", "ScheduledTime", "lastOperationTime", "FireAt"}
# Tasks that ran side by side may end in any order.
PARALLEL = {"TaskCompleted", "TaskFailed", "SubOrchestrationInstanceCompleted"}
# What must have run before: its instances are listed.
BEFORE = {"queries": ["queued"]}


@pytest.fixture
def recorded_host(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Driver]:
    """The app of a recording on a clock that makes a minute of waiting last a second."""
    clock = Clock(speed=60)
    host = LocalHost(APPS / f"recorded_{request.param}", data=tmp_path, clock=clock)
    host.start()
    driver = Driver(host)
    yield driver
    if hasattr(driver.app(), "release"):
        driver.app().release.set()
    driver.http.close()
    driver.host.stop()
    clock.close()


@pytest.mark.parametrize(
    ("recorded_host", "scenario"),
    [(app, scenario) for app, scenarios in RECORDED.items() for scenario in scenarios],
    indirect=["recorded_host"],
)
def test_the_host_answers_as_the_extension_was_recorded_to(
    recorded_host: Driver, scenario: str, request: pytest.FixtureRequest
) -> None:
    app = request.node.callspec.params["recorded_host"]
    for name in [*BEFORE.get(scenario, []), scenario]:
        for step in RECORDED[app][name]:
            take(recorded_host, step)


def take(driver: Driver, step: dict[str, Any]) -> None:
    """One step of a scenario."""
    if "release" in step:
        release(driver, step["release"])
        return
    method, path = step["ask"].split(" ")
    wait_until_ready(driver, step)
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = ask(driver, method, path, step.get("body"))
        luck = step.get("any_order")
        seen = alike(shaped(answer), luck), answer.status_code, answer.headers.get("retry-after")
        expected = alike(sorted_events(step.get("answer")), luck), step["status"], step.get("retry")
        if seen == expected or method != "GET" or time.monotonic() > deadline:
            assert seen == expected
            return


def ask(driver: Driver, method: str, path: str, body: str | None = None) -> httpx.Response:
    """One request of the durable API."""
    headers = {"content-type": "application/json"}
    return driver.http.request(method, f"{DURABLE}/{path}", content=body, headers=headers)


def release(driver: Driver, event: str | None) -> None:
    """Let slow activities go on, once the latest instance's history shows such an event."""
    while event:
        listed = ask(driver, "GET", "instances?top=1").json()
        shown = ask(driver, "GET", f"instances/{listed[0]['instanceId']}?showHistory=true").json()
        event = None if event in {item["EventType"] for item in shown["historyEvents"]} else event
    driver.app().release.set()


def wait_until_ready(driver: Driver, step: dict[str, Any]) -> None:
    """Wait for the state in which the recorded driver found the instance, if it exists."""
    found = re.fullmatch(r"POST (?:orchestrators/\w+|instances)/([^/?]+)(/restart)?.*", step["ask"])
    if not found or driver.http.get(f"{DURABLE}/instances/{found[1]}").status_code == 404:
        return
    again = step["ask"].startswith("POST orchestrators") or found[2]
    ended = step["status"] == 410 or (again and step["status"] == 202)
    wanted = TERMINAL if ended else {"Running", "Suspended", *TERMINAL}
    deadline = time.monotonic() + PATIENCE
    while ask(driver, "GET", f"instances/{found[1]}").json()["runtimeStatus"] not in wanted:
        assert time.monotonic() < deadline


def shaped(response: httpx.Response) -> Any:
    """The answer's body without what differs from run to run."""
    body = response.json() if response.content else None
    if isinstance(body, dict) and "statusQueryGetUri" in body:
        body = {"id": body["id"]}
    return sorted_events(_shape(body))


def sorted_events(body: Any) -> Any:
    """The body with those history events in a fixed order that may come in any."""
    if isinstance(body, dict) and "historyEvents" in body:
        events = body["historyEvents"]
        places = [place for place, event in enumerate(events) if event["EventType"] in PARALLEL]
        ordered = iter(sorted((events[place] for place in places), key=lambda event: json.dumps(event, sort_keys=True)))
        events = [next(ordered) if place in places else event for place, event in enumerate(events)]
        return {**body, "historyEvents": events}
    return body


def alike(body: Any, luck: str | None) -> Any:
    """The body with its events in a fixed order, and without what luck, a pattern, has in its output."""
    if luck is None:
        return body
    events = [{**event, "Result": re.sub(luck, "", str(event.get("Result")))} for event in body["historyEvents"]]
    events.sort(key=lambda event: json.dumps(event, sort_keys=True))
    return {**body, "output": re.sub(luck, "", str(body["output"])), "historyEvents": events}


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items() if name not in TIMES}
    if isinstance(value, list):
        return [_shape(part) for part in value]
    return _plain(value) if isinstance(value, str) else value


def _plain(text: str) -> str:
    if len(text) > 20000:
        return "<long>"
    text = re.sub(r'\{\\*"\$type\\*":\\*"System.*', "<exception>", text, flags=re.DOTALL)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)?", "<time>", text)
    return re.sub(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", "<id>", text)
