"""The resources of the machine learning service as JSON, field for field as recorded."""

from __future__ import annotations

from collections.abc import Sequence

from local.cloud.arm.documents import Json, as_json
from local.cloud.hosts import endpoint_url
from local.cloud.machinelearning.defaults import ASSET_DEFAULTS, DEPLOYMENT_DEFAULTS
from local.cloud.machinelearning.operations import status_url
from local.cloud.machinelearning.records import Asset, Container, Deployment, Endpoint, Stamps
from local.cloud.machinelearning.versions import WORKSPACES
from local.cloud.moments import with_offset
from local.cloud.world import REGION, TENANT, WORKSPACE_ID, Identity


def endpoint_id(name: str) -> str:
    """The ARM id of an endpoint."""
    return f"{WORKSPACE_ID}/onlineEndpoints/{name}"


def asset_id(asset: Asset) -> str:
    """The ARM id of an asset version."""
    return f"{WORKSPACE_ID}/{asset.kind}/{asset.name}/versions/{asset.version}"


def asset_document(asset: Asset) -> Json:
    """A version of a model, code, environment or data asset."""
    given = {name: value for name, value in asset.properties.items() if value is not None}
    return {
        "id": asset_id(asset),
        "name": asset.version,
        "type": f"{WORKSPACES}/{asset.kind}/versions",
        "properties": {**ASSET_DEFAULTS[asset.kind], **given},
        "systemData": _system_data(asset.stamps, kind=True),
    }


def container_document(container: Container) -> Json:
    """The container of all versions of one name, with the version that would come next."""
    versions = list(container.versions.values())
    numbers = [int(asset.version) for asset in versions if asset.version.isdigit()]
    newest = max(reversed(versions), key=lambda asset: asset.stamps.created_at, default=None)
    given = {name: value for name, value in container.properties.items() if value is not None}
    return {
        "id": f"{WORKSPACE_ID}/{container.kind}/{container.name}",
        "name": container.name,
        "type": f"{WORKSPACES}/{container.kind}",
        "properties": {
            "description": None,
            "tags": {},
            "properties": {},
            **given,
            "isArchived": container.archived,
            "latestVersion": newest.version if newest else None,
            "nextVersion": str(max(numbers, default=0) + 1),
        },
        "systemData": _system_data(container.stamps, kind=True),
    }


def endpoint_document(endpoint: Endpoint) -> Json:
    """An online endpoint."""
    base = endpoint_url(endpoint.name) if endpoint.reachable else None
    own: Json = {
        "azureml.onlineendpointid": endpoint_id(endpoint.name).lower(),
        "AzureAsyncOperationUri": status_url(endpoint.operation),
    }
    return {
        "id": endpoint_id(endpoint.name),
        "name": endpoint.name,
        "type": f"{WORKSPACES}/onlineEndpoints",
        "properties": {
            "description": endpoint.description,
            "properties": {**endpoint.properties, **own},
            "scoringUri": f"{base}/score" if base else None,
            "swaggerUri": f"{base}/swagger.json" if base else None,
            "authMode": endpoint.routing.auth_mode,
            "provisioningState": endpoint.state,
            "compute": None,
            "traffic": dict(endpoint.routing.traffic),
            "mirrorTraffic": dict(endpoint.routing.mirror),
            "publicNetworkAccess": "Enabled",
        },
        "systemData": _system_data(endpoint.stamps, kind=False),
        "tags": endpoint.tags,
        "location": REGION,
        "kind": "Managed",
        "identity": identity(endpoint.identities),
    }


def deployment_document(endpoint: Endpoint, deployment: Deployment) -> Json:
    """An online deployment."""
    given = {name: value for name, value in deployment.properties.items() if value is not None}
    properties: Json = {**DEPLOYMENT_DEFAULTS, **given, "provisioningState": deployment.state}
    for name in ("requestSettings", "livenessProbe", "readinessProbe"):
        properties[name] = {**as_json(DEPLOYMENT_DEFAULTS[name]), **as_json(given.get(name))}
    told = deployment.process.told if deployment.process else ""
    properties["properties"] = {
        **as_json(given.get("properties")),
        "AzureAsyncOperationUri": status_url(deployment.operation),
        **({"localAzure.environment": "; ".join(deployment.notes)} if deployment.notes else {}),
        **({"localAzure.container": told} if told else {}),
    }
    if deployment.state == "Succeeded":
        properties["environmentVariables"] = {
            **as_json(given.get("environmentVariables")),
            **container_variables(properties),
        }
    return {
        "id": f"{endpoint_id(endpoint.name)}/deployments/{deployment.name}",
        "name": deployment.name,
        "type": f"{WORKSPACES}/onlineEndpoints/deployments",
        "properties": properties,
        "systemData": _system_data(deployment.stamps, kind=False),
        "tags": deployment.tags,
        "location": REGION,
        "kind": "Managed",
        "sku": {"name": "Default", "tier": "Standard", "capacity": deployment.capacity},
    }


def container_variables(properties: Json) -> Json:
    """What the service adds to a deployment's variables once it has succeeded (recorded)."""
    code = as_json(properties.get("codeConfiguration"))
    variables: Json = {}
    if code.get("scoringScript"):
        variables["AZUREML_ENTRY_SCRIPT"] = code["scoringScript"]
        variables["AML_APP_ROOT"] = "/var/azureml-app"
    parts = str(properties.get("model") or "").split("/models/")[-1].split("/versions/")
    if len(parts) == 2:
        variables["AZUREML_MODEL_DIR"] = f"/var/azureml-app/azureml-models/{parts[0]}/{parts[1]}"
    return variables


def identity(identities: Sequence[Identity]) -> Json:
    """What an endpoint or a compute runs as: one identity of its own, or some that it was given."""
    own = identities[0]
    if not own.resource_id:
        return {"type": "SystemAssigned", "principalId": own.principal_id, "tenantId": TENANT}
    return {
        "type": "UserAssigned",
        "userAssignedIdentities": {
            str(one.resource_id): {"principalId": one.principal_id, "clientId": one.client_id} for one in identities
        },
    }


def _system_data(stamps: Stamps, *, kind: bool) -> Json:
    made: Json = {"createdAt": with_offset(stamps.created_at), "createdBy": stamps.created_by}
    changed: Json = {"lastModifiedAt": with_offset(stamps.modified_at)}
    if kind:
        made["createdByType"] = "User"
        changed |= {"lastModifiedBy": stamps.modified_by, "lastModifiedByType": "User"}
    return {**made, **changed}
