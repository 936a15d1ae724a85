"""Recorded histories against today's code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.host.index import load_app
from local.host.rehearsal import HistoryMismatch, rehearse
from tests.local.host.driver import APPS, Driver


def recorded(driver: Driver, name: str, payload: Any = None) -> list[dict[str, Any]]:
    """The history of one run, as it would be read from a file."""
    done = driver.run(name, payload)
    events: list[dict[str, Any]] = json.loads(json.dumps(driver.history(done["instanceId"])))
    return events


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("fan_out", [1, 2, 3]),
        ("retry_by_timer", {"key": "golden", "good": 3}),
        ("parent", {"child": "bad_child"}),
        ("race", {"cancel": True}),
        ("race", {"cancel": False}),
        ("raises", None),
        ("wait", [15, 60 * 24 * 10]),
    ],
)
def test_a_history_fits_the_code_that_made_it(patterns: Driver, name: str, payload: Any) -> None:
    rehearse(load_app(APPS / "patterns"), recorded(patterns, name, payload))


def test_the_history_of_an_instance_in_flight_and_suspended_fits(patterns: Driver) -> None:
    waiting = patterns.start("approval")
    patterns.host.wait_for(waiting, "Running")
    patterns.post(waiting, "suspend")
    patterns.host.wait_for(waiting, "Suspended")
    rehearse(load_app(APPS / "patterns"), patterns.history(waiting))
    patterns.post(waiting, "terminate")
    patterns.host.wait_for(waiting)
    rehearse(load_app(APPS / "patterns"), patterns.history(waiting))


def test_a_changed_call_is_told_with_the_turn(patterns: Driver) -> None:
    events = recorded(patterns, "parent", {"child": "good_child"})
    next(event for event in events if event["EventType"] == 7)["Name"] = "another_child"
    with pytest.raises(HistoryMismatch, match=r"turn 1 of parent: then .*another_child.*with today.*good_child"):
        rehearse(load_app(APPS / "patterns"), events)


def test_a_call_more_than_recorded_is_told(patterns: Driver) -> None:
    events = recorded(patterns, "fan_out", [1, 2])
    short = [event for event in events if event["EventType"] != 4 or event["EventId"] == 0]
    with pytest.raises(HistoryMismatch, match="turn 1 of fan_out"):
        rehearse(load_app(APPS / "patterns"), short)


def test_another_ending_is_told(patterns: Driver) -> None:
    events = recorded(patterns, "wait", [1])
    next(event for event in events if event["EventType"] == 1)["OrchestrationStatus"] = 3
    with pytest.raises(HistoryMismatch, match=r"turn 2 of wait: then .*Failed.*Completed"):
        rehearse(load_app(APPS / "patterns"), events)
