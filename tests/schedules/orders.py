"""What is asked for in a random schedule: requests that meet on few names, and registrations of model versions."""

from __future__ import annotations

from random import Random
from typing import Any

from contracts.digests import digest
from contracts.events import ModelRegistered
from contracts.policy import Policy, read_policy
from tests import samples
from tests.schedules.records import IDENTITY_ID, STORAGE_ID, WORKSPACE_ID
from triggers.deciding import order_for
from triggers.policies import PolicyFolder
from triggers.requests import deployment_request, judged

ENDPOINTS = ("north", "south")
DEPLOYMENTS = ("blue", "green", "red")
PATHS = "azureml://datastores/workspaceblobstore/paths"
LOG_ANALYTICS = f"{WORKSPACE_ID.split('/providers/')[0]}/providers/Microsoft.OperationalInsights/workspaces/logs"
MODEL = "credit-risk"
# Tags of the versions that the policy is for.
COUNTING = {"for": "production"}


def deployment(random: Random) -> dict[str, Any]:
    """The order of a deployment, as the front door stores it."""
    user_assigned = random.random() < 0.3
    body = samples.request(
        endpoint=random.choice(ENDPOINTS),
        deployment=random.choice(DEPLOYMENTS),
        model=random.choice((_inline(random), f"azureml:{MODEL}:1")),
        environment=random.choice(({"image": samples.IMAGE, "conda_file": samples.CONDA}, "azureml:serving:1")),
        identity=None,
        traffic=random.choice(("all_at_once", "all_at_once", "all_at_once", "none")),
        access=_access(random),
    )
    if user_assigned:
        who = {"type": "user_assigned", "user_assigned_identities": [{"resource_id": IDENTITY_ID}]}
        body["endpoint"] = {"name": f"{body['endpoint']['name']}-ua", "identity": who}
    if random.random() < 0.2:
        body["diagnostics"] = {"workspace_id": LOG_ANALYTICS}
    request = judged(body)
    return {"request": request, "digest": digest(request)}


def registration(version: str, tags: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """The id and the order of what reacts to a registered version of the model."""
    event = ModelRegistered(workspace_id=WORKSPACE_ID, model=MODEL, version=version, tags=tags)
    order = order_for(event, PolicyFolder(policies=[_policy()]))
    return order.outcome.id, order.to_wire()


def _policy() -> Policy:
    template = samples.request(endpoint="east", deployment="version-{version}", identity=None)
    del template["model"]
    return read_policy("all", {"match": {"model": MODEL, "tags": COUNTING}, **template}, deployment_request())


def _inline(random: Random) -> dict[str, Any]:
    version = random.choice(("7", "8"))
    return {"name": "inline", "version": version, "path": f"{PATHS}/models/{version}"}


def _access(random: Random) -> dict[str, Any]:
    roles = [{"role": "Cognitive Services OpenAI User", "scope": STORAGE_ID}] if random.random() < 0.6 else []
    return {"additional": roles, "propagation": {"wait": "PT5M", "give_up_after": "PT30M"}}
