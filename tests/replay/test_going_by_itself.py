"""Retirement and expiry without a host: they wait, look again, and take what is still to go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.operations import OperationResult
from tests.replay.operations import ENDPOINT, operated, world
from tests.replay.scripted import BEGIN


def test_retirement_waits_and_looks_again_before_each_deployment_goes() -> None:
    playing = world("retire")
    looked: list[str] = []

    def found(message: dict[str, Any]) -> dict[str, Any]:
        looked.append(message["before"])
        return {}

    playing.answers["find_superseded"] = found
    context, returned = operated("retire", playing)

    looks = ["find_superseded", "plan_retirement"]
    assert playing.called == [*looks, *["remove_deployment"] * 4, *looks]
    wait = next(step for step in context.progress.steps if step.name == "wait_to_retire")
    assert (wait.state, wait.ended) == ("succeeded", BEGIN + timedelta(days=2, hours=1))
    # So far back lies what is due: when this was asked for.
    assert datetime.fromisoformat(looked[0]) == BEGIN
    [gone] = OperationResult.from_wire(returned).ledger
    assert (gone.kind, gone.how, gone.sure) == ("deployment", "removed", True)
    assert len(playing.queued.releases) == 2
    assert playing.queued.askers == []


@pytest.mark.parametrize("answer", [{"stays": "it has 100 % of the traffic by now"}, {"ours": False}])
def test_what_is_wanted_again_when_it_is_about_to_go_stays(answer: dict[str, Any]) -> None:
    playing = world("retire")
    marks: list[tuple[str, object]] = []

    def removal(message: dict[str, Any]) -> dict[str, Any]:
        marks.append((message["mark"], message.get("for_good")))
        return {"state": "Succeeded", "done": True, **answer}

    playing.answers["remove_deployment"] = removal
    _, returned = operated("retire", playing)

    assert marks == [(f"dep-{1:032x}", None)], "only what carries the mark of whoever made it"
    assert OperationResult.from_wire(returned).ledger == []


def test_an_endpoint_goes_at_its_time_once_somebody_was_warned() -> None:
    playing = world("expire")
    context, returned = operated("expire", playing)

    assert playing.called == ["find_expiry", "find_expiry", "plan_teardown", *["remove_endpoint"] * 4, "plan_teardown"]
    waits = {step.name: step.ended for step in context.progress.steps}
    assert waits["wait_to_warn"] == BEGIN + timedelta(hours=7)
    assert waits["wait_to_expire"] == BEGIN + timedelta(hours=8)
    assert OperationResult.from_wire(returned).ledger[0].how == "removed"
    assert (playing.queued.releases[0].kind, playing.queued.expires) == ("expire", None)


@pytest.mark.parametrize(
    ("decides", "why"), [({"by": "op-expire-2"}, "op-expire-2 says when it goes"), ({}, "says nothing of its end")]
)
@pytest.mark.parametrize("looks", [0, 1])
def test_an_endpoint_stays_when_a_later_deployment_says_so(decides: dict[str, str], why: str, looks: int) -> None:
    playing = world("expire")
    answers = iter([playing.answers["find_expiry"]({"mark": f"op-expire-{1:032x}"})] * looks)
    playing.answers["find_expiry"] = lambda _: next(answers, decides)
    _, returned = operated("expire", playing)

    assert why in OperationResult.from_wire(returned).stays[ENDPOINT]
    assert "plan_teardown" not in playing.called
    assert len(playing.queued.releases) == 2
    assert playing.queued.askers == []
