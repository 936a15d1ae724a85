"""Remove what Slipway made at an endpoint and nothing needs any more: what its findings tell, and nothing else.

wait for the endpoint → look what is found by now → remove what goes with one → remove it → look again

Before each one goes, everything is compared again. Only what carries the mark of a run that has ended is taken; what
has traffic, what has served in a release and what others have made stays.
"""

from __future__ import annotations

from contracts.base import Json
from contracts.findings import Removal, RemovalInput
from contracts.operations import OperationOrder, OperationResult
from orchestrations import steps
from orchestrations.engine import Context, Taking
from orchestrations.policies import ROUNDS_OF_TEARDOWN
from orchestrations.run import Run
from orchestrations.teardown import remove_for_good
from orchestrations.turns import in_turn
from orchestrations.undo import carried_out

ASK_AGAIN = f"{ROUNDS_OF_TEARDOWN} findings are removed at once: ask again"


def remove_findings(context: Context) -> Taking[Json]:
    """Orchestration `remove_findings`: ends with an `OperationResult`, or Failed with the error on the board."""
    run = Run(context, remove_findings.__name__)
    return (yield from carried_out(run, lambda: remove_strays(run)))


def remove_strays(run: Run) -> Taking[OperationResult]:
    """Remove one finding after the other; what is gone already is fine."""
    order = OperationOrder.from_wire(run.context.get_input())
    yield from in_turn(run, order)
    kept: dict[str, str] = {}
    found = yield from look(run, order, kept)
    for _ in range(ROUNDS_OF_TEARDOWN):
        if not found.next:
            break
        for going in found.next:
            why = yield from remove_for_good(run, going.entry, only_of=going.mark)
            if why:
                kept[going.entry.id] = why
        found = yield from look(run, order, kept)
    left = {going.entry.id: ASK_AGAIN for going in found.next[-1:]}
    return OperationResult(ledger=run.ledger.entries, stays={**found.stays, **kept, **left})


def look(run: Run, order: OperationOrder, kept: dict[str, str]) -> Taking[Removal]:
    """The next one to go; raises StepFailed when the one that was asked for is to stay."""
    one = order.part("id")
    asked = RemovalInput(endpoint=order.endpoint, mark=run.mark, id=one, but=list(kept))
    found = yield from run.take(steps.PLAN_REMOVAL, asked)
    if found.problem is not None:
        run.stop_over(steps.PLAN_REMOVAL, found.problem)
    return found
