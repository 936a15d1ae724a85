"""What the service says about a resource beyond what the caller gave."""

from __future__ import annotations

from local.cloud.arm.documents import Json

_EVERY_VERSION: Json = {"description": None, "tags": {}, "properties": {}, "isArchived": False, "isAnonymous": False}
# Recordings "model version", "code version"; environments: SDK models, not compared with live Azure.
ASSET_DEFAULTS: dict[str, Json] = {
    "models": {
        **_EVERY_VERSION,
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
        **_EVERY_VERSION,
        "codeUri": None,
    },
    "environments": {
        **_EVERY_VERSION,
        "environmentType": "UserCreated",
        "image": None,
        "condaFile": None,
        "build": None,
        "inferenceConfig": None,
        "osType": "Linux",
        "provisioningState": "Succeeded",
    },
    # SDK models, not compared with live Azure.
    "data": {**_EVERY_VERSION, "dataType": "uri_folder", "dataUri": None},
}
_PROBE: Json = {
    "failureThreshold": 30,
    "successThreshold": 1,
    "timeout": "PT2S",
    "period": "PT10S",
    "initialDelay": "PT10S",
}
# Recording "deployment PUT": what the service fills in.
DEPLOYMENT_DEFAULTS: Json = {
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
