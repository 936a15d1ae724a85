"""Let an endpoint expire that was made for a time, with everything that Slipway made for it.

wait until a while before → say so → wait until its time is over → wait for the endpoint → plan teardown → remove it

Started by a deployment whose request names a `ttl`. A later deployment decides anew: it starts another of these, or
none; then this one takes nothing. What others have made is named, and not taken.
"""

from __future__ import annotations

from datetime import datetime

from contracts.base import Json
from contracts.lifetimes import Lifetime
from contracts.operations import OperationOrder, OperationResult
from contracts.retiring import ExpiryInput
from orchestrations import steps
from orchestrations.delete_endpoint import take_with_all
from orchestrations.engine import Context, Taking
from orchestrations.later import wait_for_time, wait_for_turn_now
from orchestrations.policies import EXPIRY_WARNED
from orchestrations.run import Run
from orchestrations.undo import carried_out

WAIT_TO_WARN, WAIT_TO_EXPIRE = "wait_to_warn", "wait_to_expire"


def expire(context: Context) -> Taking[Json]:
    """Orchestration `expire`: ends with an `OperationResult`, or Failed with the error on the board."""
    run = Run(context, expire.__name__)
    return (yield from carried_out(run, lambda: remove_in_time(run)))


def remove_in_time(run: Run) -> Taking[OperationResult]:
    """Wait and warn, then take it all; or nothing, where a later deployment has decided otherwise."""
    order = OperationOrder.from_wire(run.context.get_input())
    run.start(order)
    ttl = Lifetime.from_wire(order.request).ttl
    goes = (order.accepted or run.now) + ttl
    warned = goes - min(EXPIRY_WARNED, ttl / 2)
    yield from wait_for_time(run, warned, WAIT_TO_WARN, f"the endpoint goes at {goes:%Y-%m-%d %H:%M} UTC")
    stays = yield from why_it_stays(run, order, goes)
    if stays is None:
        yield from wait_for_time(
            run, goes, WAIT_TO_EXPIRE, "the endpoint goes soon: cancel this, or deploy to it again"
        )
        yield from wait_for_turn_now(run, order)
        stays = yield from why_it_stays(run, order, goes)
    if stays is not None:
        return OperationResult(stays={order.endpoint: stays})
    return (yield from take_with_all(run, order))


def why_it_stays(run: Run, order: OperationOrder, goes: datetime) -> Taking[str | None]:
    """Why the endpoint is not this operation's to take any more; None when it is."""
    asked = ExpiryInput(endpoint=order.endpoint, mark=run.mark, goes=goes)
    decides = yield from run.take(steps.FIND_EXPIRY, asked)
    if decides.by == run.mark:
        return None
    return f"{decides.by} says when it goes" if decides.by else "a later deployment says nothing of its end"
