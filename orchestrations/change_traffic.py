"""Change how an endpoint shares its traffic, and see by real requests that it does.

wait for the endpoint → shift traffic → mirror → read back → verify shares
"""

from __future__ import annotations

from contracts.activities import Observed, TrafficInput
from contracts.base import Json
from contracts.ledger import endpoint_reference
from contracts.operations import OperationOrder, OperationResult
from contracts.plan import Resolved
from contracts.smoke_test import cases_of, first_written
from contracts.traffic import SharesInput
from orchestrations import steps
from orchestrations.engine import Context, Taking
from orchestrations.going_back import smoke_test_of
from orchestrations.releasing import PASSED, released
from orchestrations.run import Run
from orchestrations.shift import give, mirror, traffic_read_back
from orchestrations.turns import in_turn
from orchestrations.undo import carried_out

NO_REQUEST = "no request is known that these deployments answer"


def change_traffic(context: Context) -> Taking[Json]:
    """Orchestration `change_traffic`: ends with an `OperationResult`, or Failed with the error on the board."""
    run = Run(context, change_traffic.__name__)
    return (yield from carried_out(run, lambda: share_out(run)))


def share_out(run: Run) -> Taking[OperationResult]:
    """Give each deployment its share, and the mirrored one its copy."""
    order = OperationOrder.from_wire(run.context.get_input())
    yield from in_turn(run, order)
    shares, copies = order.part("traffic"), order.part("mirror_traffic")
    now = yield from run.take(steps.READ_TRAFFIC, TrafficInput(endpoint=order.endpoint, traffic=shares or {}))
    resolved = Resolved(endpoint=endpoint_reference(order.endpoint), mirrored=now.mirrored)

    before, after = now.before, None
    if shares is not None:
        before, after = (yield from give(run, order.endpoint, shares)), now.after
    if copies is not None:
        yield from mirror(run, {name: share for name, share in copies.items() if share}, resolved)
    observed = yield from traffic_read_back(run, order.endpoint, after)
    answered = yield from verify_shares(run, observed)
    released(run, observed, PASSED if answered else NO_REQUEST)
    return OperationResult(observed=observed, answered=answered, traffic_before=before, ledger=run.ledger.entries)


def verify_shares(run: Run, observed: Observed) -> Taking[dict[str, int]]:
    """Have real requests answered, and by whom; none where nothing has traffic, or no request is known."""
    test: Json = None
    for pin in observed.serving:
        if test is None:
            known = yield from smoke_test_of(run, pin)
            test = first_written(cases_of(observed.endpoint, pin.deployment, known, pin.model)) if known else None
    if test is None:
        why = NO_REQUEST if observed.traffic else "no deployment has traffic"
        run.log.skipped(steps.VERIFY_SHARES.activity, run.now, why)
        return {}
    asked = SharesInput(endpoint=observed.endpoint, traffic=observed.traffic, test=test)
    seen = yield from run.take(steps.VERIFY_SHARES, asked)
    return seen.answered
