"""Asking for runtimes, and the stack on which that is done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.cloud import world
from local.stack import LocalStack
from tests import samples

OWN_IMAGE = f"{world.REGISTRY}.azurecr.io/azureml/flows:1"
NEXT_IMAGE = f"{world.REGISTRY}.azurecr.io/azureml/flows:2"
USER = world.DEVELOPER.principal_id
TENANT = world.TENANT
OPERATOR = "AzureML Compute Operator"
DATA_SCIENTIST = "AzureML Data Scientist"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One stack for the module: every test has compute instances of its own."""
    with LocalStack(tmp_path_factory.mktemp("runtimes")) as started:
        started.cloud.state.quota.cores = samples.ROOM
        # Who lets Slipway make machines gives it this; `infra/` does not.
        started.cloud.authorization.seed(world.APP.principal_id, OPERATOR, world.WORKSPACE_ID)
        yield started


def wanted(name: str, **parts: Any) -> dict[str, Any]:
    size = {"name": name, "size": "Standard_DS3_v2"}
    return {"name": "flows", "compute": size, "image": OWN_IMAGE} | parts


def ask(stack: LocalStack, body: Any, key: str | None = None) -> dict[str, Any]:
    with stack.http as http:
        accepted = http.post("/api/runtimes", json=body, headers={"Idempotency-Key": key} if key else {})
    assert accepted.status_code == 202, accepted.text
    assert accepted.headers["Location"] == accepted.json()["links"]["self"]
    told: dict[str, Any] = accepted.json()
    return told


def told(stack: LocalStack, path: str) -> Any:
    with stack.http as http:
        return http.get(path).raise_for_status().json()


def ended(stack: LocalStack, accepted: dict[str, Any]) -> dict[str, Any]:
    return stack.ended(accepted["links"]["self"])


def make(stack: LocalStack, body: Any) -> dict[str, Any]:
    return ended(stack, ask(stack, body))


def took(status: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(status["updated"]) - datetime.fromisoformat(status["created"])
