"""Make a runtime: a custom application on a compute instance, for its users; another image is an update.

wait for the compute instance → plan → grant roles (identity known, users) → ensure compute instance
→ grant roles (identity new) → wait until roles take effect → ensure application → look at it

Whether the application itself answers is unchecked, and said to be: only its users can sign in to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from contracts.base import Contract, Json
from contracts.ledger import LedgerEntry, application_reference, compute_reference
from contracts.request import Propagation
from contracts.runtimes import STOPPED, RuntimeInput, RuntimeOrder, RuntimePlan, RuntimePlanInput, RuntimeResult
from orchestrations import steps
from orchestrations.access import USER, Access, grant_roles, newest_of, roles_effective
from orchestrations.engine import Context, Taking
from orchestrations.run import Run
from orchestrations.turns import in_turn
from orchestrations.undo import carried_out


def make_runtime(context: Context) -> Taking[Json]:
    """Orchestration `make_runtime`: ends Completed with a `RuntimeResult`, or Failed with the error on the board."""
    run = Run(context, make_runtime.__name__)
    return (yield from carried_out(run, lambda: bring_up(run)))


def bring_up(run: Run) -> Taking[RuntimeResult]:
    """Take the steps in order; the ledger knows at every point what this run has made."""
    order = RuntimeOrder.from_wire(run.context.get_input())
    yield from in_turn(run, order)
    plan = yield from stop_over_problems(
        run, steps.PLAN_RUNTIME, RuntimePlanInput(mark=run.mark, request=order.request)
    )

    granted = yield from let_users_in(run, order.users, plan, order.propagation)
    access = yield from ready_compute(run, order, plan)
    yield from roles_effective(run, newest_of([*granted, access]))
    yield from ensure_application(run, order, plan)

    asked = RuntimeInput(compute=order.compute, name=order.deployment)
    seen = yield from run.take(steps.LOOK_AT_RUNTIME, asked)
    was = image_before(run, application_reference(order.compute, order.deployment), plan)
    return RuntimeResult(seen=seen, image_before=was, remarks=plan.remarks, ledger=run.ledger.entries)


def stop_over_problems(run: Run, step: steps.Step[RuntimePlan], asked: Contract) -> Taking[RuntimePlan]:
    """Find out by reading what is to be made; problems stop the run before anything is."""
    plan = yield from run.take(step, asked)
    if plan.problems:
        more = f" (and {plan.problem_count - 1} more)" if plan.problem_count > 1 else ""
        run.stop_over(step, plan.problems[0], more)
    return plan


def let_users_in(
    run: Run, users: Sequence[str], plan: RuntimePlan, propagation: Propagation
) -> Taking[list[Access | None]]:
    """Give each user the role that using a runtime takes; those who have it are confirmed."""
    granted = []
    for user in users:
        theirs = plan.model_copy(update={"grants": plan.for_users})
        granted.append((yield from grant_roles(run, theirs, propagation, user, goes_with=None, kind=USER)))
    return granted


def ready_compute(run: Run, order: RuntimeOrder, plan: RuntimePlan) -> Taking[Access | None]:
    """Have the compute instance running, and let its identity pull the image as early as can be."""
    reference = compute_reference(order.compute)
    own = None if order.user_assigned_id else reference
    known, access = plan.resolved.principal_id, None
    if known:
        access = yield from grant_roles(run, plan, order.propagation, known, goes_with=own)

    entry = LedgerEntry(kind=steps.COMPUTE.kind, id=reference)
    begun = run.ledger.find(*entry.key)
    # By this very run, before it began anew.
    starts = plan.starts or (begun is not None and begun.how == "changed")
    asked = {**order.part("compute"), "starts": starts}
    compute = yield from run.begin(steps.COMPUTE, asked, plan.resolved, [started(entry) if starts else entry])
    if compute.principal_id and compute.principal_id != known:
        access = yield from grant_roles(run, plan, order.propagation, compute.principal_id, goes_with=own)
    yield from run.finish(steps.COMPUTE, compute, entry)
    return access


def started(compute: LedgerEntry) -> LedgerEntry:
    """What the ledger says of a stopped compute instance before it is started: undo stops it, whatever was answered."""
    return compute.model_copy(update={"how": "changed", "before": STOPPED})


def image_before(run: Run, application: str, plan: RuntimePlan) -> str | None:
    """The image that the application had before this run, also when it began anew; None for a new one."""
    begun = run.ledger.find(steps.APPLICATION.kind, application)
    before: str | None = begun.before if begun is not None and begun.how != "found" else plan.was
    return before


def ensure_application(run: Run, order: RuntimeOrder, plan: RuntimePlan) -> Taking[None]:
    """Begin the application, or give it its new image, and watch until the compute instance lists it."""
    reference = application_reference(order.compute, order.deployment)
    entry = LedgerEntry(kind=steps.APPLICATION.kind, id=reference)
    was = image_before(run, reference, plan)
    if was:
        entry = entry.model_copy(update={"how": "changed", "before": was, "after": plan.image})
    asked = {**order.request, "image": plan.image, "was": was}
    yield from run.ensure(steps.APPLICATION, asked, plan.resolved, [entry])
