"""Deploy one model version behind an online endpoint.

plan → register model → grant roles (identity known) → ensure endpoint → grant roles (identity new)
→ wait until roles take effect → create deployment → smoke test → shift traffic → read back

This file is the runbook: it only decides what happens next.
I/O, clock, environment and randomness live in activities (ruff.toml here enforces it).
Activities may run more than once; each one creates or confirms.
"""

from __future__ import annotations

from contracts import activities as c
from contracts.base import Json
from contracts.errors import Failure, StepFailed
from contracts.request import DeploymentRequest
from contracts.status import DeploymentResult
from orchestrations import steps
from orchestrations.access import grant_roles, roles_effective, while_roles_take_effect
from orchestrations.progress import ProgressBoard
from orchestrations.run import Context, Run, Taking
from orchestrations.undo import undo


def deploy(context: Context) -> Taking[Json]:
    """Orchestration `deploy`: ends Completed with a `DeploymentResult`, or Failed with the error on the board."""
    order = context.get_input()
    request = DeploymentRequest.from_wire(order["request"])
    model = f"{request.model_name}:{request.model_version}"
    board = ProgressBoard(
        context.set_custom_status, endpoint=request.endpoint.name, deployment=request.deployment.name, model=model
    )
    run = Run(context, board)
    try:
        result = yield from roll_out(run, request, match=order.get("match"))
    except StepFailed as failed:
        board.broke(failed.failure)
        yield from undo(run, request, failed.failure)
        raise
    return result.to_wire()


def roll_out(run: Run, request: DeploymentRequest, *, match: Json) -> Taking[DeploymentResult]:
    """Take the steps in order; the ledger knows at every point what this run has made.

    `match` is that of the policy which asked: a version that nobody asked for by name gets no traffic once a newer one
    that the policy is for is registered.
    """
    plan = yield from run(steps.PLAN_DEPLOYMENT, c.PlanInput(instance=run.instance, request=request))
    refuse(run, plan)
    model, assets = yield from register(run, request, plan)
    access = yield from ready_endpoint(run, request, plan)

    deployment = c.DeploymentInput(
        instance=run.instance,
        location=plan.location,
        endpoint=request.endpoint.name,
        deployment=request.deployment,
        model=model,
        assets=assets,
    )
    yield from while_roles_take_effect(run, request, access, lambda: create_deployment(run, deployment))
    answer = yield from while_roles_take_effect(run, request, access, lambda: smoke_test(run, request))
    newer = (yield from newer_version(run, model, match)) if match else None
    traffic = yield from shift_traffic(run, request, newer)
    observed = yield from read_back(run, request, model, traffic)
    return DeploymentResult(
        observed=observed,
        answer=answer.answer,
        traffic_before=traffic.before if traffic else {},
        ledger=run.board.ledger.entries,
    )


def register(
    run: Run, request: DeploymentRequest, plan: c.PlanVerdict
) -> Taking[tuple[c.ModelVersion, c.ServingAssets]]:
    """Register or confirm the model, and what serves it."""
    ledger = run.board.ledger
    model = yield from run(steps.REGISTER_MODEL, model_input(run, request, plan))
    ledger.made("model", f"{model.name}:{model.version}", really=model.created)
    assets = yield from run(steps.REGISTER_ASSETS, c.AssetsInput(instance=run.instance, deployment=request.deployment))
    for name in assets.created:
        kind, asset = name.split(" ", 1)
        ledger.made("environment" if kind == "environment" else "code", asset)
    return model, assets


def ready_endpoint(run: Run, request: DeploymentRequest, plan: c.PlanVerdict) -> Taking[c.Access | None]:
    """Bring the endpoint up, with its identity's roles granted as early as can be and given their time."""
    # A user-assigned identity must hold its roles before the endpoint exists; an existing endpoint's is known too.
    access = None
    if plan.needs_roles and plan.principal_id:
        access = yield from grant_roles(run, request, plan.principal_id)

    ledger = run.board.ledger
    ledger.making("endpoint", request.endpoint.name)
    order = c.EndpointInput(instance=run.instance, location=plan.location, endpoint=request.endpoint)
    endpoint = yield from run(steps.ENSURE_ENDPOINT, order)
    ledger.made("endpoint", endpoint.name, really=endpoint.created)

    # A system-assigned identity is in the first answer, so its wait overlaps the endpoint's creation. It is another one
    # than the plan saw when the endpoint was deleted and made again meanwhile.
    own = request.endpoint.identity.user_assigned_id is None
    if plan.needs_roles and (access is None or (own and access.principal_id != endpoint.principal_id)):
        access = yield from grant_roles(run, request, endpoint.principal_id)
    if endpoint.provisioning_state != "Succeeded":
        yield from run.until(steps.ENDPOINT_PROVISIONED, endpoint_ref(run, request))
    yield from roles_effective(run, request, access)
    return access


def create_deployment(run: Run, deployment: c.DeploymentInput) -> Taking[c.Deployment]:
    """Begin the deployment and watch it until it is provisioned."""
    ledger = run.board.ledger
    ledger.making("deployment", deployment.deployment.name)
    begun = yield from run(steps.BEGIN_DEPLOYMENT, deployment)
    ledger.made("deployment", begun.name, really=begun.created)
    if begun.provisioning_state != "Succeeded":
        ref = c.DeploymentRef(instance=run.instance, endpoint=deployment.endpoint, deployment=begun.name)
        yield from run.until(steps.DEPLOYMENT_PROVISIONED, ref)
    return begun


def smoke_test(run: Run, request: DeploymentRequest) -> Taking[c.SmokeTestResult]:
    """Prove with a real request, pinned to the new deployment, that it answers as expected."""
    test = c.SmokeTestInput(
        instance=run.instance,
        endpoint=request.endpoint.name,
        deployment=request.deployment.name,
        test=request.smoke_test,
    )
    result = yield from run(steps.SMOKE_TEST, test)
    return result


def newer_version(run: Run, model: c.ModelVersion, match: Json) -> Taking[str | None]:
    """The version registered after this one while it was being deployed, if any."""
    order = c.RegistrationRef(model=model.name, version=model.version, match=match)
    newest = yield from run(steps.FIND_NEWEST_VERSION, order)
    return None if newest.version in (None, model.version) else newest.version


def shift_traffic(run: Run, request: DeploymentRequest, newer: str | None) -> Taking[c.TrafficShift | None]:
    """Give the endpoint the traffic asked for; what it was before is written down first, for undo."""
    if request.traffic == "none" or newer:
        why = f"superseded by version {newer}" if newer else "the request leaves traffic as it is"
        run.board.skipped(steps.SHIFT_TRAFFIC.activity, run.now, why)
        return None
    wanted = c.TrafficInput(
        instance=run.instance,
        endpoint=request.endpoint.name,
        deployment=request.deployment.name,
        traffic=request.traffic,
    )
    planned = yield from run(steps.READ_TRAFFIC, wanted)
    run.traffic = planned
    if planned.changed:
        run.board.ledger.making("traffic", request.endpoint.name)
    shift = yield from run(steps.SHIFT_TRAFFIC, wanted)
    if shift.changed:
        # While the endpoint was busy, another run may have changed what was read.
        run.traffic = shift
    if planned.changed or shift.changed:
        # Not what the shift alone says: one whose answer was lost finds the traffic changed, and still under way.
        run.board.ledger.made("traffic", request.endpoint.name)
        yield from run.until(steps.TRAFFIC_PROVISIONED, endpoint_ref(run, request))
    return run.traffic


def read_back(
    run: Run, request: DeploymentRequest, model: c.ModelVersion, traffic: c.TrafficShift | None
) -> Taking[c.Observed]:
    """Look at what Azure has in the end; it must be what this run made."""
    order = c.ReadBackInput(
        instance=run.instance,
        endpoint=request.endpoint.name,
        deployment=request.deployment.name,
        model_id=model.id,
        traffic=traffic.after if traffic else None,
    )
    observed = yield from run(steps.READ_BACK, order)
    return observed


def refuse(run: Run, plan: c.PlanVerdict) -> None:
    """Stop before anything is created when the plan found problems; the first one is the run's error."""
    if plan.problems:
        run.board.failed(steps.PLAN_DEPLOYMENT.activity, run.now)
        first = plan.problems[0]
        more = f" (and {plan.problem_count - 1} more: POST /api/plans lists all)" if plan.problem_count > 1 else ""
        raise StepFailed(
            Failure(
                code=first.code,
                message=f"{first.path}: {first.message}{more}",
                suggestion=first.suggestion,
                step=steps.PLAN_DEPLOYMENT.activity,
            )
        )


def model_input(run: Run, request: DeploymentRequest, plan: c.PlanVerdict) -> c.ModelInput:
    """The model to register or confirm, with `latest` already resolved by the plan."""
    name, version = plan.model.rsplit(":", 1)
    run.board.resolved(plan.model)
    definition = None if isinstance(request.model, str) else request.model
    return c.ModelInput(instance=run.instance, name=name, version=version, definition=definition)


def endpoint_ref(run: Run, request: DeploymentRequest) -> c.EndpointRef:
    """The request's endpoint by name."""
    return c.EndpointRef(instance=run.instance, endpoint=request.endpoint.name)
