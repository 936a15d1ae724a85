"""Runs that write to one endpoint at the same time, as though there were no queue: what each looks at is the net."""

from __future__ import annotations

import json

import pytest

from contracts.status import DeploymentResult
from tests.schedules.instances import Instance
from tests.schedules.orders import PATHS
from tests.schedules.records import mark_in
from tests.schedules.stage import FAILS, WRONG, Stage, error_of, fates_of
from tests.schedules.wire import Line

DOWN = "InternalServerError: An internal error."


@pytest.fixture
def stage(line: Line) -> Stage:
    stage = Stage(line)
    stage.hub.in_line = False
    return stage


def test_a_role_is_revoked_although_the_endpoint_was_made_anew_by_another_run(stage: Stage) -> None:
    """The endpoint of that name has another identity by then: the role is one of a principal that is gone."""
    stage.weather.endpoint_errors = [DOWN]
    first = stage.starts()
    # Begins while the first run still watches the deletion of its endpoint, and is busy until that is gone.
    stage.hub.after(600, lambda: stage.starts("green"))

    assert stage.rests() == []
    assert fates_of(first)["role_assignment"] == "undone"
    assert len(stage.azure.assignments) == 1


def test_what_was_removed_is_undone_although_another_run_made_it_anew(stage: Stage) -> None:
    stage.deploys("other")
    stage.weather.endings = [FAILS]
    first = stage.starts()
    # Waits for the deletion of the first one, and makes one of that name before the first run looks again.
    stage.hub.after(240, stage.starts)

    assert stage.rests() == []
    assert fates_of(first)["deployment"] == "undone"
    assert mark_in(stage.azure.endpoints["north"].deployments["blue"].body) != first.id


def test_what_somebody_else_removed_is_not_said_to_stay_for_another_run(stage: Stage) -> None:
    """Both runs see that the endpoint is gone; the second one is alive when the first one asks for its claims."""
    stage.starts(access={})
    stage.hub.after(45, lambda: stage.starts("green", access={}))
    stage.hub.after(105, stage.outsiders.delete_endpoint)

    assert stage.rests() == []


def test_what_a_run_was_refused_is_not_said_to_stay_of_it(stage: Stage) -> None:
    """Another run has made a deployment of that name, has not heard so yet, and removes it later."""
    stage.weather.endings = [WRONG]
    stage.weather.strike("lost_after", lambda method, key: method == "PUT" and "/deployments/" in key)
    stage.starts()
    stage.hub.after(1, lambda: stage.starts(model={"name": "inline", "version": "8", "path": f"{PATHS}/models/8"}))

    assert stage.rests() == []


def test_diagnostics_that_another_run_confirmed_stay(stage: Stage) -> None:
    stage.weather.endings = [FAILS]
    stage.starts()
    stage.hub.after(20, lambda: stage.starts("green"))

    assert stage.rests() == []


def test_a_role_goes_with_an_endpoint_that_another_run_removes(stage: Stage) -> None:
    """The role's own run has failed before, when the endpoint was still there."""
    stage.weather.endpoint_errors = [DOWN]
    stage.starts(access={})
    stage.hub.after(30, lambda: stage.starts("green"))

    assert stage.rests() == []


def test_models_that_share_an_endpoint_take_its_traffic_in_turn(stage: Stage) -> None:
    runs = [stage.starts("blue", shares=True), stage.starts("green", shares=True, model="azureml:credit-risk:1")]

    assert stage.rests() == []
    assert [run.status for run in runs] == ["Completed", "Completed"]


def test_a_failed_deployment_is_kept_for_nobody(stage: Stage) -> None:
    """Another run puts it again, is told that the endpoint is busy, and has it in its ledger as begun."""
    stage.deploys("other", access={})
    stage.weather.endings = [FAILS, FAILS]
    first = stage.starts(access={})
    stage.hub.after(72, lambda: stage.starts(access={}))
    stage.weather.strike("conflict", lambda method, key: method == "PUT" and "/deployments/" in key and begun(first))

    assert stage.rests() == []
    assert stage.weather.met
    assert fates_of(first)["deployment"] == "undone"


def begun(run: Instance) -> bool:
    """Whether a run's deployment has failed, and its undo has not begun."""
    return "deployment_provisioned" in json.dumps(run.shown) and '"error"' not in json.dumps(run.shown)


@pytest.mark.parametrize("shares", [None, False])
def test_of_two_models_on_an_empty_endpoint_the_first_one_keeps_its_traffic(stage: Stage, shares: bool | None) -> None:
    """Both have found the endpoint empty, and both have a deployment that is ready."""
    runs = [stage.starts("blue", shares=shares), stage.starts("green", shares=shares, model="azureml:credit-risk:1")]

    assert stage.rests() == []
    [served] = [run for run in runs if run.status == "Completed"]
    [refused] = [run for run in runs if run.status == "Failed"]
    error = error_of(refused)
    assert error is not None
    assert (error.code, error.step) == ("EndpointConflict", "shift_traffic")
    assert fates_of(refused)["deployment"] == "undone"
    deployed = DeploymentResult.from_wire(served.output).observed
    assert stage.azure.endpoints["north"].traffic == {deployed.deployment: 100}
    assert [*stage.azure.endpoints["north"].deployments] == [deployed.deployment]
