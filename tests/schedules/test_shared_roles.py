"""What the queue of an endpoint does not keep apart: runs on two endpoints that have one identity."""

from __future__ import annotations

import pytest

from contracts.orders import CANCEL
from tests.schedules.records import IDENTITY_ID
from tests.schedules.stage import Stage, body, fates_of
from tests.schedules.weather import Ending
from triggers import claims

WHO = {"type": "user_assigned", "user_assigned_identities": [{"resource_id": IDENTITY_ID}]}


def on(endpoint: str) -> dict[str, object]:
    asked = body("blue")
    asked["endpoint"] = {"name": endpoint, "identity": WHO}
    return {name: part for name, part in asked.items() if name != "diagnostics"}


@pytest.mark.parametrize("told", [True, False])
def test_roles_that_a_run_on_another_endpoint_relies_on_outlive_the_canceled_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, *, told: bool
) -> None:
    if not told:  # what would be, if nobody asked the task hub
        monkeypatch.setattr(claims, "_is_claim", lambda *_: False)
    stage.weather.endings = [Ending(1500), Ending(1500)]
    first = stage.begins(on("north"))
    stage.hub.after(60, lambda: stage.begins(on("south")))
    stage.hub.after(700, lambda: stage.hub.raise_event(first.id, CANCEL, "nobody wants it"))
    stage.rests()

    second = next(one for one in stage.hub.instances.values() if one.name == "deploy" and one is not first)
    assert (first.status, second.status) == ("Failed", "Completed")
    assert fates_of(first)["role_assignment"] == ("stays" if told else "undone")
    assert bool(stage.azure.assignments) is told
