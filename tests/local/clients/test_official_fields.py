"""Each body that may be written to the local Azure has the fields of the official model, and no others.

The models are those that the management clients and azure-ai-ml have; a field of theirs that is not emulated is in the
schema as such, so that it is refused by name. There is no PUT and no PATCH without one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml._restclient.arm_ml_service import models as ml
from azure.mgmt.authorization.v2022_04_01 import models as authorization
from azure.mgmt.eventgrid import models as eventgrid
from azure.mgmt.monitor import models as monitor
from azure.mgmt.msi import models as msi
from azure.mgmt.storage import models as storage

from local.checkout import ROOT
from local.cloud.arm.route import ArmRoute
from local.cloud.cloud import LocalCloud
from tests.local.clients.official_models import Models, fields_of

WORKSPACE = "Microsoft.MachineLearningServices/workspaces"
# What a route's body is, of the clients' models; text names one of those written down, or of the types that Bicep
# publishes.
OFFICIAL: dict[str, Any] = {
    f"PUT {WORKSPACE}/onlineEndpoints": ml.OnlineEndpoint,
    f"PATCH {WORKSPACE}/onlineEndpoints": ml.PartialMinimalTrackedResourceWithIdentity,
    f"PUT {WORKSPACE}/onlineEndpoints/deployments": ml.OnlineDeployment,
    f"PATCH {WORKSPACE}/onlineEndpoints/deployments": ml.PartialMinimalTrackedResourceWithSku,
    f"PUT {WORKSPACE}/models": ml.ModelContainer,
    f"PUT {WORKSPACE}/models/versions": ml.ModelVersion,
    f"PUT {WORKSPACE}/codes": ml.CodeContainer,
    f"PUT {WORKSPACE}/codes/versions": ml.CodeVersion,
    f"PUT {WORKSPACE}/environments": ml.EnvironmentContainer,
    f"PUT {WORKSPACE}/environments/versions": ml.EnvironmentVersion,
    f"PUT {WORKSPACE}/data": ml.DataContainer,
    f"PUT {WORKSPACE}/data/versions": ml.DataVersionBase,
    f"PUT {WORKSPACE}/computes": ml.ComputeResource,
    f"PUT {WORKSPACE}/connections": ml.WorkspaceConnectionPropertiesV2BasicResource,
    "PUT Microsoft.Authorization/roleAssignments": authorization.RoleAssignmentCreateParameters,
    "PUT Microsoft.EventGrid/eventSubscriptions": eventgrid.EventSubscription,
    "PATCH Microsoft.EventGrid/eventSubscriptions": eventgrid.EventSubscriptionUpdateParameters,
    "PUT Microsoft.Insights/autoscaleSettings": monitor.AutoscaleSettingResource,
    "PATCH Microsoft.Insights/autoscaleSettings": monitor.AutoscaleSettingResourcePatch,
    "PUT Microsoft.Insights/metricAlerts": monitor.MetricAlertResource,
    "PATCH Microsoft.Insights/metricAlerts": monitor.MetricAlertResourcePatch,
    "PUT Microsoft.ManagedIdentity/userAssignedIdentities": msi.Identity,
    "PATCH Microsoft.ManagedIdentity/userAssignedIdentities": msi.IdentityUpdate,
    "PUT Microsoft.Storage/storageAccounts": storage.StorageAccountCreateParameters,
    "PUT Microsoft.Storage/storageAccounts/blobServices/containers": storage.BlobContainer,
    "PUT Microsoft.Resources/subscriptions/resourceGroups": "Microsoft.Resources/resourceGroups@2024-03-01",
    "PUT Microsoft.KeyVault/vaults": "VaultCreateOrUpdateParameters",
    "PATCH Microsoft.KeyVault/vaults": "VaultPatchParameters",
    "PUT Microsoft.KeyVault/vaults/accessPolicies": "VaultAccessPolicyParameters",
}
# Fields of models that no client at hand has: those of azure-mgmt-keyvault 14.1.0, written down in the form of Bicep's.
WRITTEN_DOWN = json.loads(Path(__file__).with_name("key_vault_models.json").read_text())
# Taken as they are, whatever is in them: what acts on it reads it by itself.
FREE = {
    "PUT Microsoft.MachineLearningServices/workspaces/onlineEndpoints identity.userAssignedIdentities": "names alone",
    "PUT Microsoft.MachineLearningServices/workspaces/computes identity.userAssignedIdentities": "names alone",
    "PUT Microsoft.MachineLearningServices/workspaces/computes properties.properties.customServices.kernel": "is told",
    "PUT Microsoft.MachineLearningServices/workspaces/connections properties.credentials": "each kind has its own",
}
# Fields of no official model that is at hand, and where they are from.
BEYOND = {
    "PUT Microsoft.MachineLearningServices/workspaces/models/versions properties.autoDeleteSetting": "recorded answers",
    "PUT Microsoft.MachineLearningServices/workspaces/models/versions properties.intellectualProperty": "the same",
}
BEYOND |= {
    f"{method} Microsoft.Insights/metricAlerts properties.criteria.allOf.{name}": "those of a dynamic threshold"
    for method in ("PUT", "PATCH")
    for name in ("alertSensitivity", "failingPeriods", "ignoreDataBefore")
}
BEYOND |= {
    f"PATCH Microsoft.MachineLearningServices/workspaces/onlineEndpoints {name}": "of the models in azureml-mlflow 1.60"
    for name in ("location", "properties")
}
# Bodies without a model: no client of today has one (the source of the schema is the page that it names).
NO_MODEL = {"PUT Microsoft.Insights/diagnosticSettings"}


def written(route: ArmRoute) -> str:
    """Method and resource type of a route that writes."""
    return f"{route.method} {route.action.removesuffix('/write')}"


def models_of(name: str) -> Models:
    """The official model of a body."""
    model = OFFICIAL[name]
    if model in WRITTEN_DOWN:
        return (WRITTEN_DOWN[model],)
    if isinstance(model, str):
        return (json.loads((ROOT / "infra" / "check" / "data" / "types.json").read_text())[model],)
    return (model,)


def differences(shape: dict[str, Any], models: Models, place: str = "") -> Iterator[str]:
    """Places where a schema has not the fields that the official models have, or others."""
    official, mine = fields_of(models), shape["properties"]
    for name, wanted in official.items():
        inside = fields_of(wanted.holds).values()
        if name not in mine and not wanted.read_only and not (inside and all(one.read_only for one in inside)):
            yield f"{place}{name} is missing"
    for name, inner in mine.items():
        at, held, field = f"{place}{name}", _held(inner), official.get(name)
        if field is None:
            yield f"{at} is not official"
        elif field.read_only != ("readOnly" in inner):
            yield f"{at} is read-only in one of them"
        elif field.holds and "properties" in held:
            yield from differences(held, field.holds, f"{at}.")
        elif field.holds and not {"unavailable", "readOnly"} & held.keys() and fields_of(field.holds):
            yield f"{at} is taken whatever is in it"


def _held(shape: dict[str, Any]) -> dict[str, Any]:
    """What a list or a mapping is of; anything else is itself."""
    of = shape.get("items", shape.get("additionalProperties"))
    return shape if "properties" in shape or not isinstance(of, dict) else _held(of)


def test_every_route_that_writes_has_a_schema_and_an_official_model(cloud: LocalCloud) -> None:
    routes = [route for route in cloud.arm_routes if route.method in ("PUT", "PATCH")]

    assert [route.pattern for route in routes if not route.body] == []
    assert {written(route) for route in routes} == OFFICIAL.keys() | NO_MODEL


@pytest.mark.parametrize("name", OFFICIAL)
def test_a_body_has_the_official_fields_and_no_others(cloud: LocalCloud, name: str) -> None:
    [shape] = {id(route.body): route.body for route in cloud.arm_routes if written(route) == name}.values()
    assert shape

    told = [f"{name} {one}" for one in differences(shape, models_of(name))]

    assert [one for one in told if not any(one.startswith(f"{known} ") for known in {**FREE, **BEYOND})] == []
