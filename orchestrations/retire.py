"""Retire superseded deployments: those that have lost their traffic, and are not to be kept for a rollback.

wait until they have had their time → wait for the endpoint → look which go → remove what goes with one → remove it
→ look again

Started by a deployment whose request or policy asks for it. Only what Slipway has made and what served in a release is
taken; before each deployment goes, releases, traffic and mirror traffic are looked at again.
"""

from __future__ import annotations

from contracts.base import Json
from contracts.lifetimes import RetireRequest
from contracts.operations import OperationOrder, OperationResult
from contracts.retiring import Retirement, RetirementInput, SupersededInput
from orchestrations import steps
from orchestrations.engine import Context, Taking
from orchestrations.later import wait_for_time, wait_for_turn_now
from orchestrations.policies import ROUNDS_OF_TEARDOWN
from orchestrations.run import Run
from orchestrations.teardown import remove_for_good
from orchestrations.undo import carried_out

WAIT_TO_RETIRE = "wait_to_retire"


def retire(context: Context) -> Taking[Json]:
    """Orchestration `retire`: ends with an `OperationResult`, or Failed with the error on the board."""
    run = Run(context, retire.__name__)
    return (yield from carried_out(run, lambda: remove_superseded(run)))


def remove_superseded(run: Run) -> Taking[OperationResult]:
    """Wait, then remove one superseded deployment after the other; those that are wanted again by then stay."""
    order = OperationOrder.from_wire(run.context.get_input())
    wanted = RetireRequest.from_wire(order.request)
    run.start(order)
    due = (order.accepted or run.now) + wanted.after
    yield from wait_for_time(run, due, WAIT_TO_RETIRE, "superseded deployments are kept for a while")
    yield from wait_for_turn_now(run, order)
    found = Retirement()
    for _ in range(ROUNDS_OF_TEARDOWN):
        found = yield from look(run, order, wanted)
        if not found.next:
            break
        for entry in found.next:
            of_deployment = entry.kind == steps.DEPLOYMENT.kind
            yield from remove_for_good(run, entry, only_of=found.mark if of_deployment else None)
    return OperationResult(ledger=run.ledger.entries, stays=found.stays)


def look(run: Run, order: OperationOrder, wanted: RetireRequest) -> Taking[Retirement]:
    """The next deployment to go, by the endpoint's releases and by what Azure has."""
    before = run.now - wanted.after
    served = yield from run.take(steps.FIND_SUPERSEDED, SupersededInput(endpoint=order.endpoint, before=before))
    asked = RetirementInput(endpoint=order.endpoint, keep=wanted.keep, superseded=served.deployments)
    return (yield from run.take(steps.PLAN_RETIREMENT, asked))
