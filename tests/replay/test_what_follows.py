"""What a deployment starts for later: when it is asked to, once it has succeeded, and never at its own cost."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.errors import CloudUnavailable, WrongAnswer
from tests.replay import azure_script as azure
from tests.replay.running import deployed, failed, raising

SUPERSEDES = {"before": {"green": 100}, "after": {"blue": 100}}
NOTHING: dict[str, Any] = {"before": {"green": 100}, "after": {"green": 90, "blue": 10}}


@pytest.mark.parametrize(
    ("asked", "shift", "started"),
    [
        ({}, SUPERSEDES, []),
        ({"retire": "none"}, SUPERSEDES, []),
        ({"retire": {"keep": 2}}, NOTHING, []),
        ({"retire": {"keep": 2}}, SUPERSEDES, ["retire"]),
        ({"ttl": "PT8H"}, NOTHING, ["expire"]),
        ({"retire": {}, "ttl": "PT8H"}, SUPERSEDES, ["retire", "expire"]),
    ],
    ids=["not asked", "none", "nothing superseded", "superseded", "for a time", "both"],
)
def test_what_is_asked_for_later_is_started(asked: dict[str, Any], shift: Any, started: list[str]) -> None:
    orders: list[dict[str, Any]] = []

    def start(message: dict[str, Any]) -> dict[str, Any]:
        orders.append(message)
        return {"id": f"op-{message['operation']}-1"}

    observed = {**azure.answers()["read_back"]({}), "traffic": shift["after"]}
    change = {"kind": "traffic", "id": azure.RESOLVED["endpoint"], "how": "changed", **shift}
    context, _ = deployed(
        azure.order(**asked),
        read_traffic=lambda _: shift,
        shift_traffic=lambda _: {"entries": [change], "done": False},
        read_back=lambda _: observed,
        start_operation=start,
    )

    assert [one["operation"] for one in orders] == started
    assert {one["order"]["endpoint"] for one in orders} <= {"credit-risk"}
    told = [step.detail for step in context.progress.steps if step.name == "start_operation"]
    assert told == ([", ".join(f"op-{one}-1" for one in started)] if started else [])
    assert context.world.queued.expires == ("op-expire-1" if "expire" in started else None)


def test_what_cannot_be_started_is_told_and_the_deployment_stays() -> None:
    context, _ = deployed(
        azure.order(ttl="PT8H"), start_operation=raising(CloudUnavailable("the task hub does not answer"))
    )

    [step] = [one for one in context.progress.steps if one.name == "start_operation"]
    assert (step.state, step.detail) == ("failed", "expire: CloudUnavailable")
    assert context.world.queued.expires is None


def test_what_failed_starts_nothing() -> None:
    context = failed(azure.order(ttl="PT8H", retire={}), smoke_test=raising(WrongAnswer("[18]")))

    assert "start_operation" not in context.world.called
