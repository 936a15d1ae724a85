"""The resources of the machine learning service as JSON, field for field as recorded."""

from __future__ import annotations

from local.cloud.arm.errors import wire_time
from local.cloud.authority import INFERENCE_SUFFIX
from local.cloud.machinelearning.operations import status_url
from local.cloud.machinelearning.state import Asset, Deployment, Endpoint, Json, Stamps
from local.cloud.world import REGION, TENANT, WORKSPACE_ID

_TYPE = "Microsoft.MachineLearningServices/workspaces"

# What the service says about a version beyond what the caller gave (recordings "model version", "code version";
# environments: SDK models, not compared with live Azure).
_ASSET_DEFAULTS: dict[str, Json] = {
    "models": {
        "description": None,
        "tags": {},
        "properties": {},
        "isArchived": False,
        "isAnonymous": False,
        "autoDeleteSetting": None,
        "flavors": {},
        "modelType": "custom_model",
        "modelUri": None,
        "jobName": None,
        "provisioningState": "Succeeded",
        "stage": "Development",
        "intellectualProperty": None,
    },
    "codes": {
        "description": None,
        "tags": {},
        "properties": {},
        "isArchived": False,
        "isAnonymous": False,
        "codeUri": None,
    },
    "environments": {
        "description": None,
        "tags": {},
        "properties": {},
        "isArchived": False,
        "isAnonymous": False,
        "environmentType": "UserCreated",
        "image": None,
        "condaFile": None,
        "build": None,
        "inferenceConfig": None,
        "osType": "Linux",
        "provisioningState": "Succeeded",
    },
}
_PROBE: Json = {
    "failureThreshold": 30,
    "successThreshold": 1,
    "timeout": "PT2S",
    "period": "PT10S",
    "initialDelay": "PT10S",
}
# Recording "deployment PUT": what the service fills in.
_DEPLOYMENT_DEFAULTS: Json = {
    "description": None,
    "properties": {},
    "codeConfiguration": None,
    "environmentId": None,
    "environmentVariables": {},
    "scaleSettings": {"scaleType": "Default"},
    "requestSettings": {"maxQueueWait": "PT0S", "requestTimeout": "PT5S", "maxConcurrentRequestsPerInstance": 1},
    "modelMountPath": None,
    "appInsightsEnabled": False,
    "livenessProbe": _PROBE,
    "readinessProbe": _PROBE,
    "provisioningState": "Creating",
    "instanceType": None,
    "model": None,
    "egressPublicNetworkAccess": "Enabled",
    "dataCollector": None,
    "endpointComputeType": "Managed",
}


def endpoint_id(name: str) -> str:
    """The ARM id of an endpoint."""
    return f"{WORKSPACE_ID}/onlineEndpoints/{name}"


def asset_id(asset: Asset) -> str:
    """The ARM id of an asset version."""
    return f"{WORKSPACE_ID}/{asset.kind}/{asset.name}/versions/{asset.version}"


def asset_document(asset: Asset) -> Json:
    """A version of a model, code or environment."""
    given = {name: value for name, value in asset.properties.items() if value is not None}
    return {
        "id": asset_id(asset),
        "name": asset.version,
        "type": f"{_TYPE}/{asset.kind}/versions",
        "properties": {**_ASSET_DEFAULTS[asset.kind], **given},
        "systemData": _system_data(asset.stamps, kind=True),
    }


def container_document(versions: list[Asset]) -> Json:
    """The container of all versions of one name, with the version that would come next."""
    first = versions[0]
    numbers = [int(asset.version) for asset in versions if asset.version.isdigit()]
    newest = sorted(versions, key=lambda asset: asset.stamps.created_at)[-1]
    return {
        "id": f"{WORKSPACE_ID}/{first.kind}/{first.name}",
        "name": first.name,
        "type": f"{_TYPE}/{first.kind}",
        "properties": {
            "description": None,
            "tags": {},
            "properties": {},
            "isArchived": all(asset.archived for asset in versions),
            "latestVersion": newest.version,
            "nextVersion": str(max(numbers, default=0) + 1),
        },
        "systemData": _system_data(first.stamps, kind=True),
    }


def endpoint_document(endpoint: Endpoint) -> Json:
    """An online endpoint."""
    base = f"https://{endpoint.name}{INFERENCE_SUFFIX}" if endpoint.reachable else None
    own: Json = {
        "azureml.onlineendpointid": endpoint_id(endpoint.name).lower(),
        "AzureAsyncOperationUri": status_url(endpoint.operation),
    }
    return {
        "id": endpoint_id(endpoint.name),
        "name": endpoint.name,
        "type": f"{_TYPE}/onlineEndpoints",
        "properties": {
            "description": endpoint.description,
            "properties": {**endpoint.properties, **own},
            "scoringUri": f"{base}/score" if base else None,
            "swaggerUri": f"{base}/swagger.json" if base else None,
            "authMode": endpoint.auth_mode,
            "provisioningState": endpoint.state,
            "compute": None,
            "traffic": endpoint.traffic,
            "mirrorTraffic": {},
            "publicNetworkAccess": "Enabled",
        },
        "systemData": _system_data(endpoint.stamps, kind=False),
        "tags": endpoint.tags,
        "location": REGION,
        "kind": "Managed",
        "identity": _identity(endpoint),
    }


def deployment_document(endpoint: Endpoint, deployment: Deployment) -> Json:
    """An online deployment."""
    given = {name: value for name, value in deployment.properties.items() if value is not None}
    properties: Json = {**_DEPLOYMENT_DEFAULTS, **given, "provisioningState": deployment.state}
    for name in ("requestSettings", "livenessProbe", "readinessProbe"):
        properties[name] = {**as_json(_DEPLOYMENT_DEFAULTS[name]), **as_json(given.get(name))}
    properties["properties"] = {
        **as_json(given.get("properties")),
        "AzureAsyncOperationUri": status_url(deployment.operation),
    }
    if deployment.state == "Succeeded":
        properties["environmentVariables"] = {
            **as_json(given.get("environmentVariables")),
            **_container_variables(properties),
        }
    return {
        "id": f"{endpoint_id(endpoint.name)}/deployments/{deployment.name}",
        "name": deployment.name,
        "type": f"{_TYPE}/onlineEndpoints/deployments",
        "properties": properties,
        "systemData": _system_data(deployment.stamps, kind=False),
        "tags": deployment.tags,
        "location": REGION,
        "kind": "Managed",
        "sku": {"name": "Default", "tier": "Standard", "capacity": deployment.capacity},
    }


def as_json(value: object) -> Json:
    """`value` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def _container_variables(properties: Json) -> Json:
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


def _identity(endpoint: Endpoint) -> Json:
    if not endpoint.user_assigned:
        own = endpoint.identities[0]
        return {"type": "SystemAssigned", "principalId": own.principal_id, "tenantId": TENANT}
    return {
        "type": "UserAssigned",
        "userAssignedIdentities": {
            str(one.resource_id): {"principalId": one.principal_id, "clientId": one.client_id}
            for one in endpoint.identities
        },
    }


def _system_data(stamps: Stamps, *, kind: bool) -> Json:
    made: Json = {"createdAt": wire_time(stamps.created_at), "createdBy": stamps.created_by}
    changed: Json = {"lastModifiedAt": wire_time(stamps.modified_at)}
    if kind:
        made["createdByType"] = "User"
        changed |= {"lastModifiedBy": stamps.modified_by, "lastModifiedByType": "User"}
    return {**made, **changed}
