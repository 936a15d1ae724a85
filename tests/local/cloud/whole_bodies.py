"""One body for each PUT with every field that it may have, on what `test_bodies` puts into the local Azure before."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from local.cloud.authorization.names import definition_id
from local.cloud.authorization.roles import role_named
from local.cloud.world import (
    REGION,
    RESOURCE_GROUP_ID,
    SUBSCRIPTION,
    TENANT,
    USER_ASSIGNED,
    WORKSPACE_ID,
    WORKSPACE_STORAGE,
    WORKSPACE_VAULT,
    storage_id,
    vault_id,
)

GUID = str(UUID(int=7))
FILES = "azureml://datastores/workspaceblobstore/paths/there"
VERSION = {"description": "d", "tags": {"a": "b"}, "properties": {"a": "b"}, "isAnonymous": False, "isArchived": False}
ROUTE = {"path": "/score", "port": 5001}
PROBE = {"failureThreshold": 3, "successThreshold": 1, "initialDelay": "PT1S", "period": "PT5S", "timeout": "PT2S"}
COLLECTION = {
    "dataCollectionMode": "Enabled",
    "dataId": f"{WORKSPACE_ID}/data/collected/versions/1",
    "samplingRate": 0.5,
}
MANAGED = {
    "endpointComputeType": "Managed",
    "codeConfiguration": {"codeId": f"{WORKSPACE_ID}/codes/there/versions/1", "scoringScript": "score.py"},
    "description": "d",
    "environmentId": f"{WORKSPACE_ID}/environments/there/versions/1",
    "environmentVariables": {"MODE": "calm"},
    "properties": {"a": "b"},
    "appInsightsEnabled": False,
    "egressPublicNetworkAccess": "Enabled",
    "instanceType": "Standard_DS3_v2",
    "livenessProbe": PROBE,
    "readinessProbe": PROBE,
    "model": f"{WORKSPACE_ID}/models/there/versions/1",
    "requestSettings": {"maxConcurrentRequestsPerInstance": 2, "maxQueueWait": "PT1S", "requestTimeout": "PT30S"},
    "scaleSettings": {"scaleType": "Default"},
    "dataCollector": {
        "collections": {"model_inputs": COLLECTION},
        "rollingRate": "Hour",
        "requestLogging": {"captureHeaders": ["x-id"]},
    },
}
HOOK = {"endpointType": "WebHook", "properties": {"endpointUrl": "http://127.0.0.1:1/", "maxEventsPerBatch": 1}}
FILTER = {
    "subjectBeginsWith": "models/",
    "includedEventTypes": ["Microsoft.MachineLearningServices.ModelRegistered"],
    "isSubjectCaseSensitive": False,
    "advancedFilters": [
        {"operatorType": "StringIn", "key": "data.ModelName", "values": ["a"]},
        {"operatorType": "NumberLessThan", "key": "data.ModelVersion", "value": 9},
    ],
}
SCALED = f"{WORKSPACE_ID}/onlineEndpoints/there/deployments/scaled"
CAPACITY = {"minimum": "1", "maximum": "5", "default": "2"}
TRIGGER = {
    "metricName": "CpuUtilizationPercentage",
    "metricNamespace": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
    "metricResourceUri": SCALED,
    "metricResourceLocation": REGION,
    "timeGrain": "PT1M",
    "statistic": "Average",
    "timeWindow": "PT5M",
    "timeAggregation": "Average",
    "operator": "GreaterThan",
    "threshold": 70,
    "dimensions": [{"DimensionName": "instanceId", "Operator": "Equals", "Values": ["a"]}],
    "dividePerInstance": False,
}
ACTION = {"direction": "Increase", "type": "ChangeCount", "value": "1", "cooldown": "PT5M"}
ONCE = {"timeZone": "UTC", "start": "2026-12-24T00:00:00", "end": "2026-12-27T00:00:00"}
WEEKLY = {
    "frequency": "Week",
    "schedule": {"timeZone": "UTC", "days": ["Saturday"], "hours": [8], "minutes": [30]},
}
SERVICE = {
    "name": "flows",
    "image": {"type": "docker", "reference": "python:3.11", "version": "1"},
    "kernel": {"name": "python"},
    "environmentVariables": {"MODE": {"type": "local", "value": "calm"}},
    "docker": {"privileged": False},
    "endpoints": [{"protocol": "http", "name": "app", "target": 8080, "published": 8080, "hostIp": ""}],
    "volumes": [
        {
            "type": "bind",
            "readOnly": False,
            "source": "/home/azureuser/cloudfiles",
            "target": "/home/azureuser/cloudfiles",
            "consistency": "",
            "bind": {"propagation": "", "createHostPath": True, "selinux": ""},
            "volume": {"nocopy": False},
            "tmpfs": {"size": 1},
        }
    ],
}
POLICY = {
    "tenantId": TENANT,
    "objectId": GUID,
    "permissions": {
        "keys": ["get", "wrapKey"],
        "secrets": ["get", "list"],
        "certificates": ["getissuers"],
        "storage": ["getsas"],
    },
}
WHOLE: dict[str, dict[str, Any]] = {
    f"{WORKSPACE_ID}/computes/whole": {
        "location": REGION,
        "tags": {"team": "risk"},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {str(USER_ASSIGNED[0].resource_id): {}}},
        "properties": {
            "computeType": "ComputeInstance",
            "computeLocation": REGION,
            "description": "d",
            "disableLocalAuth": False,
            "properties": {
                "vmSize": "Standard_DS3_v2",
                "applicationSharingPolicy": "Personal",
                "sshSettings": {"sshPublicAccess": "Disabled"},
                "customServices": [SERVICE],
                "computeInstanceAuthorizationType": "personal",
                "personalComputeInstanceSettings": {"assignedUser": {"objectId": GUID, "tenantId": GUID}},
                "enableNodePublicIp": True,
                "enableSSO": True,
                "idleTimeBeforeShutdown": "PT30M",
            },
        },
    },
    f"{WORKSPACE_ID}/onlineEndpoints/whole": {
        "location": REGION,
        "tags": {"team": "risk"},
        "kind": "Managed",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {str(USER_ASSIGNED[0].resource_id): {}}},
        "properties": {
            "authMode": "Key",
            "description": "d",
            "properties": {"a": "b"},
            "publicNetworkAccess": "Enabled",
            "traffic": {},
            "mirrorTraffic": {},
        },
    },
    f"{WORKSPACE_ID}/onlineEndpoints/there/deployments/blue": {
        "location": REGION,
        "tags": {"team": "risk"},
        "sku": {"name": "Default", "tier": "Standard", "capacity": 1},
        "properties": MANAGED,
    },
    f"{WORKSPACE_ID}/models/m/versions/1": {
        "properties": {
            **VERSION,
            "modelType": "custom_model",
            "modelUri": FILES,
            "flavors": {"python": {"data": {"a": "b"}}},
        }
    },
    f"{WORKSPACE_ID}/codes/c/versions/1": {"properties": {**VERSION, "codeUri": FILES}},
    f"{WORKSPACE_ID}/environments/e/versions/1": {
        "properties": {
            **VERSION,
            "image": "mcr.microsoft.com/azureml/x:1",
            "condaFile": "dependencies: []",
            "osType": "Linux",
            "autoRebuild": "Disabled",
            "inferenceConfig": {"livenessRoute": ROUTE, "readinessRoute": ROUTE, "scoringRoute": ROUTE},
        }
    },
    f"{WORKSPACE_ID}/environments/built/versions/1": {
        "properties": {"build": {"contextUri": FILES, "dockerfilePath": "Dockerfile"}}
    },
    f"{WORKSPACE_ID}/connections/c": {
        "properties": {
            "authType": "ApiKey",
            "category": "AzureOpenAI",
            "target": "https://gpt.example",
            "metadata": {"ApiVersion": "2024-06-01"},
            "credentials": {"key": "opens-nothing"},
            "isSharedToAll": True,
            "sharedUserList": [],
            "expiryTime": "2030-01-01T00:00:00Z",
        }
    },
    f"{WORKSPACE_ID}/data/d/versions/1": {"properties": {**VERSION, "dataType": "uri_folder", "dataUri": FILES}},
    f"{WORKSPACE_ID}/data/d": {
        "properties": {"dataType": "uri_folder", "description": "d", "tags": {"a": "b"}, "isArchived": False}
    },
    f"{WORKSPACE_ID}/models/m": {"properties": {"description": "d", "tags": {"a": "b"}, "isArchived": False}},
    f"{storage_id(WORKSPACE_STORAGE)}/providers/Microsoft.Authorization/roleAssignments/{GUID}": {
        "properties": {
            "roleDefinitionId": definition_id(SUBSCRIPTION, role_named("AcrPull").guid),
            "principalId": USER_ASSIGNED[0].principal_id,
            "principalType": "ServicePrincipal",
            "description": "d",
            "condition": "@Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEquals 'User'",
            "conditionVersion": "2.0",
        }
    },
    f"{WORKSPACE_ID}/providers/Microsoft.EventGrid/eventSubscriptions/mine": {
        "properties": {
            "destination": HOOK,
            "filter": FILTER,
            "labels": ["a"],
            "eventDeliverySchema": "EventGridSchema",
            "retryPolicy": {"maxDeliveryAttempts": 3, "eventTimeToLiveInMinutes": 60},
        }
    },
    f"{WORKSPACE_ID}/onlineEndpoints/there/providers/Microsoft.Insights/diagnosticSettings/mine": {
        "properties": {
            "workspaceId": f"{RESOURCE_GROUP_ID}/providers/Microsoft.OperationalInsights/workspaces/logs",
            "logs": [{"category": "AmlOnlineEndpointConsoleLog", "enabled": True}],
            "metrics": [{"category": "AllMetrics", "enabled": True}],
        }
    },
    f"{RESOURCE_GROUP_ID}/providers/Microsoft.Insights/autoscaleSettings/mine": {
        "location": REGION,
        "tags": {"team": "risk"},
        "properties": {
            "name": "mine",
            "enabled": True,
            "targetResourceUri": SCALED,
            "targetResourceLocation": REGION,
            "predictiveAutoscalePolicy": {"scaleMode": "Disabled", "scaleLookAheadTime": "PT5M"},
            "notifications": [
                {
                    "operation": "Scale",
                    "email": {
                        "sendToSubscriptionAdministrator": False,
                        "sendToSubscriptionCoAdministrators": False,
                        "customEmails": ["a@example.com"],
                    },
                    "webhooks": [{"serviceUri": "https://example.com/", "properties": {"a": "b"}}],
                }
            ],
            "profiles": [
                {"name": "usual", "capacity": CAPACITY, "rules": [{"metricTrigger": TRIGGER, "scaleAction": ACTION}]},
                {"name": "once", "capacity": CAPACITY, "rules": [], "fixedDate": ONCE},
                {"name": "weekly", "capacity": CAPACITY, "rules": [], "recurrence": WEEKLY},
            ],
        },
    },
    f"{RESOURCE_GROUP_ID}/providers/Microsoft.Insights/metricAlerts/mine": {
        "location": "global",
        "tags": {"team": "risk"},
        "properties": {
            "description": "d",
            "severity": 2,
            "enabled": True,
            "scopes": [f"{WORKSPACE_ID}/onlineEndpoints/there"],
            "evaluationFrequency": "PT1M",
            "windowSize": "PT5M",
            "targetResourceType": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
            "targetResourceRegion": REGION,
            "autoMitigate": True,
            "actions": [{"actionGroupId": "/group", "webHookProperties": {"a": "b"}}],
            "criteria": {
                "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                "allOf": [
                    {
                        "criterionType": "StaticThresholdCriterion",
                        "name": "one",
                        "metricName": "RequestsPerMinute",
                        "metricNamespace": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
                        "timeAggregation": "Average",
                        "operator": "GreaterThan",
                        "threshold": 5.5,
                        "dimensions": [{"name": "deployment", "operator": "Include", "values": ["blue"]}],
                        "skipMetricValidation": False,
                    }
                ],
            },
        },
    },
    f"{RESOURCE_GROUP_ID}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mine": {
        "location": REGION,
        "tags": {"team": "risk"},
    },
    storage_id("whole"): {
        "location": REGION,
        "tags": {"team": "risk"},
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": {
            "accessTier": "Hot",
            "allowBlobPublicAccess": False,
            "allowSharedKeyAccess": True,
            "isHnsEnabled": False,
            "minimumTlsVersion": "TLS1_2",
            "networkAcls": {"defaultAction": "Allow"},
            "publicNetworkAccess": "Enabled",
            "supportsHttpsTrafficOnly": True,
        },
    },
    f"{storage_id(WORKSPACE_STORAGE)}/blobServices/default/containers/mine": {
        "properties": {"metadata": {"a": "b"}, "publicAccess": "None"}
    },
    vault_id("whole"): {
        "location": REGION,
        "tags": {"team": "risk"},
        "properties": {
            "tenantId": TENANT,
            "sku": {"family": "A", "name": "premium"},
            "accessPolicies": [POLICY],
            "enabledForDeployment": True,
            "enabledForDiskEncryption": True,
            "enabledForTemplateDeployment": True,
            "enablePurgeProtection": True,
            "enableRbacAuthorization": False,
            "enableSoftDelete": True,
            "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow"},
            "publicNetworkAccess": "Enabled",
            "softDeleteRetentionInDays": 30,
            "createMode": "default",
        },
    },
    f"{vault_id(WORKSPACE_VAULT)}/accessPolicies/replace": {"properties": {"accessPolicies": [POLICY]}},
    RESOURCE_GROUP_ID: {"location": REGION, "tags": {"team": "risk"}},
}
