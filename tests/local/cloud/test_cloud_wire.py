"""The wire: documents have the recorded fields, errors the shapes of their plane, paths ARM's habits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Model

from local.cloud.cloud import LocalCloud
from local.cloud.world import (
    BLOB_CONTAINER,
    REGISTRY_ID,
    RESOURCE_GROUP_ID,
    USER_ASSIGNED,
    WORKSPACE_ID,
    WORKSPACE_STORAGE,
    storage_id,
)
from local.waiting import PATIENCE, until
from tests.local.cloud.sdk import Describe, arm, deploy

RECORDED = json.loads((Path(__file__).parent / "recorded_keys.json").read_text())
AUTH = {"authMode": "Key"}
# Resources whose documents are told apart by who created them, or from which details of the recording are left out.
OWN_EXTRAS = {"code": {"systemData.createdBy", "systemData.lastModifiedBy"}}


def fields(document: dict[str, Any], recorded: list[str], prefix: str = "") -> set[str]:
    """The names of a document's fields, as deep as the recording goes."""
    names = set()
    for name, value in document.items():
        names.add(prefix + name)
        if isinstance(value, dict) and any(one.startswith(f"{prefix}{name}.") for one in recorded):
            names |= fields(value, recorded, f"{prefix}{name}.")
    return names


def assert_as_recorded(kind: str, answer: requests.Response) -> None:
    recorded = RECORDED[kind]["keys"]
    assert answer.status_code == RECORDED[kind]["status"]
    assert fields(answer.json(), recorded) - OWN_EXTRAS.get(kind, set()) == set(recorded)


def follow(answer: requests.Response, cloud: LocalCloud) -> requests.Response:
    token = cloud.credential("developer").get_token("https://management.azure.com/.default").token
    url = answer.headers["Azure-AsyncOperation"]
    return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)


class TestDocuments:
    def test_workspace_and_datastore(self, cloud: LocalCloud) -> None:
        assert_as_recorded("workspace", arm(cloud, "GET", ""))
        assert_as_recorded("datastore", arm(cloud, "GET", "/datastores/workspaceblobstore"))

    def test_endpoint_and_its_operation(self, cloud: LocalCloud) -> None:
        with cloud.clock.busy():
            put = arm(cloud, "PUT", "/onlineEndpoints/double", body={"location": "eastus", "properties": AUTH})
            assert_as_recorded("endpoint", put)
            running = follow(put, cloud)
        assert put.headers["x-ms-async-operation-timeout"] == "PT30M"
        assert "Retry-After" not in put.headers
        assert len(put.headers["Azure-AsyncOperation"]) > 3000
        assert_as_recorded("operation_running", running)
        assert running.json()["status"] == "Updating"
        assert running.json()["endTime"] == "0001-01-01T00:00:00+00:00"

    @pytest.mark.usefixtures("endpoint")
    def test_deployment_code_and_the_end_of_an_operation(
        self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe
    ) -> None:
        deploy(ml, deployment_of())
        document = arm(cloud, "GET", "/onlineEndpoints/double/deployments/blue").json()
        again = {name: document[name] for name in ("location", "sku", "properties")}
        with cloud.clock.busy():
            put = arm(cloud, "PUT", "/onlineEndpoints/double/deployments/blue", body=again)
            assert_as_recorded("deployment", put)
            code = document["properties"]["codeConfiguration"]["codeId"]
            assert_as_recorded("code", arm(cloud, "GET", code))
        until(lambda: follow(put, cloud).json()["status"] == "Succeeded")
        assert_as_recorded("operation_succeeded", follow(put, cloud))

    def test_model(self, cloud: LocalCloud) -> None:
        path = "azureml://datastores/workspaceblobstore/paths/x"
        cloud.blobs.put(WORKSPACE_STORAGE, BLOB_CONTAINER, "x/model.txt", b"x")
        put = arm(cloud, "PUT", "/models/m/versions/1", body={"properties": {"modelUri": path}})
        assert_as_recorded("model", put)

    def test_not_found(self, cloud: LocalCloud) -> None:
        answer = arm(cloud, "GET", "/models/nobody/versions")
        assert_as_recorded("not_found", answer)
        error = answer.json()["error"]
        assert (error["code"], error["details"][0]["code"]) == ("UserError", "ModelNotFound")
        kinds = [one["type"] for one in error["additionalInfo"]]
        assert kinds == ["ComponentName", "Correlation", "Environment", "Location", "Time"]


def test_failed_operation_has_a_null_code_and_the_code_in_its_message(
    cloud: LocalCloud, model: Model, ml: MLClient
) -> None:
    identity = {"type": "UserAssigned", "userAssignedIdentities": {USER_ASSIGNED[0].resource_id: {}}}
    arm(cloud, "PUT", "/onlineEndpoints/double", body={"location": "eastus", "identity": identity, "properties": AUTH})
    until(lambda: ml.online_endpoints.get("double").provisioning_state == "Succeeded")
    environment = arm(
        cloud, "PUT", "/environments/e/versions/1", body={"properties": {"image": "i", "inferenceConfig": {}}}
    )
    body: dict[str, Any] = {"location": "eastus", "properties": {"endpointComputeType": "Managed", "model": model.id}}
    body["properties"] |= {"environmentId": environment.json()["id"], "codeConfiguration": None}
    refused = arm(cloud, "PUT", "/onlineEndpoints/double/deployments/blue", body=body)
    assert refused.json()["error"]["details"][0]["code"] == "MissingDriverProgram"
    server = {"image": "i", "inferenceConfig": {"livenessRoute": {"path": "/", "port": 80}}}
    environment = arm(cloud, "PUT", "/environments/e/versions/2", body={"properties": server})
    body["properties"]["environmentId"] = environment.json()["id"]
    put = arm(cloud, "PUT", "/onlineEndpoints/double/deployments/blue", body=body)
    until(lambda: follow(put, cloud).json()["status"] == "Failed")
    error = follow(put, cloud).json()["error"]
    assert error["code"] is None
    assert error["message"].startswith("BadArgument: ")
    assert (
        arm(cloud, "GET", "/onlineEndpoints/double/deployments/blue").json()["properties"]["provisioningState"]
        == "Failed"
    )


class TestArm:
    @pytest.mark.parametrize(
        ("version", "status", "code"),
        [("2099-01-01", 501, "NotEmulatedLocally"), (None, 400, "MissingApiVersionParameter")],
    )
    def test_api_version_must_be_one_it_speaks(
        self, cloud: LocalCloud, version: str | None, status: int, code: str
    ) -> None:
        answer = arm(cloud, "GET", "", version=version)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)

    # The app's roles name their actions; the developer's allow everything, also what was read wrongly from the path.
    @pytest.mark.parametrize("identity", ["developer", "slipway-app"])
    def test_ids_are_not_case_sensitive(self, cloud: LocalCloud, identity: str) -> None:
        path = WORKSPACE_ID.upper().replace("/SUBSCRIPTIONS", "/subscriptions")
        assert arm(cloud, "GET", path, identity=identity).status_code == 200

    @pytest.mark.parametrize(
        ("method", "path"),
        [("GET", f"{WORKSPACE_ID}/jobs"), ("DELETE", WORKSPACE_ID), ("PUT", f"{WORKSPACE_ID}/jobs/j")],
    )
    def test_what_it_does_not_emulate_it_says(self, cloud: LocalCloud, method: str, path: str) -> None:
        answer = arm(cloud, method, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (501, "NotEmulatedLocally")

    def test_other_workspace_is_not_found(self, cloud: LocalCloud) -> None:
        answer = arm(cloud, "GET", WORKSPACE_ID.replace("slipway-workspace", "another"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")

    @pytest.mark.parametrize("body", ["[]", "{"])
    def test_body_must_be_a_json_object(self, cloud: LocalCloud, body: str) -> None:
        token = cloud.credential("developer").get_token("https://management.azure.com/.default").token
        answer = requests.put(
            f"https://management.azure.com{WORKSPACE_ID}/onlineEndpoints/double?api-version=2023-04-01-preview",
            data=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE,
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestContent")

    @pytest.mark.parametrize(
        ("path", "version"),
        [
            (USER_ASSIGNED[0].resource_id, "2023-01-31"),
            (storage_id(WORKSPACE_STORAGE), "2023-05-01"),
            (REGISTRY_ID, "2023-07-01"),
            (RESOURCE_GROUP_ID, "2024-03-01"),
        ],
    )
    def test_resources_beside_the_workspace(self, cloud: LocalCloud, path: str, version: str) -> None:
        answer = arm(cloud, "GET", path, version=version)
        assert answer.status_code == 200
        assert answer.json()["id"] == path
        assert arm(cloud, "GET", f"{path}-x", version=version).status_code in (403, 404)
