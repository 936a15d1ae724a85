"""Parts of requests for plans, and registered assets that these name."""

from __future__ import annotations

from typing import Any

from contracts.flows import CHAT, CHAT_INPUT, CONNECTIONS, MODE, SOURCE
from contracts.online import ENFORCE
from tests.schedules.orders import PATHS
from tests.schedules.plan_worlds import (
    readable_model,
    registered,
)
from tests.schedules.records import WORKSPACE
from tests.schedules.strict import ON_CALL

ACR_PULL, OPENAI = "7f951dda-4ed3-4680-a7ca-43fe172d538d", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
ROLE = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId]"
PRINCIPAL = "@Request[Microsoft.Authorization/roleAssignments:PrincipalId]"
WRITES = "ActionMatches{'Microsoft.Authorization/roleAssignments/write'}"
ONLY_OPENAI = f"((!({WRITES})) OR ({ROLE} ForAnyOfAnyValues:GuidEquals {{{OPENAI}}}))"
RETIRED = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime-stable:20240429.v2"
OLD = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:latest"


def on(**deployment: Any) -> dict[str, Any]:
    """Other fields of the deployment."""
    return {"deployment": deployment}


def secrets(access: str) -> dict[str, Any]:
    """Whether the endpoint's own identity may read the secrets of connections."""
    return {"endpoint": {"properties": {ENFORCE: access}}}


def granted(role: str, scope: str) -> dict[str, Any]:
    """One more role."""
    return {"access": {"additional": [{"role": role, "scope": scope}]}}


def scaled(**otherwise: Any) -> dict[str, Any]:
    """Autoscale between one instance and three."""
    return {"autoscale": {"minimum": 1, "maximum": 3, "rules": [OUT, BACK], **otherwise}}


def alerting(**otherwise: Any) -> dict[str, Any]:
    """An alert on availability, and others."""
    return {"alerts": {"action_groups": [ON_CALL], "availability": {"below_per_minute": 1}, **otherwise}}


def of_user(*identities: str) -> dict[str, Any]:
    """An endpoint with identities of somebody's."""
    listed = [{"resource_id": one} for one in identities]
    return {"endpoint": {"identity": {"type": "user_assigned", "user_assigned_identities": listed}}}


ON_CLUSTER = {"endpoint": {"compute": "azureml:cluster"}, "deployment": {"type": "kubernetes", "instance_type": None}}
AT_NIGHT = {
    "name": "nights",
    "minimum": 1,
    "maximum": 1,
    "weekly": {"days": ["friday"], "start": "22:00", "end": "06:00"},
}
COPIED_ON_CLUSTER = ON_CLUSTER | {
    "endpoint": {"compute": "azureml:cluster", "mirror_traffic": {"blue": 10}},
    "traffic": "none",
}
READS_BANK = on(environment_variables={"BANK": "${{azureml://connections/bank/target}}"})
READS_VAULT = on(environment_variables={"KEY": "${{keyvault:https://team.vault.azure.net/secrets/key}}"})
LOG_ANALYTICS = f"{WORKSPACE.resource_group_id}/providers/Microsoft.OperationalInsights/workspaces/l"
LOGS: dict[str, Any] = {"diagnostics": {"workspace_id": LOG_ANALYTICS}}
NO_SCRIPT = {"code_configuration": None}
IN_R = {"code_configuration": {"code": "azureml:dot-product:1", "scoring_script": "plumber.R"}}
INLINE = {"name": "inline", "version": "7", "path": f"{PATHS}/models/7"}
ASSET_ID = "azureml://locations/eastus/workspaces/0/models"
ANOTHERS = {"model": {**INLINE, "path": f"{ASSET_ID}/other/versions/1"}}
ITSELF = {"model": {**INLINE, "path": f"{ASSET_ID}/inline/versions/7"}}
ELSEWHERE = registered("models/inline/versions/7", modelUri="azureml://x")
SERVED = registered("environments/own/versions/1", inferenceConfig={"livenessRoute": {"path": "/", "port": 80}})
UNMONITORED = readable_model({"MLmodel": {"flavors": {"python_function": {}}}, "conda.yaml": {"dependencies": []}})
FLOW = registered("models/flow/versions/1", modelType="mlflow_model")
OUT = {"metric": "CpuUtilizationPercentage", "operator": "greater_than", "threshold": 70, "scale": "out"}
BACK = {**OUT, "operator": "less_than", "threshold": 30, "scale": "in"}
BUSY = {"name": "busy", "metric": "CpuUtilizationPercentage", "operator": "greater_than", "threshold": 90}
PROMPT_FLOW = registered(
    "models/chat/versions/1", properties={SOURCE: "chat", MODE: CHAT, CHAT_INPUT: "question", CONNECTIONS: "[]"}
)
RUNTIME = registered(
    "environments/runtime/versions/1", image=RETIRED, inferenceConfig={"livenessRoute": {"path": "/", "port": 80}}
)
# A size, how many of it, its family, and the cores that these take.
SIZES = (
    ("DS3_v2", 1, "DSv2", 8),
    ("DS3_v2", 5, "DSv2", 24),
    ("DS2_v2", 10, "DSv2", 24),
    ("F4s_v2", 1, "FSv2", 8),
    ("E4s_v3", 6, "ESv3", 32),
    ("NC24ads_A100_v4", 1, "NCADSA100v4", 24),
    ("L8s_v3", 2, "LSv3", 24),
)
