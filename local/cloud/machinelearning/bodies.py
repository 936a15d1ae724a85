"""The bodies that Microsoft.MachineLearningServices takes.

Source: the models of azure-mgmt-machinelearningservices 2.0.0b2 (a test compares names, types, what is required and
the words of every enumeration), and those of azure-ai-ml 1.35.2 for data collection. Ranges are Microsoft Learn's
("Managed online deployment YAML schema", "Manage and increase quotas").
"""

from __future__ import annotations

from datetime import timedelta

from local.cloud.arm.documents import Json
from local.cloud.arm.places import TAGS
from local.cloud.arm.schema import duration, flag, items, mapping, read_only, record, text, unavailable, whole

# A text in which there is something: what the SDK's models ask of paths and scripts.
_FILLED = r"[a-zA-Z0-9_]"
_TEXTS = mapping(text())
# Values of these become text: azure-ai-ml sends a hash's version as a number, and is answered with text (recorded).
_SCALARS = mapping({"type": ["string", "number", "boolean"]})
_SWITCH = text(one_of=("Enabled", "Disabled"))
_IDENTITY_TYPES = ("None", "SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned")
_TIERS = ("Free", "Basic", "Standard", "Premium")
_IDENTITY = record({"type": text(one_of=_IDENTITY_TYPES)}, userAssignedIdentities=mapping({"type": "object"}))
# The longest that a request, or a probe, may take: three minutes (Microsoft Learn, request_settings).
_REQUEST = duration(timedelta(milliseconds=1), timedelta(minutes=3))
_SOME_TIME = duration(timedelta(seconds=1), timedelta(days=1))
_INSTANCES = whole(1, 1000)
# How requests are divided among an endpoint's deployments: in a PUT, and in the patch of an early api-version.
_TRAFFIC = {
    "mirrorTraffic": mapping(whole(0, 50)),  # half of it at most (Microsoft Learn, safe rollout)
    "traffic": mapping(whole(0, 100)),
}
ENDPOINT = record(
    {
        "location": text(pattern=_FILLED),
        "properties": record(
            {"authMode": text(one_of=("AMLToken", "Key", "AADToken"))},
            description=text(),
            keys=record(primaryKey=text(), secondaryKey=text()),
            properties=_SCALARS,
            compute=text(),
            publicNetworkAccess=_SWITCH,
            **_TRAFFIC,
            **dict.fromkeys(("provisioningState", "scoringUri", "swaggerUri"), read_only()),
        ),
    },
    tags=TAGS,
    identity=_IDENTITY,
    kind=text(),
    sku=unavailable("The instances of its deployments are counted in theirs."),
)
# Only these of an endpoint are patched.
_PATCHED = {"tags": TAGS, "identity": record(type=text(one_of=_IDENTITY_TYPES), userAssignedIdentities=mapping({}))}
ENDPOINT_PATCH = record(**_PATCHED)
# And these in an early api-version, whose models are in azureml-mlflow 1.60.
EARLY_ENDPOINT_PATCH = record(
    location=text(pattern=_FILLED),
    properties=record(publicNetworkAccess=_SWITCH, **_TRAFFIC),
    **_PATCHED,
)
KEYS = record({"keyType": text(one_of=("Primary", "Secondary"))}, keyValue=text())

_PROBE = record(
    failureThreshold=whole(1),
    successThreshold=whole(1),
    initialDelay=duration(),
    period=_SOME_TIME,
    timeout=_SOME_TIME,
)
_COLLECTION = record(
    dataCollectionMode=_SWITCH,
    dataId=text(),
    clientId=text(),
    samplingRate={"type": "number", "minimum": 0, "maximum": 1},
)
DEPLOYMENT = record(
    {
        "location": text(pattern=_FILLED),
        "properties": record(
            {"endpointComputeType": text(one_of=("Managed", "Kubernetes"))},
            codeConfiguration=record({"scoringScript": text(pattern=_FILLED)}, codeId=text()),
            description=text(),
            environmentId=text(),
            environmentVariables=_SCALARS,
            properties=_SCALARS,
            appInsightsEnabled=flag(),
            containerResourceRequirements=unavailable("Use endpointComputeType Managed."),
            startupProbe=unavailable("Let the liveness probe wait: initialDelay and failureThreshold."),
            egressPublicNetworkAccess=_SWITCH,
            instanceType=text(),
            livenessProbe=_PROBE,
            readinessProbe=_PROBE,
            model=text(),
            modelMountPath=text(),
            requestSettings=record(
                maxConcurrentRequestsPerInstance=whole(1),
                maxQueueWait=duration(most=timedelta(minutes=3)),
                requestTimeout=_REQUEST,
            ),
            scaleSettings=record(
                {"scaleType": text(one_of=("Default", "TargetUtilization"))},
                minInstances=_INSTANCES,
                maxInstances=_INSTANCES,
                pollingInterval=_SOME_TIME,
                targetUtilizationPercentage=whole(1, 100),
            ),
            dataCollector=record(
                {"collections": mapping(_COLLECTION)},
                rollingRate=text(one_of=("Year", "Month", "Day", "Hour", "Minute")),
                requestLogging=record(captureHeaders=items(text())),
            ),
            provisioningState=read_only(),
        ),
    },
    tags=TAGS,
    identity=unavailable("A deployment runs as its endpoint: give that the identity."),
    kind=text(),
    sku=record(
        {"name": text(one_of=("Default",))},
        tier=text(one_of=_TIERS),
        size=unavailable("The size of a machine is its instanceType."),
        family=unavailable("The size of a machine is its instanceType."),
        capacity=_INSTANCES,
    ),
)
# Only these of a deployment are patched.
DEPLOYMENT_PATCH = record(
    tags=TAGS,
    sku=record(
        name=text(one_of=("Default",)),
        tier=text(one_of=_TIERS),
        size=unavailable("The size of a machine is its instanceType."),
        family=unavailable("The size of a machine is its instanceType."),
        capacity=_INSTANCES,
    ),
)
LOGS = record(containerType=text(one_of=("StorageInitializer", "InferenceServer")), tail=whole(1))

_VERSION = {
    "description": text(),
    "properties": _SCALARS,
    "tags": _TEXTS,
    "isAnonymous": flag(),
    "isArchived": flag(),
}
_PORT = whole(1, 65535)
# Scripts in use write the port as a text, which the service reads (microsoft/genaiops-promptflow-template).
_ROUTE_PORT: Json = {**_PORT, "type": ["integer", "string"], "pattern": r"^[0-9]{1,5}$"}
_ROUTE = record({"path": text(pattern=r"[a-zA-Z0-9_/]"), "port": _ROUTE_PORT})
MODEL = record(
    {
        "properties": record(
            flavors=mapping(record(data=_TEXTS)),
            jobName=text(),
            modelType=text(one_of=("custom_model", "mlflow_model", "triton_model")),
            modelUri=text(pattern=_FILLED),
            stage=text(),
            # Previews of the service have these, and its answers hold them, empty (recorded).
            autoDeleteSetting=unavailable(),
            intellectualProperty=unavailable(),
            datasets=unavailable(),
            provisioningState=read_only(),
            **_VERSION,
        )
    }
)
CODE = record({"properties": record(codeUri=text(pattern=_FILLED), provisioningState=read_only(), **_VERSION)})
ENVIRONMENT = record(
    {
        "properties": record(
            autoRebuild=text(one_of=("Disabled", "OnBaseImageUpdate")),
            build=record({"contextUri": text(pattern=_FILLED)}, dockerfilePath=text()),
            condaFile=text(),
            image=text(),
            inferenceConfig=record(
                livenessRoute=_ROUTE, readinessRoute=_ROUTE, scoringRoute=_ROUTE, startupRoute=unavailable()
            ),
            osType=text(one_of=("Linux", "Windows")),
            stage=text(),
            environmentType=read_only(),
            provisioningState=read_only(),
            **_VERSION,
        )
    }
)
_DATA = ("uri_file", "uri_folder", "mltable")
DATA = record(
    {
        "properties": record(
            {"dataType": text(one_of=_DATA), "dataUri": text(pattern=_FILLED)},
            referencedUris=items(text()),
            **_VERSION,
        )
    }
)
_NAMED = {
    "description": text(),
    "properties": _SCALARS,
    "tags": _TEXTS,
    "isArchived": flag(),
    "latestVersion": read_only(),
    "nextVersion": read_only(),
}
CONTAINER = record({"properties": record(provisioningState=read_only(), **_NAMED)})
DATA_CONTAINER = record({"properties": record({"dataType": text(one_of=_DATA)}, **_NAMED)})
UPLOAD = record(pendingUploadId=text(), pendingUploadType=text(one_of=("None", "TemporaryBlobReference")))

_SERVICE: Json = record(
    name=text(),
    image=record(type=text(one_of=("docker", "azureml")), reference=text(), version=text()),
    kernel=mapping({}),
    environmentVariables=mapping(record(type=text(one_of=("local",)), value=text())),
    docker=record(privileged=flag()),
    endpoints=items(
        record(protocol=text(one_of=("tcp", "udp", "http")), name=text(), target=_PORT, published=_PORT, hostIp=text())
    ),
    volumes=items(
        record(
            type=text(one_of=("bind", "volume", "tmpfs", "npipe")),
            readOnly=flag(),
            source=text(),
            target=text(),
            consistency=text(),
            bind=record(propagation=text(), createHostPath=flag(), selinux=text()),
            volume=record(nocopy=flag()),
            tmpfs=record(size=whole()),
        )
    ),
) | {"additionalProperties": {}}
SERVICES = record({"value": items(_SERVICE)})
_OWNER = record({"objectId": text(), "tenantId": text()})
COMPUTE = record(
    location=text(),
    tags=TAGS,
    identity=_IDENTITY,
    sku=unavailable("A compute instance is one machine, of its vmSize."),
    properties=record(
        {"computeType": text()},
        computeLocation=text(),
        description=text(),
        resourceId=unavailable("Here is nothing to attach: have a compute instance made."),
        disableLocalAuth=flag(),
        properties=record(
            vmSize=text(),
            subnet=unavailable("There are no networks here."),
            applicationSharingPolicy=text(one_of=("Personal", "Shared")),
            sshSettings=record(sshPublicAccess=_SWITCH, adminPublicKey=text()),
            customServices=items(_SERVICE),
            computeInstanceAuthorizationType=text(one_of=("personal",)),
            personalComputeInstanceSettings=record(assignedUser=_OWNER),
            setupScripts=unavailable("Nothing is run on a compute instance here."),
            schedules=unavailable("Start and stop it by a call."),
            enableNodePublicIp=flag(),
            enableSSO=flag(),
            idleTimeBeforeShutdown=duration(timedelta(minutes=15), timedelta(days=3)),
            **dict.fromkeys(("applications", "createdBy", "errors", "lastOperation", "state"), read_only()),
        ),
        **dict.fromkeys(
            ("createdOn", "isAttachedCompute", "modifiedOn", "provisioningErrors", "provisioningState"), read_only()
        ),
    ),
)
