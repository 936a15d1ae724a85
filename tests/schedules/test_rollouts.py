"""A deployment whose traffic grows in steps, disturbed at each of its turns."""

from __future__ import annotations

import pytest

from contracts.orders import CANCEL
from tests.schedules.clients import guard_looks
from tests.schedules.instances import Instance
from tests.schedules.stage import Stage, error_of, fates_of

ROLLOUT = {"steps": [10, 50], "pause": "PT5M"}
BLUE, GREEN = {"blue": 100}, {"green": 100}


def rolled_out(stage: Stage) -> Instance:
    stage.deploys("blue")
    return stage.starts("green", rollout=ROLLOUT)


def test_live_requests_that_fail_stop_it_and_the_old_one_has_its_traffic_back(stage: Stage) -> None:
    run = rolled_out(stage)
    stage.weather.failures = [0, 2]

    assert stage.rests() == []
    error = error_of(run)
    assert error is not None
    assert (error.code, error.message) == ("RolloutStopped", "2 of 100 live requests failed at 50 %")
    assert (fates_of(run)["traffic"], stage.azure.endpoints["north"].traffic) == ("undone", BLUE)
    assert sorted(stage.azure.endpoints["north"].deployments) == ["blue"]


def test_as_many_failures_as_are_tolerated_do_not(stage: Stage) -> None:
    run = rolled_out(stage)
    stage.weather.failures = [1, 1]

    assert stage.rests() == []
    assert (run.status, stage.azure.endpoints["north"].traffic) == ("Completed", GREEN)


@pytest.mark.parametrize("disturbed", ["canceled", "killed"])
@pytest.mark.parametrize("share", [10, 50])
def test_one_that_is_disturbed_at_a_step_gives_its_traffic_back_or_goes_on(
    stage: Stage, share: int, disturbed: str
) -> None:
    run = rolled_out(stage)
    met: list[int] = []

    def turned(_: Instance) -> None:
        if met or stage.azure.endpoints["north"].traffic.get("green") != share:
            return
        met.append(share)
        if disturbed == "canceled":
            stage.hub.raise_event(run.id, CANCEL, "enough")
        else:
            stage.hub.kill_worker(1, "deploy")
            stage.hub.after(900, lambda: guard_looks(stage.hub))

    stage.hub.turned = turned

    assert stage.rests() == []
    assert met == [share]
    ended = ("Failed", BLUE) if disturbed == "canceled" else ("Completed", GREEN)
    assert (run.status, stage.azure.endpoints["north"].traffic) == ended
    if disturbed == "killed":
        [newest, *_] = stage.hub.queues["north"].releases
        assert (newest.traffic_before, newest.traffic) == (BLUE, GREEN)
