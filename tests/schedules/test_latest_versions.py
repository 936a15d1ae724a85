"""A run that begins anew goes on with the version that was the latest one when it began."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.schedules.clients import guard_looks
from tests.schedules.documents import asset
from tests.schedules.instances import Instance
from tests.schedules.orders import PATHS
from tests.schedules.stage import Stage, body, error_of

LATEST: dict[str, dict[str, Any]] = {
    "models/credit-risk": {"model": "azureml:credit-risk@latest"},
    "models/inline": {"model": {"name": "inline", "path": f"{PATHS}/models/7"}},
    "environments/serving": {"environment": "azureml:serving@latest"},
}


@pytest.mark.parametrize("whose", LATEST)
def test_a_version_that_is_registered_meanwhile_is_not_the_one_that_was_asked_for(stage: Stage, whose: str) -> None:
    """Its deployment is there already when the worker dies, and was made from what was the latest then."""
    asked, parts = body("blue") | {"access": {}}, LATEST[whose]
    asked = asked | parts if "model" in parts else asked | {"deployment": asked["deployment"] | parts}
    run = stage.begins(asked)
    done: list[bool] = []

    def turned(_: Instance) -> None:
        endpoint = stage.azure.endpoints.get("north")
        if endpoint and endpoint.deployments and not done:
            done.append(True)
            moment, other = stage.hub.now + timedelta(seconds=1), {"modelUri": f"{PATHS}/models/other"}
            stage.azure.assets[f"{whose}/versions/2"] = asset(f"{whose}/versions/2", {"properties": other}, moment)
            stage.hub.kill_worker(1, "deploy")

    stage.hub.turned = turned
    stage.hub.after(2000, lambda: guard_looks(stage.hub))

    assert stage.rests() == []
    assert (run.resumed, run.status) == (1, "Completed"), error_of(run)
    properties = stage.azure.endpoints["north"].deployments["blue"].body["properties"]
    assert f"{whose}/versions/2" not in str(properties)
