"""What tests deploy: small registered assets, and requests for them."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from local.cloud import world
from local.stack import LocalStack
from tests.prepared import Prepared, is_empty

SCORING = Path(__file__).parent / "scoring"
IMAGE = "mcr.microsoft.com/azureml/minimal-ubuntu22.04-py311-cpu-inference:latest"
CONDA = {"name": "serving", "dependencies": ["python>=3.11,<3.14", {"pip": ["azureml-inference-server-http"]}]}
USER_ASSIGNED = {identity.name: str(identity.resource_id) for identity in world.USER_ASSIGNED}
ROW = [1, 2, 3]
# Cores of each family of sizes: a new subscription's are used up by three deployments.
ROOM = 10_000


def answer_of(weights: list[int], bias: int = 3) -> float:
    """What a model with these weights answers to ROW."""
    return sum(w * x for w, x in zip(weights, ROW, strict=True)) + bias


def register_model(
    stack: LocalStack,
    name: str = "credit-risk",
    version: str = "1",
    weights: tuple[int, ...] = (1, 2, 3),
    tags: dict[str, str] | None = None,
) -> None:
    """Register a dot-product model as a developer would, through the SDK."""
    from azure.ai.ml.entities import Model

    folder = stack.data / "models" / name / version
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "coefficients.json").write_text(json.dumps({"weights": list(weights), "bias": 3}))
    stack.developer().models.create_or_update(Model(name=name, version=version, path=str(folder), tags=tags or {}))


def register_code(stack: LocalStack, script: str = "dot_product", name: str | None = None) -> str:
    """Register one of `tests/scoring` as a code asset; its reference."""
    from azure.ai.ml.entities._assets._artifacts.code import Code

    name = name or script.replace("_", "-")
    stack.developer()._code.create_or_update(Code(path=str(SCORING / script), name=name, version="1"))
    return f"azureml:{name}:1"


def register_environment(stack: LocalStack, name: str = "serving", image: str = IMAGE, conda: Any = CONDA) -> str:
    """Register an environment; its reference."""
    from azure.ai.ml.entities import Environment

    stack.developer().environments.create_or_update(Environment(name=name, version="1", image=image, conda_file=conda))
    return f"azureml:{name}:1"


# What a first local Azure of this process held once everything was registered there.
_PREPARED: list[Prepared] = []


def register_all(stack: LocalStack) -> None:
    """The model, code and environment that `request` names by default, in a subscription with room for many tests.

    A developer registers them once in a process, through the SDK; others of its local Azures that are empty get what
    that has left in the first.
    """
    stack.cloud.state.quota.cores = ROOM
    empty = is_empty(stack.cloud)
    if empty and _PREPARED:
        _PREPARED[0].put_into(stack.cloud)
        return
    register_model(stack)
    register_code(stack)
    register_environment(stack)
    if empty:
        _PREPARED.append(Prepared.taken_from(stack.cloud))


def request(
    *,
    endpoint: str = "credit-risk",
    deployment: str = "blue",
    model: Any = "azureml:credit-risk:1",
    code: str = "azureml:dot-product:1",
    environment: Any = "azureml:serving:1",
    identity: str | None = "credit-risk-identity",
    expect: Any = None,
    **parts: Any,
) -> dict[str, Any]:
    """A deployment request; `identity=None` asks for a system-assigned one."""
    who: dict[str, Any] = {"type": "system_assigned"}
    if identity:
        who = {"type": "user_assigned", "user_assigned_identities": [{"resource_id": USER_ASSIGNED[identity]}]}
    body: dict[str, Any] = {
        "model": model,
        "endpoint": {"name": endpoint, "identity": who},
        "deployment": {
            "name": deployment,
            "code_configuration": {"code": code, "scoring_script": "score.py"},
            "environment": environment,
            "instance_type": "Standard_DS3_v2",
        },
        "smoke_test": {"request": {"data": [ROW]}, "expect": expect or {"json": [17], "tolerance": 0.1}},
    }
    return body | parts


def register_later(stack: LocalStack, version: str) -> None:
    """Register a version from an alarm of the clock, which must not be kept waiting; time stands still meanwhile."""
    held = stack.clock.hold(f"registering version {version}")

    def register() -> None:
        try:
            register_model(stack, version=version)
        finally:
            held.release()

    threading.Thread(target=register).start()
