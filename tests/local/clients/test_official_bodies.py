"""The bodies that the local Azure takes are those of the official models: names, types, what is required, words.

Read from what the management clients know of each model. Ranges are not in there; the rest may not drift.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from azure.mgmt.authorization.v2022_04_01 import models as authorization
from azure.mgmt.eventgrid import models as eventgrid
from azure.mgmt.machinelearningservices import models as ml
from azure.mgmt.monitor import models as monitor

from local.cloud.authorization.requests import BODY as ASSIGNMENT
from local.cloud.eventgrid.requests import BODY as SUBSCRIPTION
from local.cloud.insights import bodies as insights
from local.cloud.machinelearning import bodies

OFFICIAL: list[tuple[dict[str, Any], Any, Any]] = [
    (bodies.ENDPOINT, ml, ml.OnlineEndpoint),
    (bodies.ENDPOINT_PATCH, ml, ml.PartialMinimalTrackedResourceWithIdentity),
    (bodies.DEPLOYMENT, ml, ml.OnlineDeployment),
    (bodies.DEPLOYMENT_PATCH, ml, ml.PartialMinimalTrackedResourceWithSku),
    (bodies.KEYS, ml, ml.RegenerateEndpointKeysRequest),
    (bodies.LOGS, ml, ml.DeploymentLogsRequest),
    (bodies.MODEL, ml, ml.ModelVersion),
    (bodies.CODE, ml, ml.CodeVersion),
    (bodies.ENVIRONMENT, ml, ml.EnvironmentVersion),
    (bodies.DATA, ml, ml.DataVersionBase),
    (bodies.CONTAINER, ml, ml.ModelContainer),
    (bodies.UPLOAD, ml, ml.PendingUploadRequestDto),
    (bodies.COMPUTE, ml, ml.ComputeResource),
    (ASSIGNMENT, authorization, authorization.RoleAssignmentCreateParameters),
    (SUBSCRIPTION, eventgrid, eventgrid.EventSubscription),
    (insights.AUTOSCALE, monitor, monitor.AutoscaleSettingResource),
    (insights.AUTOSCALE_PATCH, monitor, monitor.AutoscaleSettingResourcePatch),
    (insights.PROFILE, monitor, monitor.AutoscaleProfile),
    (insights.RULE, monitor, monitor.ScaleRule),
    (insights.DIMENSION, monitor, monitor.ScaleRuleMetricDimension),
    (insights.NOTIFICATION, monitor, monitor.AutoscaleNotification),
    (insights.ALERT, monitor, monitor.MetricAlertResource),
    (insights.ALERT_PATCH, monitor, monitor.MetricAlertResourcePatch),
    (insights.CRITERION, monitor, monitor.MetricCriteria),
    (insights.METRIC_DIMENSION, monitor, monitor.MetricDimension),
    (insights.ALERT_ACTION, monitor, monitor.MetricAlertAction),
]
TYPES = {
    "str": "string",
    "int": "integer",
    "long": "integer",
    "bool": "boolean",
    "float": "number",
    "duration": "string",
    "iso-8601": "string",
}
# Of several kinds of a thing, those that are not refused by name.
KINDS = {
    "endpoint_compute_type": {"Managed"},
    "endpoint_type": {"WebHook"},
    "compute_type": {"ComputeInstance"},
    "odata_type": {insights.SINGLE_RESOURCE},
    "criterion_type": {"StaticThresholdCriterion"},
}
# Asked of these here and not in the models, or named only by the words of their documentation.
STRICTER = {
    "endpointComputeType": "a deployment without it is none of the two the models have",
    "destination": "what a subscription is for",
    "collections": "azure-ai-ml's model, which the management client does not have",
    "endpointType": "tells the destinations apart",
    "operatorType": "tells the filters apart",
    "key": "nothing is compared without it",
}
# Required by the models and not by the schema: asked for by the service, in words of its own.
LOOSER = {"MetricCriteria.operator", "MetricCriteria.threshold"}


def official(module: Any, model: Any) -> dict[str, tuple[str, dict[str, Any], str]]:
    """Each writable field of a model, by its place in the body: its type, its rules, and its documentation."""
    models = [model]
    for by, kinds in getattr(model, "_subtype_map", {}).items():
        models += [getattr(module, name) for kind, name in kinds.items() if kind in KINDS.get(by, {kind})]
    found = {}
    for one in models:
        for attribute, spec in one._attribute_map.items():
            rules = one._validation.get(attribute, {})
            if not rules.get("readonly") and spec["key"]:
                words = re.search(rf":vartype {attribute}: str or ~[\w.]*\.(\w+)", one.__doc__ or "")
                found[spec["key"]] = (spec["type"], rules, words[1] if words else "")
    return found


def differences(shape: dict[str, Any], module: Any, model: Any, place: str) -> list[str]:
    """Where a schema and the official model it stands for say different things."""
    told = []
    for key, (kind, rules, words) in official(module, model).items():
        at, inside, inner = f"{place}.{key}", shape, key
        *above, inner = (part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", key))
        for step in above:
            inside = inside.get("properties", {}).get(step, {})
        field = inside.get("properties", {}).get(inner)
        if field is None:
            told.append(f"{at} is missing")
            continue
        required = inner in inside.get("required", [])
        if required != bool(rules.get("required")) and inner not in STRICTER and at not in LOOSER:
            told.append(f"{at}: required {required}")
        told += _kinds(field, kind, module, at)
        known = {member.value for member in getattr(module, words)} if words and hasattr(module, words) else set()
        if known and "oneOfWords" in field and set(field["oneOfWords"]) != known:
            told.append(f"{at}: words {field['oneOfWords']} for {sorted(known)}")
    return told


def _kinds(field: dict[str, Any], kind: str, module: Any, at: str) -> list[str]:
    if "unavailable" in field or "readOnly" in field:
        return []
    mine = field.get("type", [])
    names = {mine} if isinstance(mine, str) else set(mine)
    if kind[0] in "{[":
        outer, part = ("object", "additionalProperties") if kind.startswith("{") else ("array", "items")
        return [] if outer in names and part in field else [f"{at}: {names} for {kind}"]
    if kind in TYPES:
        return [] if TYPES[kind] in names else [f"{at}: {names} for {kind}"]
    if "object" not in names:
        return [f"{at}: {names} for {kind}"]
    return differences(field, module, getattr(module, kind), at) if "properties" in field else []


@pytest.mark.parametrize(("shape", "module", "model"), OFFICIAL, ids=[model.__name__ for _, _, model in OFFICIAL])
def test_a_body_is_the_official_one(shape: dict[str, Any], module: Any, model: Any) -> None:
    assert differences(shape, module, model, model.__name__) == []
