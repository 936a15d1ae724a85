"""The documents of the Azure of random schedules, with as many of Azure's fields as the SDKs need."""

from __future__ import annotations

from datetime import datetime

from local.cloud.machinelearning.defaults import ASSET_DEFAULTS, DEPLOYMENT_DEFAULTS
from tests.schedules.records import (
    IDENTITY_ID,
    REGISTRY_ID,
    STORAGE_ID,
    WORKSPACE,
    WORKSPACE_ID,
    Deployment,
    Document,
    Endpoint,
    Operation,
    deployment_key,
    endpoint_key,
)

OPERATIONS = f"/subscriptions/{WORKSPACE.subscription_id}/providers/Microsoft.MachineLearningServices/locations/eastus"
SCORING_HOST = "eastus.inference.ml.azure.com"
STORAGE_HOST = "blob.core.windows.net"


def workspace() -> Document:
    """The workspace, with storage and registry."""
    return {
        "id": WORKSPACE_ID,
        "name": WORKSPACE.workspace,
        "location": "eastus",
        "identity": {"type": "SystemAssigned", "principalId": "w", "tenantId": "t"},
        "properties": {
            "storageAccount": STORAGE_ID,
            "containerRegistry": REGISTRY_ID,
            "provisioningState": "Succeeded",
        },
    }


def operation_url(operation: Operation) -> str:
    """Where an operation tells how it goes."""
    return f"{WORKSPACE.arm_url}{OPERATIONS}/mfeOperationsStatus/{operation.name}"


def operation(found: Operation) -> Document:
    """How an operation goes: a failure has no code, and a message that begins with it."""
    state = "Updating" if not found.ended else ("Failed" if found.error else "Succeeded")
    error = {"error": {"code": None, "message": found.error}} if state == "Failed" else {}
    return {"name": found.name, "status": state, **error}


def endpoint(found: Endpoint) -> Document:
    """An endpoint."""
    given = found.body["properties"]
    kind = found.body["identity"]["type"]
    own = {"type": "SystemAssigned", "principalId": found.principal, "tenantId": "t"}
    assigned = {
        "type": kind,
        "userAssignedIdentities": {IDENTITY_ID: {"principalId": found.principal, "clientId": "c"}},
    }
    return {
        "id": f"{WORKSPACE_ID}/{endpoint_key(found.name)}",
        "name": found.name,
        "location": "eastus",
        "kind": "Managed",
        "tags": found.body.get("tags") or {},
        "identity": own if kind == "SystemAssigned" else assigned,
        "properties": {
            "authMode": given["authMode"],
            "traffic": given.get("traffic") or {},
            "mirrorTraffic": given.get("mirrorTraffic") or {},
            "description": given.get("description"),
            "compute": given.get("compute"),
            "scoringUri": f"https://{found.name}.{SCORING_HOST}/score",
            "swaggerUri": f"https://{found.name}.{SCORING_HOST}/swagger.json",
            "provisioningState": found.state,
            "properties": {**(given.get("properties") or {}), "AzureAsyncOperationUri": operation_url(found.operation)},
        },
    }


def deployment(endpoint_name: str, found: Deployment) -> Document:
    """A deployment."""
    given = {name: value for name, value in found.body["properties"].items() if value is not None}
    own = {"AzureAsyncOperationUri": operation_url(found.operation)}
    if given["endpointComputeType"] == "Kubernetes":
        given.setdefault("containerResourceRequirements", {})  # the SDK reads it whatever was sent
    return {
        "id": f"{WORKSPACE_ID}/{deployment_key(endpoint_name, found.name)}",
        "name": found.name,
        "location": "eastus",
        "kind": "Managed",
        "tags": found.body.get("tags") or {},
        "sku": {"name": "Default", "capacity": found.instances},
        "properties": {**DEPLOYMENT_DEFAULTS, **given, "provisioningState": found.state, "properties": own},
    }


def asset(path: str, body: Document, created: datetime) -> Document:
    """A version of a model, an environment or code."""
    kind, version = path.split("/", 1)[0], path.rsplit("/", 1)[-1]
    given = {name: value for name, value in body["properties"].items() if value is not None}
    stamp = {"createdAt": created.isoformat(), "createdBy": "s", "createdByType": "User"}
    properties = {**ASSET_DEFAULTS[kind], **given}
    return {"id": f"{WORKSPACE_ID}/{path}", "name": version, "properties": properties, "systemData": stamp}


def datastore(name: str) -> Document:
    """A blob container of the workspace."""
    container = {"accountName": "store", "containerName": "blobs", "endpoint": "core.windows.net", "protocol": "https"}
    credentials = {"credentialsType": "None"}
    properties = {"datastoreType": "AzureBlob", "isDefault": True, "credentials": credentials, **container}
    return {
        "id": f"{WORKSPACE_ID}/datastores/{name}",
        "name": name,
        "type": "Microsoft.MachineLearningServices/workspaces/datastores",
        "properties": properties,
    }
