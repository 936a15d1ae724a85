"""A run that changes an endpoint's mirror traffic and ends otherwise than wanted: what was mirrored before is again."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.orders import CANCEL
from contracts.plan import PlanInput
from contracts.status import Progress
from tests.schedules.clients import guard_looks
from tests.schedules.instances import Instance
from tests.schedules.stage import Stage, body, fates_of
from tests.schedules.weather import Kind
from triggers.plans import plan
from triggers.requests import judged

LIVE, BEFORE, WANTED = {"green": 100}, {"blue": 10}, {"red": 10}


def mirroring(stage: Stage) -> None:
    """An endpoint where green serves, and blue gets copies."""
    for name in ("green", "blue"):
        stage.deploys(name, access={}, traffic="none")
    stage.operates("change_traffic", {"traffic": LIVE, "mirror_traffic": BEFORE})
    stage.rests()


def wanting_copies() -> dict[str, Any]:
    """The request of a deployment, red, that is to get the copies."""
    asked: dict[str, Any] = body("red") | {"access": {}, "traffic": "none"}
    return asked | {"endpoint": {**asked["endpoint"], "mirror_traffic": WANTED}}


def shares(stage: Stage) -> tuple[dict[str, int], dict[str, int]]:
    """The endpoint's traffic, and its copies."""
    properties = stage.azure.endpoints["north"].body["properties"]
    return properties["traffic"], properties["mirrorTraffic"]


@pytest.mark.parametrize(("kind", "number"), [("rejected", 1), ("lost_before", 2), ("lost_after", 2)])
def test_a_deployment_whose_copies_were_refused_leaves_those_of_others(stage: Stage, kind: Kind, number: int) -> None:
    """Or whose answer is lost; then it is canceled."""
    mirroring(stage)
    stage.strikes(kind, "ensure_mirror_traffic", number)
    run = stage.begins(wanting_copies())
    stage.once(lambda: bool(stage.weather.met), lambda: stage.hub.raise_event(run.id, CANCEL, "enough"))

    assert stage.rests() == []
    assert (run.status, shares(stage)) == ("Failed", (LIVE, BEFORE))
    # What was not written is not told of.
    assert fates_of(run) == {"deployment": "undone", **({"mirror_traffic": "undone"} if kind == "lost_after" else {})}


def test_copies_that_somebody_changed_before_they_were_written_are_given_back(stage: Stage) -> None:
    """While the deployment was made, which takes longer than anything else since the plan."""
    mirroring(stage)
    run, theirs = stage.begins(wanting_copies()), {"blue": 30}
    stage.hub.after(40, lambda: stage.azure.endpoints["north"].body["properties"].update(mirrorTraffic=theirs))
    stage.once(lambda: shares(stage)[1] == WANTED, lambda: stage.hub.raise_event(run.id, CANCEL, "enough"))

    assert stage.rests() == []
    assert (fates_of(run)["mirror_traffic"], shares(stage)) == ("undone", (LIVE, theirs))


def test_copies_that_were_taken_in_a_turn_that_died_are_given_back(stage: Stage) -> None:
    """Blue is to serve, and green to get copies: they are written twice, and the first answer came to nobody."""
    mirroring(stage)
    stage.strikes("lost_after", "ensure_mirror_traffic", 2)
    run = stage.operates("change_traffic", {"traffic": {"blue": 100}, "mirror_traffic": {"green": 10}})
    stage.once(lambda: bool(stage.weather.met), lambda: stage.hub.kill_worker(1, "change_traffic"))
    stage.hub.after(1200, lambda: guard_looks(stage.hub))
    stage.hub.after(
        1210,
        lambda: stage.once(
            lambda: shares(stage)[1] == {"green": 10}, lambda: stage.hub.raise_event(run.id, CANCEL, "enough")
        ),
    )

    assert stage.rests() == []
    assert (run.resumed, fates_of(run)["mirror_traffic"], shares(stage)) == (1, "undone", (LIVE, BEFORE))


@pytest.mark.parametrize("rollout", [None, {"steps": [10, 50], "pause": "PT5M"}])
def test_a_plan_says_that_what_gets_traffic_gets_no_copies_any_more(stage: Stage, rollout: Any) -> None:
    """Blue got copies so far, and is given the traffic by the same request with other words."""
    mirroring(stage)
    asked = body("blue") | {"access": {}, "rollout": rollout}
    stage.azure.now = stage.hub.now
    planned = plan(PlanInput(request=judged(asked)))

    run = stage.asked_for(asked)

    assert "mirror traffic blue 10 % → none" in planned.changes
    assert (run.status, shares(stage)) == ("Completed", ({"blue": 100}, {}))
    assert planned.steps == taken(run)


def test_a_plan_waits_for_the_copies_that_it_gives(stage: Stage) -> None:
    mirroring(stage)
    asked = wanting_copies()
    stage.azure.now = stage.hub.now
    planned = plan(PlanInput(request=judged(asked)))

    assert planned.steps == taken(stage.asked_for(asked))
    assert "mirror_traffic_provisioned" in planned.steps


def taken(run: Instance) -> list[str]:
    """The steps that a run has taken."""
    return [one.name for one in Progress.from_wire(run.shown).steps if one.state != "skipped"]
