"""What a host had in hand at its end is hidden from the next one, as long as host.json says."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from local.clock import Clock
from local.host.events import moment_of
from local.host.settings import HostSettings
from local.waiting import until
from tests.local.host.driver import START, Driver, OpenHost

MINUTE = timedelta(minutes=1)
BRIEF = HostSettings(control_visibility=MINUTE, work_item_visibility=2 * MINUTE)
DEFAULT = HostSettings()


def begun(driver: Driver, function: str) -> list[datetime]:
    """When the calls of the function began."""
    return [moment_of(line["started"]) for line in driver.invocations(function=function)]


def in_hand(driver: Driver, name: str = "two_steps") -> None:
    """Have the host have an activity of `one` in hand."""
    driver.start(name, instance_id="one")
    driver.host.wait_for("one", "Running")


def asked_to_end(driver: Driver) -> None:
    """Stop the host while it has the activity in hand, which ends meanwhile."""
    stopping = threading.Thread(target=driver.host.stop)
    stopping.start()
    # Nothing more begins on a host that refuses requests.
    until(lambda: driver.http.get("/admin/host/ping").status_code == 503)
    driver.app().release.set()
    stopping.join()


def died(driver: Driver) -> None:
    """Have it die; what its functions still do is nobody's."""
    driver.host.crash()
    driver.app().release.set()


@pytest.mark.parametrize(
    ("end", "settings", "again", "next_turn"),
    [
        (died, DEFAULT, 5 * MINUTE, 5 * MINUTE),
        (died, BRIEF, 2 * MINUTE, 2 * MINUTE),
        (died, HostSettings(graceful_shutdown=True), 5 * MINUTE, 5 * MINUTE),
        (asked_to_end, DEFAULT, None, 5 * MINUTE),
        (asked_to_end, BRIEF, None, MINUTE),
        (asked_to_end, HostSettings(graceful_shutdown=True), None, timedelta(0)),
    ],
)
def test_a_run_goes_on_when_what_was_in_hand_is_not_hidden_any_more(
    open_host: OpenHost,
    end: Callable[[Driver], None],
    settings: HostSettings,
    again: timedelta | None,
    next_turn: timedelta,
) -> None:
    first = open_host("patterns", settings)
    in_hand(first)
    end(first)
    second = open_host("patterns", settings)
    second.app().release.set()
    assert second.host.wait_for("one")["output"] == ["released", 2]
    assert begun(second, "wait_for_release") == [START if again is None else START + again]
    assert begun(second, "two_steps")[-2] == START + next_turn


def test_a_host_that_lives_keeps_hidden_what_it_has_in_hand(open_host: OpenHost, clock: Clock) -> None:
    first = open_host("patterns", BRIEF)
    in_hand(first)
    clock.advance(timedelta(seconds=100))
    first.run("wait", [])
    died(first)
    second = open_host("patterns", BRIEF)
    second.app().release.set()
    second.host.wait_for("one")
    # It was renewed last after 90 s.
    assert begun(second, "wait_for_release") == [START + timedelta(seconds=90) + 2 * MINUTE]


def test_what_is_hidden_stays_so_for_as_long_under_a_third_host(open_host: OpenHost, clock: Clock) -> None:
    with clock.busy():
        first = open_host("patterns", BRIEF)
        in_hand(first)
        died(first)
        clock.advance(MINUTE)
        second = open_host("patterns", BRIEF)
        assert second.run("fan_out", [1])["output"] == 2
        died(second)
        third = open_host("patterns", BRIEF)
    third.app().release.set()
    third.host.wait_for("one")
    assert begun(third, "wait_for_release") == [START + 2 * MINUTE]


def test_what_waited_for_a_place_is_not_hidden(open_host: OpenHost) -> None:
    settings = HostSettings(max_activities=1)
    first = open_host("patterns", settings)
    in_hand(first)
    first.start("fan_out", [2, 4], instance_id="behind")
    first.host.wait_for("behind", "Running")
    died(first)
    second = open_host("patterns", settings)
    second.app().release.set()
    second.host.wait_for("one")
    assert begun(second, "double")[:2] == [START, START]


def test_an_execution_whose_start_is_hidden_waits_for_it(open_host: OpenHost, clock: Clock) -> None:
    with clock.busy():
        first = open_host("patterns")
        first.start("blocks", instance_id="one")
        died(first)
        second = open_host("patterns")
        assert second.post("one", "raiseEvent/early", json=1) == 202
        assert second.host.wait_idle()
        assert second.status("one").json()["runtimeStatus"] == "Pending"
    second.app().release.set()
    assert second.host.wait_for("one")["output"] == "unblocked"
    assert begun(second, "blocks") == [START + 5 * MINUTE]


def test_requests_of_an_entity_are_hidden_like_any_message(open_host: OpenHost) -> None:
    first = open_host("counting")
    first.http.post("/runtime/webhooks/durabletask/entities/counter/x", params={"op": "hold"})
    died(first)
    second = open_host("counting")
    second.app().release.set()
    assert second.host.invocations.wait_for("counter", 1)
    assert begun(second, "counter") == [START + 5 * MINUTE]


def test_what_an_earlier_version_has_left_is_there_at_once(open_host: OpenHost, tmp_path: Path) -> None:
    first = open_host("patterns")
    in_hand(first)
    died(first)
    with sqlite3.connect(tmp_path / "data" / "taskhub.db") as database:
        database.execute("ALTER TABLE activities DROP COLUMN due")
        database.execute("DROP TABLE sums")
    database.close()
    (tmp_path / "data" / "taskhub.alive").write_text("nothing that can be read")
    second = open_host("patterns")
    second.app().release.set()
    assert second.host.wait_for("one")["output"] == ["released", 2]
    assert begun(second, "wait_for_release") == [START]
