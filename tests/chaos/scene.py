"""The deployment that chaos tests run over and over: all of it is made by the service, and nothing takes long."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from local import loopback
from local.cloud import world
from local.cloud.authorization import Propagation
from local.cloud.cloud import LocalCloud
from local.cloud.faults import Fault
from local.cloud.world import Durations
from orchestrations import steps
from orchestrations.access import WAIT
from tests import samples

# Short, so that a run has few moments to die at, and longer than the first pause between two looks (15 s), so that
# every watch looks twice.
DURATIONS = Durations(
    endpoint_create=timedelta(seconds=20),
    endpoint_update=timedelta(seconds=20),
    deployment_create=timedelta(seconds=20),
    deployment_startup=timedelta(seconds=5),
    delete=timedelta(seconds=20),
)
CLOUD: dict[str, Any] = {"durations": DURATIONS, "propagation": Propagation.fixed(timedelta(seconds=30))}

GRANTS = (
    ("Storage Blob Data Reader", world.storage_id(world.FEATURE_STORAGE)),
    ("Azure Machine Learning Workspace Connection Secrets Reader", world.WORKSPACE_ID),
)
# A run need not wait for what has come to its end while its host was dead.
WAITS = {
    WAIT,
    steps.ENDPOINT.provisioned.activity,
    steps.DEPLOYMENT.provisioned.activity,
    steps.TRAFFIC.provisioned.activity,
}
# How the policy names deployments.
VERSIONED = "version-{version}"
_PATHS = "azureml://datastores/workspaceblobstore/paths"


def put_files(cloud: LocalCloud) -> None:
    """What the requests point at: the model's files and every scoring script, as blobs of the workspace."""
    weights = json.dumps({"weights": [1, 2, 3], "bias": 3}).encode()
    files = {"models/credit-risk/coefficients.json": weights}
    for script in samples.SCORING.glob("*/score.py"):
        files[f"code/{script.parent.name}/score.py"] = script.read_bytes()
    for name, content in files.items():
        cloud.blobs.put(world.WORKSPACE_STORAGE, world.BLOB_CONTAINER, name, content)


def request(*, script: str = "dot_product", identity: str | None = None) -> dict[str, Any]:
    """A request whose model, code, environment, endpoint, roles and deployment are all still to be made."""
    body = samples.request(
        code=f"{_PATHS}/code/{script}",
        environment={"image": samples.IMAGE, "conda_file": samples.CONDA},
        identity=identity,
        access={
            "additional": [{"role": role, "scope": scope} for role, scope in GRANTS],
            "propagation": {"wait": "PT2M", "give_up_after": "PT30M"},
        },
    )
    return body | {"model": {"name": "credit-risk", "version": "1", "path": f"{_PATHS}/models/credit-risk"}}


def policy() -> dict[str, Any]:
    """The policy that deploys every registered version of the model, as `request` would."""
    template = request()
    del template["model"]
    return {"match": {"model": "credit-risk"}, **template, "deployment": {**template["deployment"], "name": VERSIONED}}


def ending(cloud: LocalCloud, status: dict[str, Any]) -> dict[str, Any]:
    """Everything that two runs of one request must have in common: all but times, ids and how often it was tried."""
    error, result = status.get("error", {}), status.get("result", {})
    return {
        "status": status["status"],
        "error": {name: error.get(name) for name in ("code", "step", "cause")},
        "steps": {step["name"]: step["state"] for step in status["steps"] if step["name"] not in WAITS},
        "ledger": sorted((entry["kind"], entry["name"], entry["fate"]) for entry in status.get("ledger", [])),
        "result": {name: result.get(name) for name in ("answer", "traffic_before")},
        "observed": {name: value for name, value in result.get("observed", {}).items() if name != "serving"},
        "serving": [pin | {"run": pin.get("run") == status["id"]} for pin in _serving(result)],
        **cloud_state(cloud),
    }


def _serving(result: dict[str, Any]) -> list[dict[str, Any]]:
    serving: list[dict[str, Any]] = result.get("observed", {}).get("serving", [])
    return serving


def writes(cloud: LocalCloud) -> list[str]:
    """What Slipway has written to Azure."""
    written = [entry for entry in cloud.journal.entries(caller="slipway-app") if entry.write]
    return sorted(f"{entry.method} {entry.path}" for entry in written)


def cloud_state(cloud: LocalCloud) -> dict[str, Any]:
    """What there is in the workspace: assets, endpoints with deployments and traffic, and who holds which role."""
    with loopback.client(cloud.control_url) as control:
        state = control.get("/local/state").raise_for_status().json()
        assignments = control.get("/local/assignments").raise_for_status().json()["value"]
    return {
        "assets": {kind: sorted(state[kind]) for kind in ("models", "codes", "environments")},
        "endpoints": [_endpoint(endpoint) for endpoint in state["endpoints"]],
        "assignments": sorted((one["name"], one["role"], one["principal"], one["scope"]) for one in assignments),
    }


def _endpoint(document: dict[str, Any]) -> dict[str, Any]:
    properties = document["properties"]
    return {
        "name": document["name"],
        "identity": document["identity"],
        "state": properties["provisioningState"],
        "traffic": properties["traffic"],
        "deployments": [
            (
                one["name"],
                one["properties"]["provisioningState"],
                one["properties"]["model"],
                one["properties"]["environmentId"],
                one["properties"]["codeConfiguration"],
            )
            for one in document["deployments"]
        ],
    }


def write(number: int, **effect: Any) -> Fault:
    """A fault for the ARM write of that number, counted from 0 (a POST counts, as Azure counts it)."""
    return Fault(method="[!gh]*", host="management.azure.com", skip=number, **effect)
