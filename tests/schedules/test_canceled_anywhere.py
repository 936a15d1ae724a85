"""A deployment that is canceled at each of its steps, and a turn that is waited for for hours: compared with before."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from contracts.orders import CANCEL
from contracts.status import Progress
from tests.schedules.azure import Azure
from tests.schedules.instances import Instance
from tests.schedules.records import STORAGE_ID
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


def test_a_turn_that_is_waited_for_for_three_hours_costs_no_more_than_one_that_is_free(line: Line) -> None:
    """The first run waits so long for its roles. What is counted are the events that a history is told of."""
    propagation = {"wait": "PT3H", "give_up_after": "PT4H"}
    grants = [{"role": "Cognitive Services OpenAI User", "scope": STORAGE_ID}]
    stage = Stage(line)
    stage.starts("blue", access={"additional": grants, "propagation": propagation})
    waits = stage.starts("green", access={})
    assert stage.rests() == []
    free = Stage(line)
    free.deploys("blue", access={})
    alone = free.deploys("green", access={})
    turn = Progress.from_wire(waits.shown).steps[0]

    assert (turn.name, waits.status, alone.status) == ("wait_for_turn", "Completed", "Completed")
    assert turn.ended
    assert turn.ended - turn.started > timedelta(hours=3)
    # Each answer is up to four events of a history: asked for, a turn's beginning, the answer, a turn's end.
    assert (len(waits.execution.history) - len(alone.execution.history)) * 4 < 40
    waiting = [one for one in stage.hub.instances.values() if one.name == "take_turn"]
    assert max(len(one.execution.history) * 4 for one in waiting) < 120
