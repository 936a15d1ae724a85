"""Whether one more deployment fits into what the subscription may use."""

from __future__ import annotations

import json

from local.cloud.arm.documents import Json
from local.cloud.arm.errors import ServiceError, invalid
from local.cloud.machinelearning.records import Deployment, Endpoint
from local.cloud.machinelearning.skus import Family, Size, size_named
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.world import SUBSCRIPTION

_OUT_OF_QUOTA = "Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#error-outofquota"
_DEFAULT_SIZE = "Standard_DS3_v2"  # the SDK's and the portal's default


def check_quota(state: WorkspaceState, endpoint: Endpoint, name: str, size: Size, capacity: int) -> None:
    """Refuse a deployment beyond the limits of endpoint or subscription, or its cores."""
    _check_limits(state, endpoint, name)
    _check_cores(state, endpoint, name, size, capacity)


def size_of(properties: Json) -> Size:
    """The size a deployment asks for; 400 for one that managed endpoints do not have."""
    name = str(properties.get("instanceType") or _DEFAULT_SIZE)
    size = size_named(name)
    if size is None:
        message = f"The instance type {name} is not supported for managed online endpoints."
        raise invalid("InvalidInstanceType", message)
    return size


def cores_used(state: WorkspaceState, family: Family, *, beside: Deployment | None = None) -> int:
    """What deployments and compute instances of a family hold of its cores, all but `beside`."""
    held = ((size_of(one.properties), one.capacity) for one in state.deployments() if one is not beside)
    machines = (size_named(str(one.properties.get("vmSize"))) for one in state.computes.values())
    alone = sum(size.cores for size in machines if size and size.family == family)
    return alone + sum(size.cores_for(capacity) for size, capacity in held if size.family == family)


def _check_limits(state: WorkspaceState, endpoint: Endpoint, name: str) -> None:
    if endpoint.deployment(name):
        return
    quota = state.quota
    if len(endpoint.deployments) >= quota.deployments_per_endpoint:
        raise invalid(
            "OutOfQuota", f"The limit of {quota.deployments_per_endpoint} deployments per endpoint is reached."
        )
    if sum(1 for _ in state.deployments()) >= quota.deployments:
        message = f"The limit of {quota.deployments} deployments per subscription and region is reached."
        raise invalid("OutOfQuota", message)


def _check_cores(state: WorkspaceState, endpoint: Endpoint, name: str, size: Size, capacity: int) -> None:
    """Every deployment holds its cores until it is deleted, failed ones too. Text: quoted in public issues."""
    used, limit = cores_used(state, size.family, beside=endpoint.deployment(name)), state.quota.cores_of(size.family)
    needed = size.cores_for(capacity)
    if used + needed <= limit:
        return
    text = (
        f"Not enough quota available for {size.name} in SubscriptionId {SUBSCRIPTION}. Current usage/limit: "
        f"{used}/{limit}. Additional needed: {needed} {_OUT_OF_QUOTA}"
    )
    inner = {
        "errors": {"VmSize": [text]},
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
    }
    message = f"InferencingClient HttpRequest error, error detail: {json.dumps(inner, separators=(',', ':'))}"
    detail = ("InferencingClientCreateDeploymentFailed", message)
    raise ServiceError(400, "BadRequest", "The request is invalid.", detail=detail)
