"""Delete an endpoint, with its deployments and all that Slipway has made for it.

wait for the endpoint → plan teardown → remove diagnostics and roles → remove the endpoint, and what is on it with it
"""

from __future__ import annotations

from contracts.base import Json
from contracts.operations import OperationOrder, OperationResult
from orchestrations.engine import Context, Taking
from orchestrations.releasing import took_down
from orchestrations.run import Run
from orchestrations.teardown import look, take_down
from orchestrations.turns import in_turn
from orchestrations.undo import carried_out


def delete_endpoint(context: Context) -> Taking[Json]:
    """Orchestration `delete_endpoint`: ends with an `OperationResult`, or Failed with the error on the board."""
    run = Run(context, delete_endpoint.__name__)
    return (yield from carried_out(run, lambda: remove_it(run)))


def remove_it(run: Run) -> Taking[OperationResult]:
    """Wait for its turn, then take what goes with it, and itself; one that is gone already is fine."""
    order = OperationOrder.from_wire(run.context.get_input())
    yield from in_turn(run, order)
    return (yield from take_with_all(run, order))


def take_with_all(run: Run, order: OperationOrder) -> Taking[OperationResult]:
    """Take the endpoint with all that goes, in this run's turn; its releases end with it."""
    found = yield from look(run, order)
    yield from take_down(run, order, found)
    took_down(run, found.traffic)
    return OperationResult(traffic_before=found.traffic, ledger=run.ledger.entries)
