"""What is asked for in a random schedule: requests and operations that meet on few names, and registrations."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import azure.functions as func

from contracts.digests import digest
from contracts.events import ModelRegistered
from contracts.policy import Policy, read_policy
from orchestrations.runbooks import OPERATIONS, Runbook
from tests import samples
from tests.schedules.records import IDENTITY_ID, STORAGE_ID, WORKSPACE_ID, Endpoint
from triggers.asking import Asked
from triggers.deciding import order_for
from triggers.policies import PolicyFolder
from triggers.requests import deployment_request, judged

ENDPOINTS = ("north", "south")
DEPLOYMENTS = ("blue", "green", "red")
NOWHERE = "nowhere"
SPLITS = ((100,), (100,), (90, 10), (50, 50), (34, 33, 33))
PATHS = "azureml://datastores/workspaceblobstore/paths"
LOG_ANALYTICS = f"{WORKSPACE_ID.split('/providers/')[0]}/providers/Microsoft.OperationalInsights/workspaces/logs"
MODEL = "credit-risk"
# Tags of the versions that the policy is for.
COUNTING = {"for": "production"}


def deployment(random: Random, endpoint: dict[str, Any] | None = None) -> dict[str, Any]:
    """The order of a deployment, as the front door stores it; to an endpoint of a request before it, when told so."""
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
    if body["traffic"] == "all_at_once" and random.random() < 0.25:
        body["rollout"] = {"steps": random.choice(([50], [10, 50])), "pause": "PT5M"}
    body["endpoint"] = endpoint or body["endpoint"]
    request = judged(body)
    return {"request": request, "digest": digest(request)}


# Retiring and expiring begin by themselves.
ASKED_FOR = tuple(one for one in OPERATIONS if one.asked_with is not None)
# Changes in place of all that may change.
CHANGES: tuple[dict[str, Any], ...] = (
    {"model": f"azureml:{MODEL}:1"},
    {"request_settings": {"request_timeout_ms": 4000}},
    {"request_settings": {"request_timeout_ms": 9000}},
    {"environment_variables": {"LEVEL": "debug", "OPTIONS": "key=a%3D", "GONE": None}},
    {"environment_variables": {"LEVEL": "info", "OPTIONS": None}},
    {"code_configuration": {"code": f"{PATHS}/code/other", "scoring_script": "main.py"}},
    {"description": "tried key=1", "tags": {"owner": "key=me", "team": None}},
    {"tags": {"owner": None, "team": "risk"}},
)


def operation(random: Random, endpoints: list[Endpoint], key: str) -> tuple[str, str, dict[str, Any]]:
    """An operation on what there is at that moment, as the front door starts it: what does it, its id and its order."""
    busy = [one for one in endpoints if one.deployments] or endpoints
    on = random.choice(busy if random.random() < 0.8 else endpoints) if endpoints and random.random() < 0.95 else None
    names = sorted(on.deployments) if on else []
    runbook = random.choice(ASKED_FOR)
    there = {"endpoint": on.name if on else NOWHERE, "deployment": random.choice(names or DEPLOYMENTS)}
    path = {name: there[name] for name in (runbook.call.names if runbook.call else ())}
    asked = _asked(random, runbook.name, names)
    if random.random() < 0.2:
        asked["when_busy"] = random.choice(("reject", "supersede", "supersede"))
    return runbook.name, *_started(runbook, path, asked, key)


def asked_for(name: str, path: dict[str, str], asked: dict[str, Any], key: str) -> tuple[str, dict[str, Any]]:
    """The id and the order of an operation, as the front door starts it."""
    return _started(next(one for one in OPERATIONS if one.name == name), path, asked, key)


def _started(runbook: Runbook, path: dict[str, str], asked: dict[str, Any], key: str) -> tuple[str, dict[str, Any]]:
    method = runbook.call.method if runbook.call else ""
    bodiless = method == "DELETE"
    given = Asked(
        runbook,
        func.HttpRequest(
            method,
            "/",
            headers={"Idempotency-Key": key},
            params={name: str(value).lower() for name, value in asked.items()} if bodiless else {},
            route_params=path,
            body=b"" if bodiless else json.dumps(asked).encode(),
        ),
    )
    # A schedule has a clock of its own.
    return given.instance_id, {**given.order, "accepted": None}


def _asked(random: Random, what: str, deployments: list[str]) -> dict[str, Any]:
    if what == "rollback":
        return random.choice(({}, {}, {"to": random.randint(1, 4)}))
    if what.startswith("delete"):
        return {"force": random.random() < 0.5}
    if what == "update_deployment":
        if random.random() < 0.3:
            return {"instance_count": random.randint(1, 3)}
        return {**random.choice(CHANGES), "in_place": random.random() < 0.7}
    if what == "remove_findings":
        return {}
    chosen = random.sample(deployments or list(DEPLOYMENTS), len(deployments) or 1)
    split = random.choice([one for one in SPLITS if len(one) <= len(chosen)])
    shares = dict(zip(chosen, split, strict=False))
    asked: dict[str, Any] = {"traffic": {} if random.random() < 0.1 else shares}
    if random.random() < 0.2:
        asked["mirror_traffic"] = random.choice(({}, {random.choice(chosen): 10}))
    return asked


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
