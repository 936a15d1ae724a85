"""Deploy one model version behind an online endpoint.

wait for the endpoint → plan → register model, environment, code → grant roles (identity known) → ensure endpoint
→ grant roles (identity new) → wait until roles take effect → create deployment → smoke test → shift traffic → read back

This file is the runbook: it only decides what happens next.
I/O, clock, environment and randomness live in activities (ruff.toml here enforces it).
Activities may run more than once; each one creates or confirms.
"""

from __future__ import annotations

from functools import partial

from contracts.activities import Ensured, Observed, ReadBackInput
from contracts.base import Json
from contracts.ledger import LedgerEntry
from contracts.orders import DeployOrder
from contracts.plan import Percentages, PlanInput, PlanVerdict
from contracts.status import DeploymentResult
from orchestrations import steps
from orchestrations.access import Access, grant_roles, roles_effective, while_roles_take_effect
from orchestrations.engine import Context, Taking
from orchestrations.extras import extras
from orchestrations.later import starting_what_follows
from orchestrations.newest import stop_if_superseded
from orchestrations.proving import smoke_test
from orchestrations.releasing import PASSED, released
from orchestrations.run import Run
from orchestrations.shift import observed, shift_traffic
from orchestrations.turns import in_turn
from orchestrations.undo import carried_out


def deploy(context: Context) -> Taking[Json]:
    """Orchestration `deploy`: ends Completed with a `DeploymentResult`, or Failed with the error on the board."""
    run = Run(context, deploy.__name__)
    return (yield from carried_out(run, lambda: roll_out(run)))


def roll_out(run: Run) -> Taking[DeploymentResult]:
    """Wait for the endpoint, deploy to it, and leave a release."""
    order = DeployOrder.from_wire(run.context.get_input())
    run.board.about(model=order.model)
    run.keeps = order.keeps_on_failure
    yield from in_turn(run, order)
    result = yield from bring_up(run, order)
    released(run, result.observed, f"waived: {order.waived}" if order.waived else PASSED)
    return (yield from starting_what_follows(run, order, result))


def bring_up(run: Run, order: DeployOrder) -> Taking[DeploymentResult]:
    """Take the steps in order; the ledger knows at every point what this run has made."""
    plan = yield from plan_deployment(run, order)

    yield from stop_if_superseded(run, plan.model, order.match)
    for asset in (steps.MODEL, steps.ENVIRONMENT, steps.CODE):
        yield from register(run, asset, order, plan)
    access = yield from ready_endpoint(run, order, plan)
    yield from extras(run, order, plan, after="endpoint")

    yield from stop_if_superseded(run, plan.model, order.match)
    yield from while_roles_take_effect(run, access, lambda: create_deployment(run, order, plan))
    test = partial(smoke_test, run, order.endpoint, order.deployment, order.part("smoke_test"), plan.resolved.model)
    answer = yield from while_roles_take_effect(run, access, test)
    yield from extras(run, order, plan, after="deployment")

    yield from stop_if_superseded(run, plan.model, order.match)
    before, after = yield from shift_traffic(run, order, plan)
    observed = yield from read_back(run, order, plan, after)
    return DeploymentResult(observed=observed, answer=answer, traffic_before=before, ledger=run.ledger.entries)


def plan_deployment(run: Run, order: DeployOrder) -> Taking[PlanVerdict]:
    """Find out by reading what is to be made; problems stop the run before anything is."""
    # What a run has made already, before the platform ended it, is no change that anybody else has made.
    agreed = None if order.carried.ledger else order.part("plan")
    # Nor does the latest version become another one by being registered meanwhile.
    known = {entry.kind: entry.id for entry in order.carried.ledger}
    asked = PlanInput(
        mark=run.mark,
        request=order.request,
        shares_endpoint=order.shares_endpoint,
        expects=agreed,
        known=known or None,
    )
    plan = yield from run.take(steps.PLAN_DEPLOYMENT, asked)
    run.board.about(model=plan.model)
    if plan.problems:
        more = f" (and {plan.problem_count - 1} more: POST /api/plans lists all)" if plan.problem_count > 1 else ""
        run.stop_over(steps.PLAN_DEPLOYMENT, plan.problems[0], more)
    return plan


def register(run: Run, asset: steps.Resource[Ensured], order: DeployOrder, plan: PlanVerdict) -> Taking[None]:
    """Register or confirm the model, or what serves it."""
    reference = getattr(plan.resolved, asset.kind)
    if reference:
        makes = [LedgerEntry(kind=asset.kind, id=reference)]
        yield from run.ensure(asset, order.part(asset.kind), plan.resolved, makes)


def ready_endpoint(run: Run, order: DeployOrder, plan: PlanVerdict) -> Taking[Access | None]:
    """Bring the endpoint up, with its identity's roles granted as early as can be and given their time."""
    own = None if order.user_assigned_id else plan.resolved.endpoint
    # A user-assigned identity must hold its roles before the endpoint exists; an existing endpoint's is known too.
    known, access = plan.resolved.principal_id, None
    if known:
        access = yield from grant_roles(run, plan, order.propagation, known, goes_with=own)

    entry = LedgerEntry(kind=steps.ENDPOINT.kind, id=plan.resolved.endpoint)
    endpoint = yield from run.begin(steps.ENDPOINT, order.part("endpoint"), plan.resolved, [entry])
    # A system-assigned identity is in the first answer, so its wait overlaps the endpoint's creation. It is another one
    # than the plan saw when the endpoint was deleted and made again meanwhile.
    if own and endpoint.principal_id != known:
        access = yield from grant_roles(run, plan, order.propagation, endpoint.principal_id, goes_with=own)
    yield from run.finish(steps.ENDPOINT, endpoint, entry)
    yield from roles_effective(run, access)
    return access


def create_deployment(run: Run, order: DeployOrder, plan: PlanVerdict) -> Taking[None]:
    """Begin the deployment and watch it until it is provisioned."""
    makes = [LedgerEntry(kind=steps.DEPLOYMENT.kind, id=plan.resolved.deployment)]
    yield from run.ensure(steps.DEPLOYMENT, order.part("deployment"), plan.resolved, makes)


def read_back(run: Run, order: DeployOrder, plan: PlanVerdict, traffic: Percentages | None) -> Taking[Observed]:
    """Look at what Azure has in the end; it must be what this run made."""
    wanted = ReadBackInput(
        endpoint=order.endpoint, deployment=order.deployment, model=plan.resolved.model or "", traffic=traffic
    )
    return (yield from observed(run, wanted))
