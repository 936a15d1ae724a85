"""The steps an orchestration can take: each names its activity, its messages and its patience.

Activities are named, not imported: an orchestration only decides what happens next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from contracts import activities as c
from contracts.base import Contract
from orchestrations import policies as p
from orchestrations.policies import Backoff

Result = TypeVar("Result", bound=Contract)


@dataclass(frozen=True)
class Step(Generic[Result]):
    """One activity as the runbook sees it; its name is also the step's name in the status."""

    activity: str
    result: type[Result]
    backoff: Backoff


PLAN_DEPLOYMENT = Step("plan_deployment", c.PlanVerdict, p.QUICK)
REGISTER_MODEL = Step("register_model", c.ModelVersion, p.QUICK)
REGISTER_ASSETS = Step("register_assets", c.ServingAssets, p.QUICK)
ENSURE_ENDPOINT = Step("ensure_endpoint", c.Endpoint, p.ENDPOINT_WRITE)
GRANT_ROLES = Step("grant_roles", c.Access, p.GRANT)
BEGIN_DEPLOYMENT = Step("begin_deployment", c.Deployment, p.ENDPOINT_WRITE)
SMOKE_TEST = Step("smoke_test", c.SmokeTestResult, p.SMOKE_TEST)
READ_TRAFFIC = Step("read_traffic", c.TrafficShift, p.QUICK)
SHIFT_TRAFFIC = Step("shift_traffic", c.TrafficShift, p.ENDPOINT_WRITE)
READ_BACK = Step("read_back", c.Observed, p.QUICK)
FIND_NEWEST_VERSION = Step("find_newest_version", c.NewestVersion, p.QUICK)

DELETE_DEPLOYMENT = Step("delete_deployment", c.Done, p.ENDPOINT_WRITE)
DELETE_ENDPOINT = Step("delete_endpoint", c.Done, p.ENDPOINT_WRITE)
REVOKE_ROLES = Step("revoke_roles", c.Done, p.GRANT)

# Watched: looked at on durable timers, in a sub-orchestration of their own, until they say they are done.
ENDPOINT_PROVISIONED = Step("endpoint_provisioned", c.Provisioning, p.ENDPOINT_CREATED)
TRAFFIC_PROVISIONED = Step("traffic_provisioned", c.Provisioning, p.ENDPOINT_CREATED)
DEPLOYMENT_PROVISIONED = Step("deployment_provisioned", c.Provisioning, p.DEPLOYMENT_CREATED)
DEPLOYMENT_DELETED = Step("deployment_deleted", c.Provisioning, p.DELETED)
ENDPOINT_DELETED = Step("endpoint_deleted", c.Provisioning, p.DELETED)

WATCHED = {
    step.activity: step
    for step in (
        ENDPOINT_PROVISIONED,
        TRAFFIC_PROVISIONED,
        DEPLOYMENT_PROVISIONED,
        DEPLOYMENT_DELETED,
        ENDPOINT_DELETED,
    )
}
