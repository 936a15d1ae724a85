"""A host that dies at any point, and the next one on the same data folder."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from local import loopback
from local.clock import Clock
from local.host.host import DataFolderInUse, LocalHost
from local.host.index import load_app
from local.host.settings import HostSettings
from local.host.writer import HostDied
from local.waiting import PATIENCE
from tests.local.host.driver import APPS, START, Driver, OpenHost


def die_at(commit: int, seen: list[str]) -> Callable[[int, str], None]:
    """An `on_durable_write` that notes every commit and dies at one of them."""

    def on_write(number: int, what: str) -> None:
        seen.append(what)
        if number == commit:
            raise HostDied(what)

    return on_write


def run_with_death_at(commit: int, app: Any, folder: Path, name: str, payload: Any) -> tuple[dict[str, Any], bool]:
    """Run one orchestration with a death after `commit`: how it ended, and whether that commit came about."""
    seen: list[str] = []
    clock = Clock(start=START, stepped=True)
    first = LocalHost(app, data=folder, clock=clock, on_durable_write=die_at(commit, seen))
    first.start()
    with suppress(HostDied, httpx.TransportError):
        begin(first, name, payload)
        first.wait_for("one")
    first.stop()
    second = LocalHost(app, data=folder, clock=clock)
    second.start()
    # A start that was not durable was not confirmed either: the caller asks again. One that was is refused.
    begin(second, name, payload)
    ended = second.wait_for("one")
    second.stop()
    clock.close()
    return ended, first.crashed.is_set()


def begin(host: LocalHost, name: str, payload: Any, instance_id: str = "one") -> None:
    """Start an instance unless it exists."""
    driver = Driver(host)
    with driver.http:
        if driver.status(instance_id).status_code == 404:
            driver.start(name, payload, instance_id=instance_id)


@pytest.mark.parametrize(
    ("name", "payload", "output"),
    [
        ("fan_out", [1, 2], 6),
        ("wait", [15, 15], [(START + timedelta(minutes=minutes)).isoformat() for minutes in (15, 30)]),
        ("countdown", {"number": 2}, "lift-off"),
        ("parent", {"child": "good_child"}, {"child": [42, {"from": "parent"}, "one"]}),
    ],
)
def test_a_death_after_any_write_changes_nothing_in_the_end(
    tmp_path: Path, name: str, payload: Any, output: Any
) -> None:
    app = load_app(APPS / "patterns")
    commit, died = 0, True
    while died:
        commit += 1
        ended, died = run_with_death_at(commit, app, tmp_path / str(commit), name, payload)
        assert (ended["runtimeStatus"], ended["output"]) == ("Completed", output)
    assert commit > 4


def test_an_activity_that_was_running_at_the_crash_runs_again(open_host: OpenHost) -> None:
    first = open_host("patterns")
    first.start("two_steps", instance_id="one")
    first.host.wait_for("one", "Running")
    first.host.crash()
    assert first.host.crashed.is_set()
    # What the dead host's activity still returns is nobody's.
    first.app().release.set()
    second = open_host("patterns")
    assert second.status("one").json()["runtimeStatus"] == "Running"
    second.app().release.set()
    assert second.host.wait_for("one")["output"] == ["released", 2]


def test_a_crash_closes_the_port_and_lets_the_clock_go(open_host: OpenHost, clock: Clock) -> None:
    first = open_host("patterns")
    first.start("two_steps", instance_id="busy")
    first.host.wait_for("busy", "Running")
    first.host.crash()
    with pytest.raises(httpx.TransportError):
        first.http.get("/admin/host/ping")
    assert first.host.wait_idle(timeout=0)
    first.app().release.set()


def test_waiting_timers_and_early_events_survive_a_restart(open_host: OpenHost, clock: Clock) -> None:
    with clock.busy():
        first = open_host("patterns")
        first.start("wait", [15], instance_id="timer")
        first.start("approval", instance_id="event")
        first.host.wait_for("timer", "Running")
        first.host.wait_for("event", "Running")
        first.post("event", "suspend")
        first.host.wait_for("event", "Suspended")
        first.post("event", "raiseEvent/approval", json="kept")
        first.host.crash()
        clock.advance(timedelta(minutes=20))
        second = open_host("patterns")
        second.post("event", "resume")
        assert second.host.wait_for("event")["output"] == {"answer": "kept"}
    # The timer was due while nobody was there: it fires at once, five minutes late.
    assert second.host.wait_for("timer")["output"] == [(START + timedelta(minutes=20)).isoformat()]


def test_a_graceful_stop_lets_a_running_activity_finish_and_keeps_its_result(open_host: OpenHost) -> None:
    first = open_host("patterns")
    first.start("two_steps", instance_id="one")
    first.host.wait_for("one", "Running")
    stopping = threading.Thread(target=first.host.stop)
    stopping.start()
    first.app().release.set()
    stopping.join()
    second = open_host("patterns")
    assert second.host.wait_for("one")["output"] == ["released", 2]
    assert len(second.invocations(function="wait_for_release")) == 1


def test_while_it_stops_a_host_refuses_requests_but_lets_one_in_flight_finish(open_host: OpenHost) -> None:
    first = open_host("triggers")
    answers: list[httpx.Response] = []
    request = threading.Thread(
        target=lambda: answers.append(loopback.ask("GET", f"{first.host.url}/api/slow-start/one"))
    )
    request.start()
    assert first.app().entered.wait(PATIENCE)
    stopping = threading.Thread(target=first.host.stop)
    stopping.start()
    while first.http.get("/admin/host/ping").status_code != 503:
        assert stopping.is_alive()
    first.app().gate.set()
    request.join()
    stopping.join()
    assert answers[0].json() == {"result": "one"}
    assert open_host("triggers").host.wait_for("one")["output"] == "late"


def test_a_host_that_was_never_started_can_be_stopped(tmp_path: Path, clock: Clock) -> None:
    LocalHost(APPS / "chain", data=tmp_path, clock=clock).stop()


def test_two_hosts_cannot_have_one_data_folder(open_host: OpenHost, tmp_path: Path, clock: Clock) -> None:
    first = open_host("patterns")
    with pytest.raises(DataFolderInUse, match="in use by another local host"):
        open_host("patterns")
    first.host.stop()
    assert open_host("patterns").http.get("/admin/host/ping").status_code == 200


def test_no_more_activities_run_at_once_than_host_json_allows(open_host: OpenHost) -> None:
    driver = open_host("patterns", HostSettings(max_activities=1))
    for number in range(3):
        driver.start("two_steps", instance_id=f"i{number}")
        driver.host.wait_for(f"i{number}", "Running")
    assert not driver.invocations(function="wait_for_release")
    driver.start("fan_out", [2], instance_id="behind")
    driver.host.wait_for("behind", "Running")
    driver.app().release.set()
    driver.host.wait_for("behind")
    order = [line["instance_id"] for line in driver.invocations(function="wait_for_release")]
    assert order == ["i0", "i1", "i2"]


def test_an_orchestrator_that_blocks_stops_no_one_but_its_own_lane(open_host: OpenHost) -> None:
    driver = open_host("patterns", HostSettings(max_orchestrators=1))
    for number in range(2):
        driver.start("blocks", instance_id=f"i{number}")
    assert driver.status("i0").json()["runtimeStatus"] == "Pending"
    assert driver.post("i1", "raiseEvent/any", json=1) == 202
    driver.app().release.set()
    assert [driver.host.wait_for(f"i{number}")["output"] for number in range(2)] == ["unblocked"] * 2


def test_a_crowd_survives_ten_deaths(tmp_path: Path, clock: Clock) -> None:
    app = load_app(APPS / "patterns")
    crowd = {
        f"{name}-{number}": (name, payload, output)
        for number in range(6)
        for name, payload, output in [
            ("fan_out", [1, 2, 3], 12),
            ("countdown", {"number": 3}, "lift-off"),
            ("race", {"cancel": True}, "short"),
            ("parent", {"child": "good_child"}, None),
        ]
    }
    for death in range(11):
        kill = die_at(1 + death % 4, []) if death < 10 else None
        host = LocalHost(app, data=tmp_path / "data", clock=clock, on_durable_write=kill)
        host.start()
        with suppress(HostDied, httpx.TransportError):
            for instance_id, (name, payload, _) in crowd.items():
                begin(host, name, payload, instance_id)
            for instance_id, (_, _, output) in crowd.items():
                ended = host.wait_for(instance_id)
                assert ended["runtimeStatus"] == "Completed"
                assert output is None or ended["output"] == output
        host.stop()
        assert host.crashed.is_set() == (death < 10)


def test_whoever_waits_for_a_host_that_dies_is_told(open_host: OpenHost) -> None:
    driver = open_host("patterns", on_durable_write=die_at(3, []))
    driver.start("approval", instance_id="one")
    driver.host.wait_for("one", "Running")
    with pytest.raises(httpx.TransportError):
        driver.post("one", "raiseEvent/approval", json=1)
    with pytest.raises(HostDied):
        driver.host.wait_for("one")


def test_connections_made_while_the_host_dies_are_closed_with_it(tmp_path: Path, clock: Clock) -> None:
    app = load_app(APPS / "chain")
    for cycle in range(3):
        host = LocalHost(app, data=tmp_path / str(cycle), clock=clock)
        host.start()
        answered = threading.Event()
        callers = [threading.Thread(target=knock, args=(host, answered)) for _ in range(4)]
        for caller in callers:
            caller.start()
        assert answered.wait(PATIENCE)
        host.crash()
        for caller in callers:
            caller.join()
    # A socket left open would speak up now, and the test run makes that an error.
    gc.collect()


def knock(host: LocalHost, answered: threading.Event) -> None:
    """Make new connections until the host takes none."""
    with suppress(httpx.TransportError):
        while True:
            loopback.ask("GET", f"{host.url}/admin/host/ping")
            answered.set()
