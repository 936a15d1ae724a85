"""What a runbook can ask for: single steps, and resources, each with its patience.

Activities are named, not imported: an orchestration only decides what happens next. The names of a resource's
activities come from its kind, so that one nobody has heard of here can be asked for as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from contracts import activities, plan, runtime_deletion, runtimes
from contracts.base import Contract
from contracts.findings import Removal
from contracts.queue import Woken
from contracts.releases import ServingNow, StoredOrder
from contracts.retiring import Expiry, Retirement, Started, SupersededDeployments
from contracts.rollout import AnswersSeen
from contracts.teardown import Departure
from contracts.traffic import SharesSeen
from contracts.updates import Update
from orchestrations import policies
from orchestrations.policies import Backoff

Result = TypeVar("Result", bound=Contract)
Ensuring = TypeVar("Ensuring", bound=activities.Ensured)


@dataclass(frozen=True)
class Step(Generic[Result]):
    """One activity as the runbook sees it; its name is also the step's name in the status."""

    activity: str
    result: type[Result]
    backoff: Backoff


@dataclass(frozen=True)
class Resource(Generic[Ensuring]):
    """An Azure resource as the runbook sees it: how it is ensured, watched and removed."""

    kind: str
    ensure: Step[Ensuring]
    provisioned: Step[activities.Provisioning]
    remove: Step[activities.Provisioning]
    removed: Backoff
    claimable: bool
    """Whether another run may have confirmed what this one has made."""


def resource(
    kind: str,
    result: type[Ensuring],
    *,
    step: str | None = None,
    tried: Backoff = policies.QUICK,
    watched: Backoff = policies.RESOURCE_MADE,
    claimable: bool = False,
) -> Resource[Ensuring]:
    """The resource of that kind; `step` is what the runbook calls ensuring it."""
    return Resource(
        kind,
        Step(step or f"ensure_{kind}", result, tried),
        Step(f"{kind}_provisioned", activities.Provisioning, watched),
        Step(f"remove_{kind}", activities.Provisioning, tried),
        policies.DELETED,
        claimable,
    )


MODEL = resource("model", activities.Ensured, step="register_model")
ENVIRONMENT = resource("environment", activities.Ensured, step="register_environment")
CODE = resource("code", activities.Ensured, step="register_code")
ENDPOINT = resource(
    "endpoint",
    activities.EndpointEnsured,
    tried=policies.ENDPOINT_WRITE,
    watched=policies.ENDPOINT_CREATED,
    claimable=True,
)
ROLE_ASSIGNMENT = resource("role_assignment", activities.RolesEnsured, step="grant_roles", tried=policies.GRANT)
DEPLOYMENT = resource(
    "deployment",
    activities.Ensured,
    step="begin_deployment",
    tried=policies.ENDPOINT_WRITE,
    watched=policies.DEPLOYMENT_CREATED,
    claimable=True,
)
TRAFFIC = resource(
    "traffic",
    activities.Ensured,
    step="shift_traffic",
    tried=policies.ENDPOINT_WRITE,
    watched=policies.ENDPOINT_CREATED,
)
# Made after a deployment when its request asks for it, and changed with the traffic of an endpoint.
MIRROR_TRAFFIC = resource("mirror_traffic", activities.Ensured, tried=policies.ENDPOINT_WRITE, claimable=True)
DEPLOYMENT_UPDATE = resource(
    "deployment_update",
    activities.Ensured,
    tried=policies.ENDPOINT_WRITE,
    watched=policies.DEPLOYMENT_CREATED,
)
COMPUTE = resource("compute", runtimes.ComputeEnsured, watched=policies.COMPUTE_UP)
APPLICATION = resource("application", activities.Ensured, watched=policies.COMPUTE_UP)
RESOURCES: dict[str, Resource[activities.Ensured]] = {
    one.kind: one  # type: ignore[misc]  # read only: a resource with a more telling answer is one with an answer
    for one in (
        MODEL,
        ENVIRONMENT,
        CODE,
        ENDPOINT,
        ROLE_ASSIGNMENT,
        DEPLOYMENT,
        TRAFFIC,
        MIRROR_TRAFFIC,
        DEPLOYMENT_UPDATE,
        COMPUTE,
        APPLICATION,
    )
}


def of_kind(kind: str) -> Resource[activities.Ensured]:
    """The resource of a ledger entry or a plan; of one that this page does not know, only the ordinary is assumed."""
    return RESOURCES.get(kind) or resource(kind, activities.Ensured, claimable=True)


PLAN_DEPLOYMENT = Step("plan_deployment", plan.PlanVerdict, policies.QUICK)
FIND_NEWEST_VERSION = Step("find_newest_version", activities.NewestVersion, policies.QUICK)
SMOKE_TEST = Step("smoke_test", activities.SmokeTestResult, policies.SMOKE_TEST)
READ_TRAFFIC = Step("read_traffic", activities.TrafficShift, policies.QUICK)
FIND_CLAIM = Step("find_claim", activities.Claim, policies.QUICK)
KEEP_LOGS = Step("keep_logs", activities.KeptLogs, policies.KEEP_LOGS)
DEPLOYMENT_ENDED = Step("deployment_ended", activities.Provisioning, policies.QUICK)
READ_BACK = Step("read_back", activities.Observed, policies.QUICK)
DIAGNOSTICS = of_kind("diagnostics")
VERIFY_SHARES = Step("verify_shares", SharesSeen, policies.SMOKE_TEST)
COUNT_ANSWERS = Step("count_answers", AnswersSeen, policies.QUICK)
PLAN_UPDATE = Step("plan_update", Update, policies.QUICK)
PLAN_TEARDOWN = Step("plan_teardown", Departure, policies.QUICK)
FIND_ORDER = Step("find_order", StoredOrder, policies.QUICK)
LOOK_AT_SERVING = Step("look_at_serving", ServingNow, policies.QUICK)
WAKE = Step("wake", Woken, policies.QUICK)
START_OPERATION = Step("start_operation", Started, policies.QUICK)
FIND_SUPERSEDED = Step("find_superseded", SupersededDeployments, policies.QUICK)
FIND_EXPIRY = Step("find_expiry", Expiry, policies.QUICK)
PLAN_RETIREMENT = Step("plan_retirement", Retirement, policies.QUICK)
PLAN_REMOVAL = Step("plan_removal", Removal, policies.QUICK)
PLAN_RUNTIME = Step("plan_runtime", runtimes.RuntimePlan, policies.QUICK)
PLAN_AUTOMATIC_RUNTIME = Step("plan_automatic_runtime", runtimes.RuntimePlan, policies.QUICK)
LOOK_AT_RUNTIME = Step("look_at_runtime", runtimes.RuntimeSeen, policies.QUICK)
PLAN_RUNTIME_TEARDOWN = Step("plan_runtime_teardown", runtime_deletion.RuntimeDeparture, policies.QUICK)
