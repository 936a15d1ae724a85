"""Assets that a valid request may name and Slipway cannot use: a typed error, not a crash."""

from __future__ import annotations

from typing import Any

import pytest

from local.cloud import world
from local.cloud.faults import Fault
from local.stack import LocalStack
from tests.integration import acting

ML = "Microsoft.MachineLearningServices/workspaces"
FILE_SHARE = {
    "datastoreType": "AzureFile",
    "accountName": world.WORKSPACE_STORAGE,
    "fileShareName": "code",
    "endpoint": "core.windows.net",
    "protocol": "https",
    "credentials": {"credentialsType": "None"},
    "isDefault": False,
}


def found(path: str, kind: str, properties: dict[str, Any]) -> Fault:
    """What Azure answers for an asset that the local Azure cannot hold."""
    name = path.rsplit("/", 1)[-1]
    body = {
        "id": f"{world.WORKSPACE_ID}/{path}",
        "name": name,
        "type": f"{ML}/{kind}",
        "properties": properties,
        "systemData": {},
    }
    return Fault(status=200, method="GET", path=f"/{path}", body=body)


def test_code_in_a_file_share_is_refused(stack: LocalStack) -> None:
    order = acting.order(stack)
    message = acting.ensuring(order, "code", acting.planned(order).resolved)
    stack.cloud.faults.add(found(f"datastores/{world.DATASTORE}", "datastores", FILE_SHARE))

    error = acting.act("register_code", message)["error"]

    assert error["code"] == "RequestRejected"
    assert "no blob container" in error["message"]


@pytest.mark.parametrize("uri", ["azureml://jobs/train/outputs/artifacts/paths/model/", "https://somewhere/model"])
def test_a_version_made_of_other_things_than_files_in_a_datastore_is_another(stack: LocalStack, uri: str) -> None:
    order = acting.order(stack)
    message = acting.ensuring(order, "model", acting.planned(order).resolved)
    properties = {"modelUri": uri, "modelType": "custom_model", "flavors": {}, "tags": {}, "properties": {}}
    stack.cloud.faults.add(found(str(message.resolved.model), "models/versions", properties))

    error = acting.act("register_model", message)["error"]

    assert error["code"] == "RequestRejected"
    assert "registered with other files" in error["message"]
