"""What the guard recalls of a run is what its history says: neither more, nor what another history would have meant."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.base import Json
from contracts.failure import Failure
from contracts.orders import CANCEL, DeployOrder
from contracts.orders import Ending as End
from contracts.queue import SUPERSEDED_BY, LeaveOrder, RunRef
from orchestrations.deploy import deploy
from orchestrations.policies import RESUMPTIONS_ALLOWED
from orchestrations.stage import Recalled, recall
from orchestrations.stage import Stage as Played
from tests.schedules.clients import guard_looks
from tests.schedules.instances import Instance
from tests.schedules.stage import Stage
from tests.schedules.weather import Ending
from tests.schedules.wire import Line

Event = dict[str, Any]
MOMENT = "2026-01-01T00:09:00Z"


def recalled(order: Json, history: list[Event]) -> Recalled:
    return recall(deploy, DeployOrder.from_wire(order).to_wire(), "dep-0", history)


@pytest.fixture(scope="module")
def tested(line: Line) -> tuple[Json, list[Event]]:
    """The order and the history of a run that waits for its smoke test."""
    stage = Stage(line)
    found: list[Any] = []
    one = stage.starts()

    def turned(_: object) -> None:
        if one.execution.waits_for == "smoke_test" and not found:
            found.append((one.execution.given, one.execution.events()))

    stage.hub.turned = turned
    stage.rests()
    order, history = found[0]
    return order, history


def without_answers(history: list[Event], number: int) -> list[Event]:
    return [{name: value for name, value in event.items() if name != "Result"} for event in history]


def without_an_answer(history: list[Event], number: int) -> list[Event]:
    return [{**event, "Result": None} if n == number else event for n, event in enumerate(history)]


def without_an_event(history: list[Event], number: int) -> list[Event]:
    return [event for n, event in enumerate(history) if n != number]


def of_another_release(history: list[Event], number: int) -> list[Event]:
    step = {**history[number], "FunctionName": "look_at_quota", "Result": {"ok": {"left": 3}}}
    return [*history[:number], step, *history[number:]]


def with_an_answer_that_today_is_none(history: list[Event], number: int) -> list[Event]:
    return [{**event, "Result": {"ok": "fine"}} if n == number else event for n, event in enumerate(history)]


OTHERWISE = [
    without_answers,
    without_an_answer,
    without_an_event,
    of_another_release,
    with_an_answer_that_today_is_none,
]


@pytest.mark.parametrize("otherwise", OTHERWISE)
def test_a_history_that_differs_is_no_failure(tested: tuple[Json, list[Event]], otherwise: Any) -> None:
    """A run is not undone, let alone ended, because what it had done cannot be told: it goes on, and confirms it."""
    order, history = tested
    whole = recalled(order, history).progress
    made = [(entry.kind, entry.id) for entry in whole.ledger]
    answered = [number for number, event in enumerate(history) if "Result" in event]
    assert len(answered) > 8
    assert made
    for number in answered[:-1]:
        seen = recalled(order, otherwise(copy.deepcopy(history), number))

        assert (seen.ending, seen.progress.error) == (None, None), history[number]
        assert [(entry.kind, entry.id) for entry in seen.progress.ledger] == made[: len(seen.progress.ledger)]
        assert {entry.fate for entry in seen.progress.ledger} <= {"in_use"}


def test_an_event_of_another_name_cancels_nothing(tested: tuple[Json, list[Event]]) -> None:
    order, history = tested
    said = {"EventType": "EventRaised", "Timestamp": history[8]["Timestamp"], "Name": "approved", "Input": '"by me"'}

    assert recalled(order, [*history[:9], said, *history[9:]]) == recalled(order, history)


@pytest.mark.parametrize("reason", [f"{SUPERSEDED_BY}dep-2", "somebody canceled it"])
def test_why_a_run_was_canceled_is_recalled_in_the_words_it_was_told(
    tested: tuple[Json, list[Event]], reason: str
) -> None:
    """A history tells what an event brought as JSON text (recorded); who is superseded is undone otherwise."""
    order, history = tested
    watched = next(n for n, event in enumerate(history) if event.get("FunctionName") == "watch")
    canceled = {"EventType": "EventRaised", "Timestamp": MOMENT, "Name": CANCEL, "Input": f'"{reason}"'}

    error = recalled(order, [*history[:watched], canceled]).progress.error

    assert isinstance(error, Failure)
    assert (error.code, error.message) == ("Canceled", reason)


def test_the_end_of_a_watch_that_was_given_up_answers_nothing_else(stage: Stage) -> None:
    """A canceled run looks no longer at what it made; what looked on ends all the same, and the history tells it."""
    one = stage.starts()
    seen: list[Any] = []
    canceled: list[Any] = []
    stage.weather.endings = [Ending(600)]

    def turned(_: object) -> None:
        waits = one.execution.asked[-1] if one.execution.asked else None
        if not canceled and waits and waits.name == "watch" and '"deployment_provisioned"' in waits.given:
            canceled.append(True)
            stage.hub.raise_event(one.id, CANCEL, "nobody wants it")
        if canceled and one.execution.name == "deploy" and one.execution.waits_for:
            seen.append((one.execution.given, one.execution.events()))

    stage.hub.turned = turned
    assert stage.rests() == []
    watch = next(event for event in seen[-1][1][::-1] if event.get("FunctionName") == "watch")
    undoing = [(order, history) for order, history in seen if CANCEL in (event.get("Name") for event in history[:-1])]
    asked_at = next(event["Timestamp"] for event in seen[-1][1] if event.get("FunctionName") == "begin_deployment")
    assert len(undoing) > 10
    for order, history in undoing:
        ended = {**watch, "Timestamp": history[-1]["Timestamp"], "ScheduledTime": asked_at}
        assert recalled(order, [*history, ended]) == recalled(order, history)


def test_a_run_that_is_terminated_when_it_has_left_ends_as_it_would_have(stage: Stage) -> None:
    """It is not undone then: others may write to its endpoint by now."""
    stage.deploys("blue")
    first = stage.starts("green")
    left: list[Any] = []

    def turned(instance: Instance) -> None:
        waits = instance.execution.asked[-1] if instance.execution.asked else None
        if instance.id.startswith(f"{first.id}:") and waits and waits.name == "leave" and not left:
            left.append(True)
            stage.hub.terminate(first)

    stage.hub.turned = turned
    stage.hub.run()
    assert (first.status, stage.azure.endpoints["north"].traffic) == ("Terminated", {"green": 100})
    wrote = list(stage.azure.acts)
    stage.hub.after(60, lambda: guard_looks(stage.hub))

    assert stage.rests() == []
    assert (first.status, first.resumed) == ("Completed", 1)
    assert stage.azure.acts == wrote


@pytest.mark.parametrize(("resumptions", "leaves"), [(RESUMPTIONS_ALLOWED, True), (RESUMPTIONS_ALLOWED + 1, False)])
def test_a_run_whose_leaving_takes_the_worker_down_each_time_ends_without_it(resumptions: int, leaves: bool) -> None:
    ending = End(result={"fine": True}, leaves=LeaveOrder(endpoint="north", run=RunRef(id="dep-0")))
    order = {"request": {}, "carried": {"resumptions": resumptions}, "ending": ending.to_wire()}
    played = Played(order, datetime(2026, 1, 1, tzinfo=UTC), "dep-0")

    asked, ended = None, None
    try:
        asked = deploy(played).send(None)
    except StopIteration as end:
        ended = end.value

    assert (asked is not None) is leaves
    assert ended == (None if leaves else {"fine": True})
