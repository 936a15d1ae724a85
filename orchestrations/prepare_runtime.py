"""Have ready what an automatic runtime needs: its settings are checked, its identity and its users given their roles.

plan → grant roles (users, identity) → wait until roles take effect

The studio makes the runtime when a flow is opened; of that nothing can be made or seen beforehand.
"""

from __future__ import annotations

from contracts.automatic_runtimes import AutomaticPlanInput, AutomaticRuntimeOrder
from contracts.base import Json
from contracts.runtimes import RuntimeResult
from orchestrations import steps
from orchestrations.access import grant_roles, newest_of, roles_effective
from orchestrations.engine import Context, Taking
from orchestrations.make_runtime import let_users_in, stop_over_problems
from orchestrations.run import Run
from orchestrations.turns import in_turn
from orchestrations.undo import carried_out


def prepare_runtime(context: Context) -> Taking[Json]:
    """Orchestration `prepare_runtime`: ends with a `RuntimeResult`, or Failed with the error on the board."""
    run = Run(context, prepare_runtime.__name__)
    return (yield from carried_out(run, lambda: have_ready(run)))


def have_ready(run: Run) -> Taking[RuntimeResult]:
    """Grant what is lacking, once nothing stands in the way, and wait until it has had its time."""
    order = AutomaticRuntimeOrder.from_wire(run.context.get_input())
    yield from in_turn(run, order)
    asked = AutomaticPlanInput(request=order.request)
    plan = yield from stop_over_problems(run, steps.PLAN_AUTOMATIC_RUNTIME, asked)

    granted = yield from let_users_in(run, order.users, plan, order.propagation)
    identity = plan.resolved.principal_id
    if identity:
        granted.append((yield from grant_roles(run, plan, order.propagation, identity, goes_with=None)))
    yield from roles_effective(run, newest_of(granted))
    return RuntimeResult(remarks=plan.remarks, ledger=run.ledger.entries)
