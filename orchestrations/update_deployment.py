"""Change a deployment in place: its size, or what it is made from: model, environment, code, variables, settings.

wait for the endpoint → plan update → register code (that is in a datastore) → update
→ smoke test (unless only its size changes) → read back
"""

from __future__ import annotations

from contracts.base import Json
from contracts.ledger import LedgerEntry, deployment_reference, endpoint_reference
from contracts.operations import OperationOrder, OperationResult
from contracts.plan import Resolved
from contracts.releases import Pin
from contracts.updates import Update, UpdateInput
from orchestrations import steps
from orchestrations.engine import Context, Taking
from orchestrations.going_back import smoke_test_of
from orchestrations.proving import smoke_test
from orchestrations.releasing import PASSED, changed_in_place
from orchestrations.run import Run
from orchestrations.shift import traffic_read_back
from orchestrations.turns import in_turn
from orchestrations.undo import carried_out


def update_deployment(context: Context) -> Taking[Json]:
    """Orchestration `update_deployment`: ends with an `OperationResult`, or Failed with the error on the board."""
    run = Run(context, update_deployment.__name__)
    return (yield from carried_out(run, lambda: change(run)))


def change(run: Run) -> Taking[OperationResult]:
    """Write down what it was, change it, and prove that it answers."""
    order = OperationOrder.from_wire(run.context.get_input())
    yield from in_turn(run, order)
    reference = deployment_reference(order.endpoint, order.deployment)
    begun = run.ledger.find(steps.DEPLOYMENT_UPDATE.kind, reference)
    asked = UpdateInput(
        endpoint=order.endpoint, deployment=order.deployment, wanted=order.request, begun=begun is not None
    )
    planned = yield from run.take(steps.PLAN_UPDATE, asked)
    if planned.problems:
        run.stop_over(steps.PLAN_UPDATE, planned.problems[0])
    if begun:
        # By this very run, before it began anew.
        planned = planned.model_copy(update={"before": begun.before, "after": begun.after})
    if not planned.after:
        run.log.skipped(steps.DEPLOYMENT_UPDATE.ensure.activity, run.now, "it is as asked for already")
        return OperationResult(ledger=run.ledger.entries)

    if planned.registers:
        yield from register_code(run, order, planned.registers)
    entry = LedgerEntry(kind=steps.DEPLOYMENT_UPDATE.kind, id=reference, before=planned.before, after=planned.after)
    resolved = Resolved(endpoint=endpoint_reference(order.endpoint), deployment=reference)
    makes = [entry.model_copy(update={"how": "changed"})]
    yield from run.ensure(steps.DEPLOYMENT_UPDATE, planned.to_wire(), resolved, makes)
    answers: dict[str, Json] = {}
    if not planned.scales_only:
        answers[order.deployment] = yield from prove(run, order, planned)
    observed = yield from traffic_read_back(run, order.endpoint, None)
    if planned.share and not planned.scales_only:
        changed_in_place(run, observed, PASSED)
    return OperationResult(
        observed=observed, answers=answers, traffic_before=observed.traffic, ledger=run.ledger.entries
    )


def register_code(run: Run, order: OperationOrder, reference: str) -> Taking[None]:
    """Register a folder of a datastore as a deployment does; like there it stays, whatever becomes of the change."""
    wanted = {"scoring_script": "", **(order.part("code_configuration") or {})}
    makes = [LedgerEntry(kind=steps.CODE.kind, id=reference)]
    yield from run.ensure(steps.CODE, wanted, Resolved(code=reference), makes)


def prove(run: Run, order: OperationOrder, planned: Update) -> Taking[Json]:
    """Have it answer the request that came with the change, or the one that proved it when it was made."""
    test = order.part("smoke_test")
    if test is None:
        test = yield from smoke_test_of(run, Pin(deployment=order.deployment, run=planned.run))
    return (yield from smoke_test(run, order.endpoint, order.deployment, test, planned.model))
