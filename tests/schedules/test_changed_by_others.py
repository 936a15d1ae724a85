"""What somebody else changes while a run changes it: nothing of theirs is written over, and nothing is said undone."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from contracts.ledger import LedgerEntry
from contracts.orders import CANCEL
from contracts.status import Progress
from tests.schedules.instances import Instance
from tests.schedules.stage import Stage, body, error_of

SCALED = {"minimum": 1, "maximum": 3}


def entry_of(run: Instance, kind: str) -> LedgerEntry:
    """What its ledger says of that kind."""
    return next(one for one in Progress.from_wire(run.shown).ledger if one.kind == kind)


@pytest.mark.parametrize("tags", [None, {}, {"team": "risk"}])
def test_a_setting_that_somebody_wrote_anew_stays_as_they_wrote_it(stage: Stage, tags: dict[str, str] | None) -> None:
    """With or without tags of theirs, and without those of Slipway."""
    stage.deploys(access={}, autoscale=SCALED)
    run = stage.starts(access={}, autoscale=SCALED | {"maximum": 2})
    [name] = [one for one in stage.azure.settings if one.startswith("autoscale")]
    theirs: dict[str, Any] = {}

    def written_anew() -> bool:
        there = stage.azure.settings[name]
        if there["properties"]["profiles"][0]["capacity"]["maximum"] != "2":
            return False
        theirs.update(deepcopy({part: value for part, value in there.items() if part != "tags"}))
        theirs["properties"]["profiles"][0]["capacity"]["maximum"] = "9"
        theirs.update({} if tags is None else {"tags": tags})
        stage.azure.settings[name] = theirs
        stage.hub.raise_event(run.id, CANCEL, "enough")
        return True

    stage.once(written_anew)
    stage.hub.run()

    entry = entry_of(run, "autoscale")
    assert (entry.how, entry.fate, entry.reason) == ("changed", "stays", "somebody else has changed it since")
    assert stage.azure.settings[name] == theirs


def test_a_deployment_that_somebody_changed_after_the_look_is_not_changed(stage: Stage) -> None:
    """Azure is busy with it; when it takes the change, it is not the one that undo would give back."""
    request = body("blue") | {"access": {}}
    request["deployment"] |= {"environment_variables": {"LEVEL": "info"}}
    stage.asked_for(request)
    variables = stage.azure.endpoints["north"].deployments["blue"].body["properties"]["environmentVariables"]
    stage.strikes("conflict", "ensure_deployment_update")
    asked = {"environment_variables": {"LEVEL": "debug"}, "in_place": True}
    run = stage.operates("update_deployment", asked, deployment="blue")

    def changed() -> bool:
        variables["LEVEL"] = "trace" if stage.weather.met else "info"
        return bool(stage.weather.met)

    stage.once(changed)

    assert stage.rests() == []
    error = error_of(run)
    assert error is not None
    assert (error.code, error.step) == ("DeploymentConflict", "ensure_deployment_update")
    assert error.suggestion == "Look at what it is now, and send the request again."
    properties = stage.azure.endpoints["north"].deployments["blue"].body["properties"]
    assert properties["environmentVariables"] == {"LEVEL": "trace"}
    assert Progress.from_wire(run.shown).ledger == []
