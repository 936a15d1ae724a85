"""The release that a rollback goes back to, and what each of its deployments was made with."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.base import Json
from contracts.endpoint_errors import ReleaseNotFound, ReleaseNotRestorable
from contracts.errors import Failure, StepFailed
from contracts.operations import OperationOrder
from contracts.orders import DeployOrder
from contracts.releases import OrderRef, Pin, Release, Target, TargetOrder
from contracts.rollback import made_again
from orchestrations import steps
from orchestrations.engine import Context, Taking
from orchestrations.run import Run, defect
from orchestrations.turns import queue_of

CHOOSE = "choose_release"


def release_meant(run: Run, order: OperationOrder) -> Taking[Release]:
    """The release that was asked for; raises StepFailed when there is no such one, or it serves already."""
    to = order.part("to")
    number = to if isinstance(to, int) else None
    run.log.started(CHOOSE, run.now)
    again = run.mark if order.carried.resumptions else None
    asked = TargetOrder(endpoint=order.endpoint, number=number, run=again)
    target = yield from run.delegate(CHOOSE, choose_release.__name__, asked, Target)
    if target.release is not None:
        return target.release
    run.log.failed(CHOOSE, run.now)
    wanted = f"release {number}" if number else f"release before release {target.serving}"
    there = f"it can go back to {', '.join(map(str, target.known))}" if target.known else "it has no other"
    error = ReleaseNotFound(f"endpoint {order.endpoint} has no {wanted} that was live: {there}")
    raise StepFailed(error.to_failure().model_copy(update={"step": CHOOSE}))


def choose_release(context: Context) -> Taking[Json]:
    """Orchestration `choose_release`: the release that somebody means, as the endpoint's entity knows it."""
    try:
        order = TargetOrder.from_wire(context.get_input())
        answer = yield context.call_entity(queue_of(order.endpoint), "choose", order.to_wire())
        return {"ok": Target.from_wire(answer).to_wire()}
    except Exception as error:  # what ends a child in foreign words ends its parent so
        return {"error": defect(error).to_wire()}


def smoke_test_of(run: Run, pin: Pin) -> Taking[Json]:
    """The smoke test that a deployment passed when it was made; None when nobody knows it."""
    if pin.run is None:
        return None
    stored = yield from run.take(steps.FIND_ORDER, OrderRef(run=pin.run, deployment=pin.deployment, part="smoke_test"))
    return (stored.request or {}).get("smoke_test")


def order_again(run: Run, pin: Pin, name: str) -> Taking[tuple[DeployOrder, str]]:
    """The order by which a deployment is made again under that name, and whose it was at first.

    Raises StepFailed when it is not known.
    """
    if pin.run:
        stored = yield from run.take(steps.FIND_ORDER, OrderRef(run=pin.run, deployment=pin.deployment))
        if stored.request:
            again = made_again(DeployOrder(request=stored.request, digest=stored.digest), pin, name)
            return again, stored.run or pin.run
    why = f"what {pin.run} was asked for is not known any more" if pin.run else "it was not made by Slipway"
    error = ReleaseNotRestorable(f"deployment {pin.deployment} is not as it was, and {why}")
    raise StepFailed(error.to_failure().model_copy(update={"step": steps.FIND_ORDER.activity}))


def not_the_same(deployments: Sequence[str]) -> Failure:
    """The failure of a rollback that could not make again what served then."""
    what = ", ".join(deployments)
    error = ReleaseNotRestorable(f"{what} made again is not as it was when it served: its settings are others")
    return error.to_failure().model_copy(update={"step": steps.LOOK_AT_SERVING.activity})
