"""A deployment that is canceled at each of its steps, and a turn that is waited for for hours: compared with before."""

from __future__ import annotations

from copy import deepcopy
from itertools import count
from typing import Any

import pytest

from contracts.orders import CANCEL
from tests.schedules.azure import Azure
from tests.schedules.hub import Instance
from tests.schedules.stage import Stage, error_of
from tests.schedules.wire import Line


def state_of(azure: Azure) -> dict[str, Any]:
    """All of Azure but what is registered, which stays by design, and when anything happened."""
    return {
        "endpoints": {
            one.name: (
                {**one.body, "properties": {**one.body["properties"], "properties": None, "traffic": one.traffic}},
                one.state,
                one.principal,
                {name: (each.body, each.state) for name, each in one.deployments.items()},
            )
            for one in azure.endpoints.values()
        },
        "assignments": azure.assignments,
        "settings": azure.settings,
    }


def after(base: Stage, line: Line) -> Stage:
    """Another stage at the same point."""
    stage = Stage(line)
    known = {name: part for name, part in vars(base.azure).items() if name != "weather"}
    vars(stage.azure).update(deepcopy(known))
    stage.hub.now = base.hub.now
    stage.hub.instances.update(base.hub.instances)
    stage.hub.queues.update(base.hub.queues)
    return stage


def canceled_at(stage: Stage, turn: int) -> tuple[Instance, bool]:
    """A deployment that is canceled at its turn of that number, and whether it came so far."""
    run, taken = stage.starts("green", model="azureml:credit-risk:1"), count(1)

    def cancels(instance: Instance) -> None:
        if instance is run and next(taken) == turn:
            stage.hub.raise_event(run.id, CANCEL, "enough")

    stage.hub.turned = cancels
    assert stage.rests() == [], turn
    return run, next(taken) > turn


@pytest.mark.parametrize("serves", [False, True])
def test_a_deployment_canceled_at_any_step_leaves_azure_as_it_was(line: Line, serves: bool) -> None:
    """On an endpoint that it makes itself, and on one where another deployment serves."""
    base = Stage(line)
    if serves:
        base.deploys("blue", access={})
    before, canceled = state_of(base.azure), 0
    for turn in count(1):
        stage = after(base, line)
        run, came = canceled_at(stage, turn)
        if not came:
            break
        error = error_of(run)
        if error is None:
            continue  # it had read back what it made, and was about to end
        canceled += 1
        assert error.code == "Canceled", turn
        assert state_of(stage.azure) == before, turn
        assert run.resumed == 0
    assert canceled > 12
