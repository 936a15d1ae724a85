"""What golden histories are recorded of runtimes."""

from __future__ import annotations

from local.cloud import world
from local.cloud.faults import Fault
from local.stack import LocalStack


def runtime(stack: LocalStack) -> str:
    """A runtime on a new compute instance, whose own identity is given its role."""
    return made_runtime(stack)


def failed_runtime(stack: LocalStack) -> str:
    """The application cannot be written: the compute instance is deleted, and then the role of its identity."""
    stack.cloud.faults.add(Fault(method="POST", path=r"/customServices$", status=400, times=None))
    return made_runtime(stack)


def made_runtime(stack: LocalStack) -> str:
    """Ask for a runtime whose image is in the workspace's registry, and wait for its end."""
    stack.cloud.authorization.seed(world.APP.principal_id, "AzureML Compute Operator", world.WORKSPACE_ID)
    body = {
        "name": "flows",
        "compute": {"name": "machine", "size": "Standard_DS3_v2"},
        "image": f"{world.REGISTRY}.azurecr.io/azureml/flows:1",
    }
    with stack.http as http:
        accepted = http.post("/api/runtimes", json=body).raise_for_status().json()
    stack.host.wait_for(accepted["id"])
    return str(accepted["id"])


def deleted_runtime(stack: LocalStack) -> str:
    """A runtime goes with its compute instance, and the role that was given for it."""
    made_runtime(stack)
    with stack.http as http:
        accepted = http.delete("/api/runtimes/machine/flows", params={"with_compute": "true"}).raise_for_status().json()
    stack.host.wait_for(accepted["id"])
    return str(accepted["id"])


def prepared_runtime(stack: LocalStack) -> str:
    """The identity of an automatic runtime is given its role."""
    identity = {"type": "user_assigned", "user_assigned_identities": [world.USER_ASSIGNED[1].resource_id]}
    with stack.http as http:
        accepted = http.post("/api/runtimes/automatic", json={"name": "flows", "identity": identity}).raise_for_status()
    stack.host.wait_for(accepted.json()["id"])
    return str(accepted.json()["id"])
