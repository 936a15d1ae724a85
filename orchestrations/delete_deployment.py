"""Delete a deployment of an endpoint, with all that Slipway has made for it.

wait for the endpoint → plan teardown → take its traffic away (only when forced) → remove what goes with it → remove it
"""

from __future__ import annotations

from contracts.base import Json
from contracts.ledger import endpoint_reference
from contracts.operations import OperationOrder, OperationResult
from contracts.plan import Resolved
from orchestrations.engine import Context, Taking
from orchestrations.releasing import NOT_TESTED, released
from orchestrations.run import Run
from orchestrations.shift import give, mirror, traffic_read_back
from orchestrations.teardown import has_begun, look, take_down, without
from orchestrations.traffic_before import traffic_at_first
from orchestrations.turns import in_turn
from orchestrations.undo import carried_out


def delete_deployment(context: Context) -> Taking[Json]:
    """Orchestration `delete_deployment`: ends with an `OperationResult`, or Failed with the error on the board."""
    run = Run(context, delete_deployment.__name__)
    return (yield from carried_out(run, lambda: remove_it(run)))


def remove_it(run: Run) -> Taking[OperationResult]:
    """Take its traffic away, then what goes with it, then itself; one that is gone already is fine."""
    order = OperationOrder.from_wire(run.context.get_input())
    yield from in_turn(run, order)
    found = yield from look(run, order)
    if order.deployment in found.mirrored:
        yield from mirror(run, {}, Resolved(endpoint=endpoint_reference(order.endpoint), mirrored=found.mirrored))
    if order.deployment in found.traffic:
        yield from give(run, order.endpoint, without(found.traffic, order.deployment))
    yield from take_down(run, order, found)
    if not (found.there or has_begun(run)):
        return OperationResult(ledger=run.ledger.entries)
    observed = yield from traffic_read_back(run, order.endpoint, None)
    released(run, observed, NOT_TESTED)
    before = traffic_at_first(run, order.endpoint, found.traffic)
    return OperationResult(observed=observed, traffic_before=before, ledger=run.ledger.entries)
