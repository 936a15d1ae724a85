"""What is so before a request of the table is asked: shortages, conditions, what is there already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests import samples
from tests.schedules.documents import asset
from tests.schedules.monitoring import INSIGHTS
from tests.schedules.records import WORKSPACE_ID
from tests.schedules.stage import FAILS, Stage

Setting = Callable[[Stage], None]


def plain_request(deployment: str, parts: dict[str, Any]) -> dict[str, Any]:
    """A request with these parts, of which those of the deployment and of the endpoint are joined with the usual."""
    body = samples.request(endpoint="north", deployment=deployment, identity=None)
    for name, part in parts.items():
        body[name] = {**body[name], **part} if name in ("deployment", "endpoint") else part
    body["deployment"] = {name: part for name, part in body["deployment"].items() if part is not None}
    return body


def cores(family: str, limit: int, then: Setting = lambda _: None) -> Setting:
    """A family of sizes with so many cores."""

    def set_up(stage: Stage) -> None:
        then(stage)
        stage.azure.quota.family_cores[f"standard{family}Family"] = limit

    return set_up


def condition(text: str) -> Setting:
    """A condition on Slipway's right to grant."""

    def set_up(stage: Stage) -> None:
        stage.azure.condition = text

    return set_up


def unread(then: Setting = lambda _: None) -> Setting:
    """Slipway may not read the subscription."""

    def set_up(stage: Stage) -> None:
        then(stage)
        stage.azure.reads_subscription = False

    return set_up


def deployed(name: str = "blue", **parts: Any) -> Setting:
    """A deployment that is there."""

    def set_up(stage: Stage) -> None:
        assert stage.asked_for(plain_request(name, parts)).status == "Completed"

    return set_up


def crowded(stage: Stage) -> None:
    """An endpoint with all the deployments that it may have."""
    deployed()(stage)
    there = stage.azure.endpoints["north"].deployments
    there.update({name: replace(there["blue"], name=name) for name in (f"other-{number}" for number in range(19))})


def autoscaled_by_hand(stage: Stage) -> None:
    """A deployment that somebody has given autoscale, in a portal."""
    deployed()(stage)
    identifier = f"{INSIGHTS}/autoscaleSettings/mine"
    target = f"{WORKSPACE_ID}/onlineEndpoints/north/deployments/blue"
    setting = {"id": identifier, "name": "mine", "tags": None, "properties": {"targetResourceUri": target}}
    stage.azure.settings["autoscalesettings/mine"] = setting


def failed(stage: Stage) -> None:
    """A deployment that failed, and stays."""
    stage.weather.endings = [FAILS]
    stage.asked_for(plain_request("blue", {"on_failure": "keep"}))
    assert stage.azure.endpoints["north"].deployments["blue"].state == "Failed"


def registered(path: str, **properties: Any) -> Setting:
    """An asset that is there."""

    def set_up(stage: Stage) -> None:
        stage.azure.assets[path] = asset(path, {"properties": properties}, stage.hub.now)

    return set_up


def readable_model(files: dict[str, Any]) -> Setting:
    """An MLflow model whose files Slipway may read."""

    def set_up(stage: Stage) -> None:
        path = "azureml://datastores/workspaceblobstore/paths/flow"
        registered("models/flow/versions/1", modelType="mlflow_model", modelUri=path)(stage)
        stage.azure.files = {f"flow/{name}": content for name, content in files.items()}

    return set_up


def taken(stage: Stage) -> None:
    """A name that another workspace of the region has."""
    stage.azure.taken.add("north")


def uncounted(stage: Stage) -> None:
    """A family of which Azure tells no usage."""
    stage.azure.uncounted = "standardDSv2Family"


def attached(stage: Stage) -> None:
    """A cluster that endpoints may run on."""
    stage.azure.computes["cluster"] = {}


def locked(stage: Stage) -> None:
    """A connection that Slipway may not look at."""
    stage.azure.connections["bank"] = None


def networked(isolation: str = "Disabled", access: str = "Enabled") -> Setting:
    """A workspace with such a network of its own, or none, that lets the public in or not."""

    def set_up(stage: Stage) -> None:
        stage.azure.network = {"managedNetwork": {"isolationMode": isolation}, "publicNetworkAccess": access}

    return set_up


def full(stage: Stage) -> None:
    """A subscription that has all the endpoints it may have."""
    stage.azure.quota.endpoints = 0
