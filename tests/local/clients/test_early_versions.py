"""What azureml-mlflow 1.60 asks for when it deploys (`mlflow.deployments`), in the api-versions that it asks with."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient

from local.cloud.world import REGION, RESOURCE_GROUP, WORKSPACE
from tests.local.clients.conftest import Connect
from tests.local.clients.test_machine_learning import refused

PLACE = (RESOURCE_GROUP, WORKSPACE, "watched")


@pytest.fixture(scope="module")
def early(connect: Connect[Any], monitor: Any) -> Any:
    """A client that speaks 2022-02-01-preview, and an endpoint with a deployment named blue."""
    return connect(partial(MachineLearningServicesMgmtClient, api_version="2022-02-01-preview"))


def patch(client: Any, **properties: Any) -> Any:
    body = json.dumps({"location": REGION, "properties": properties}).encode()
    return client.online_endpoints.begin_update(*PLACE, body).result()


def test_the_workspace_is_read_in_the_version_before(connect: Connect[Any]) -> None:
    client = connect(partial(MachineLearningServicesMgmtClient, api_version="2022-01-01-preview"))

    assert client.workspaces.get(RESOURCE_GROUP, WORKSPACE).location == REGION


def test_traffic_is_patched_and_the_rest_stays(early: Any) -> None:
    before = early.online_endpoints.get(*PLACE)

    patch(early, traffic={"blue": 100})
    assert early.online_endpoints.get(*PLACE).properties.traffic == {"blue": 100}
    patch(early, traffic={})

    after = early.online_endpoints.get(*PLACE)
    assert after.properties.traffic == {}
    assert (after.properties.auth_mode, after.identity.principal_id) == (
        before.properties.auth_mode,
        before.identity.principal_id,
    )


@pytest.mark.parametrize("traffic", [{"green": 100}, {"blue": 12.5}, {"blue": -1}, "blue"])
def test_traffic_that_cannot_be_is_refused_in_a_patch_too(early: Any, traffic: Any) -> None:
    with refused("InvalidRequestBody" if traffic != {"green": 100} else "InferencingClientUpdateEndpointFailed"):
        patch(early, traffic=traffic)


@pytest.mark.parametrize(
    ("version", "properties"),
    [("2022-02-01-preview", {"publicNetworkAccess": "Disabled"}), ("2024-10-01", {"traffic": {"blue": 100}})],
)
def test_what_no_model_of_a_patch_has_is_not_emulated(
    connect: Connect[Any], early: Any, version: str, properties: dict[str, Any]
) -> None:
    client = connect(partial(MachineLearningServicesMgmtClient, api_version=version))

    with refused("NotEmulatedLocally", 501):
        patch(client, **properties)
