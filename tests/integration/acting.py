"""Calling activities as the task hub does, one JSON message in and one envelope out, and looking at what they did."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx

from activities import access, assets, deployments, endpoints, models, planning, smoke_test
from activities.envelope import CONTRACTS, Activity
from contracts.base import Contract
from contracts.request import DeploymentRequest
from local.cloud import world
from local.stack import LocalStack
from tests import samples

INSTANCE = "dep-0123456789abcdef0123456789abcdef"
MODULES: tuple[ModuleType, ...] = (access, assets, deployments, endpoints, models, planning, smoke_test)
ACTIVITIES: dict[str, Activity] = {
    name: getattr(module, name) for module in MODULES for name in CONTRACTS if hasattr(module, name)
}


def act(name: str, message: Contract) -> dict[str, Any]:
    """The envelope that activity `name` answers to `message`."""
    return ACTIVITIES[name](message.to_wire())


def done(name: str, message: Contract) -> dict[str, Any]:
    """The result of an activity that must succeed."""
    envelope = act(name, message)
    assert "ok" in envelope, f"{name}: {envelope['error']}"
    result: dict[str, Any] = envelope["ok"]
    return result


def until(stack: LocalStack, name: str, message: Contract, ready: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first result of an activity that is `ready`; virtual time passes between two looks."""

    def look() -> dict[str, Any] | None:
        result = done(name, message)
        return result if ready(result) else None

    found: dict[str, Any] = stack.until(look, seconds=60)
    return found


def is_done(result: dict[str, Any]) -> bool:
    return bool(result["done"])


def state(stack: LocalStack) -> dict[str, Any]:
    """All of the local Azure that an activity could change, with the moments of changes."""
    return {
        what: httpx.get(f"{stack.cloud.control_url}/local/{what}", trust_env=False).raise_for_status().json()
        for what in ("state", "assignments")
    }


def request(stack: LocalStack, **parts: Any) -> DeploymentRequest:
    """A request that registers everything itself: model and code from the datastore, the environment inline."""
    script = (samples.SCORING / "dot_product" / "score.py").read_bytes()
    for name, content in (("made/coefficients.json", b'{"weights": [1, 2, 3], "bias": 3}'), ("code/score.py", script)):
        stack.cloud.blobs.put(world.WORKSPACE_STORAGE, world.BLOB_CONTAINER, name, content)
    datastore = f"azureml://datastores/{world.DATASTORE}/paths"
    body = samples.request(
        model={"name": "credit-made", "version": "7", "path": f"{datastore}/made/"},
        code=f"{datastore}/code/",
        environment={"image": samples.IMAGE, "conda_file": samples.CONDA},
        **parts,
    )
    return DeploymentRequest.from_wire(body)
