"""The number of a deployment's instances, changed while it serves."""

from __future__ import annotations

from dataclasses import replace

from local.cloud.arm.errors import ArmError
from local.cloud.machinelearning.records import Deployment, Endpoint
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.usage import check_quota, size_of


def scaled(state: WorkspaceState, endpoint: Endpoint, deployment: Deployment, instances: int) -> bool:
    """Have it run on so many instances; False where the subscription may not have them."""
    if instances > state.quota.instances_per_deployment:
        return False
    try:
        check_quota(state, endpoint, deployment.name, size_of(deployment.properties), instances)
    except ArmError:
        return False
    deployment.capacity = instances
    if deployment.process:
        deployment.process.spec = replace(deployment.process.spec, instance_count=instances)
    return True
