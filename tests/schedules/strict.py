"""What the Azure of schedules refuses beside what goes wrong by chance: sizes, quota, conditions, names, scopes.

Judged with `local/cloud`'s own rules, which read Azure's documents independently of the rooms in `activities/`.
"""

from __future__ import annotations

import base64
import json
import re

from local.cloud.arm.errors import authorization_failed, invalid, resource_not_found
from local.cloud.authorization.comparisons import Attempt
from local.cloud.authorization.conditions import satisfied
from local.cloud.machinelearning.skus import Size, families, size_named, sizes
from tests.schedules.azure import Answer, Azure, route
from tests.schedules.records import REGISTRY_ID, STORAGE_ID, WORKSPACE, WORKSPACE_ID, Document

OWN_PRINCIPAL = "44444444-4444-4444-4444-444444444444"
OWN_ROLE = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
GRANT = "Microsoft.Authorization/roleAssignments/write"
ON_CALL = f"{WORKSPACE.resource_group_id}/providers/Microsoft.Insights/actionGroups/on-call"
LOCATION = f"/subscriptions/{WORKSPACE.subscription_id}/providers/Microsoft.MachineLearningServices/locations/eastus"
# Deployments per endpoint and instances per deployment (Microsoft Learn, "Manage and increase quotas").
MOST_DEPLOYMENTS, MOST_INSTANCES = 20, 50


def own_token() -> str:
    """A token that says whose it is."""
    claims = base64.urlsafe_b64encode(json.dumps({"oid": OWN_PRINCIPAL}).encode()).decode().rstrip("=")
    return f"h.{claims}.s"


@route("GET", LOCATION + "/vmSizes", inside=False)
def _sizes(azure: Azure) -> Answer:
    _check_reader(azure, "vmSizes")
    return 200, {
        "value": [{"name": one.name, "family": one.family.name, "vCPUs": one.cores} for one in sizes().values()]
    }


@route("GET", LOCATION + "/usages", inside=False)
def _usages(azure: Azure) -> Answer:
    _check_reader(azure, "usages")
    counted = [
        {
            "name": {"value": one.counted_as},
            "currentValue": _used(azure, one.name, ""),
            "limit": azure.quota.cores_of(one),
        }
        for one in families()
        if one.name != azure.uncounted
    ]
    endpoints = {
        "name": {"value": "Online endpoints"},
        "currentValue": len(azure.endpoints),
        "limit": azure.quota.endpoints,
    }
    return 200, {"value": [*counted, endpoints]}


@route("GET", r".*/providers/Microsoft\.Authorization/roleDefinitions/{name}", inside=False)
def _definition(azure: Azure, name: str) -> Answer:
    actions = ["*/read", "Microsoft.Authorization/roleAssignments/write"] if name == OWN_ROLE else ["*/read"]
    return 200, {"name": name, "properties": {"roleName": name, "permissions": [{"actions": actions}]}}


@route("GET", f"{re.escape(WORKSPACE.resource_group_id)}/resources", inside=False)
def _resources(azure: Azure) -> Answer:
    name = re.search(r"name[ +]eq[ +]'([^']+)'", azure.query)
    there = {one.rsplit("/", 1)[-1] for one in (STORAGE_ID, REGISTRY_ID, WORKSPACE_ID, ON_CALL)}
    return 200, {"value": [{"name": name[1]}] if name and name[1] in there else []}


def own_assignment(azure: Azure) -> Document:
    """Slipway's own right to grant, with its condition."""
    definition = (
        f"/subscriptions/{WORKSPACE.subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{OWN_ROLE}"
    )
    properties = {
        "principalId": OWN_PRINCIPAL,
        "roleDefinitionId": definition,
        "scope": WORKSPACE.resource_group_id,
        "condition": azure.condition,
    }
    return {"id": "/own", "name": "own", "properties": properties}


def check_grant(azure: Azure, scope: str, wanted: Document) -> None:
    """Refuse a role that the condition does not let Slipway grant, and one on what is not there."""
    if scope.lower() not in {one.lower() for one in (STORAGE_ID, REGISTRY_ID, WORKSPACE_ID)}:
        raise resource_not_found(scope.rsplit("/providers/", maxsplit=1)[-1], WORKSPACE.resource_group)
    names = {"RoleDefinitionId": "roleDefinitionId", "PrincipalId": "principalId", "PrincipalType": "principalType"}
    attributes: dict[str, object] = {
        f"microsoft.authorization/roleassignments:{name.lower()}": str(wanted.get(field, "")).rsplit("/", 1)[-1]
        for name, field in names.items()
    }
    if not satisfied(azure.condition, Attempt(GRANT, request=attributes)):
        raise authorization_failed("slipway", OWN_PRINCIPAL, GRANT, scope)


@route("GET", "connections/{name}")
def _connection(azure: Azure, name: str) -> Answer:
    if name not in azure.connections:
        raise resource_not_found(f"connections/{name}", WORKSPACE.resource_group)
    properties = azure.connections[name]
    if properties is None:
        raise authorization_failed("slipway", OWN_PRINCIPAL, "connections/read", WORKSPACE_ID)
    return 200, {"name": name, "properties": properties}


def check_endpoint(azure: Azure, name: str, compute: str) -> None:
    """Refuse a name that another workspace of the region has, one endpoint too many, and a compute that is not there.

    `compute` is the ARM id of a Kubernetes endpoint's cluster, empty for a managed one.
    """
    cluster = compute.rsplit("/", 1)[-1]
    if cluster and cluster not in azure.computes:
        raise invalid("ComputeNotFound", f"Compute {cluster} is not attached to the workspace.")
    if name in azure.taken:
        raise invalid("EndpointNameTaken", "Endpoint name needs to be unique within a region")
    if len(azure.endpoints) >= azure.quota.endpoints:
        raise invalid("OutOfQuota", "The limit of online endpoints is reached.")


def check_deployment(azure: Azure, endpoint: str, name: str, body: Document) -> None:
    """Refuse what no machine is to be had for, and what nothing answers in."""
    properties, instances = body["properties"], int((body.get("sku") or {}).get("capacity") or 1)
    if "instanceType" not in properties:
        return  # outsiders write no more than what the schedules look at
    size = size_named(str(properties["instanceType"]))
    if size is None:
        raise invalid("InvalidInstanceType", f"The instance type {properties['instanceType']} is not supported.")
    others = azure.endpoints[endpoint].deployments
    if instances > MOST_INSTANCES or (name not in others and len(others) >= MOST_DEPLOYMENTS):
        raise invalid("OutOfQuota", "The limit is reached.")
    if _used(azure, size.family.name, f"{endpoint}/{name}") + size.cores_for(instances) > azure.quota.cores_of(
        size.family
    ):
        raise invalid("OutOfQuota", f"Not enough quota available for {size.name}.")
    environment = azure.assets.get(str(properties.get("environmentId")).removeprefix(f"{WORKSPACE_ID}/"), {})
    model = azure.assets.get(str(properties.get("model")).removeprefix(f"{WORKSPACE_ID}/"), {})
    answers = (environment.get("properties") or {}).get("inferenceConfig")
    brings = (model.get("properties") or {}).get("modelType") in ("mlflow_model", "triton_model")
    if not (properties.get("codeConfiguration") or answers or brings):
        raise invalid("MissingDriverProgram", "A scoring script or an inferenceConfig is required.")


def _used(azure: Azure, family: str, beside: str) -> int:
    """Cores of a family that are held by all deployments but one."""
    held = 0
    for endpoint in azure.endpoints.values():
        for one in endpoint.deployments.values():
            size: Size | None = size_named(str(one.body["properties"].get("instanceType")))
            if size and size.family.name == family and f"{endpoint.name}/{one.name}" != beside:
                held += size.cores_for(int((one.body.get("sku") or {}).get("capacity") or 1))
    return held


def _check_reader(azure: Azure, what: str) -> None:
    if not azure.reads_subscription:
        action = f"Microsoft.MachineLearningServices/locations/{what}/read"
        raise authorization_failed("slipway", OWN_PRINCIPAL, action, LOCATION)
