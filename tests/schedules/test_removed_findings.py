"""What was found is removed while Azure fails: what serves stays, and what nothing needs is gone."""

from __future__ import annotations

import pytest

from tests.schedules.stage import Stage
from tests.schedules.weather import Kind


@pytest.mark.parametrize("activity", ["plan_removal", "remove_deployment"])
@pytest.mark.parametrize("kind", ["throttled", "lost_after"])
def test_what_nothing_needs_goes_and_what_serves_stays(stage: Stage, kind: Kind, activity: str) -> None:
    stage.deploys("blue")
    stage.deploys("red", traffic="none")
    stage.strikes(kind, activity)
    removal = stage.operates("remove_findings", {})

    assert stage.rests() == []
    assert removal.status == "Completed"
    assert sorted(stage.azure.endpoints["north"].deployments) == ["blue"]
