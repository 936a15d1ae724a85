"""Go back to an earlier release of an endpoint; its URL and its keys stay.

wait for the endpoint → choose release → look at what it had → smoke test (or deploy again) → shift traffic → read back

A deployment that still is what the release pinned costs its smoke test and one traffic write; one that is gone, or is
something else by now, is deployed again by the request that made it, of the versions that were pinned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.base import Json
from contracts.errors import StepFailed
from contracts.ledger import deployment_reference
from contracts.operations import OperationOrder, OperationResult
from contracts.releases import Pin, Release, ServingInput, ServingNow
from contracts.rollback import another_name
from orchestrations import steps
from orchestrations.deploy import bring_up
from orchestrations.engine import Context, Taking
from orchestrations.going_back import not_the_same, order_again, release_meant, smoke_test_of
from orchestrations.proving import smoke_test
from orchestrations.releasing import PASSED, released
from orchestrations.run import Run
from orchestrations.shift import give, traffic_read_back
from orchestrations.turns import in_turn
from orchestrations.undo import carried_out


@dataclass(frozen=True)
class Restored:
    """A deployment of the release that answers again; `made_from` is the run by whose request it was made again."""

    name: str
    answer: Json
    made_from: str | None = None


def rollback(context: Context) -> Taking[Json]:
    """Orchestration `rollback`: ends Completed with an `OperationResult`, or Failed with the error on the board."""
    run = Run(context, rollback.__name__)
    return (yield from carried_out(run, lambda: roll_back(run)))


def roll_back(run: Run) -> Taking[OperationResult]:
    """Prove that what served then still answers, or make it again; then give it its traffic."""
    order = OperationOrder.from_wire(run.context.get_input())
    yield from in_turn(run, order)
    release = yield from release_meant(run, order)
    asked = ServingInput(endpoint=order.endpoint, serving=release.serving)
    now = yield from run.take(steps.LOOK_AT_SERVING, asked)

    back: dict[str, Restored] = {}
    for pin in release.serving:
        # What this run had begun to make again, before it began anew, it goes on with.
        again = pin.deployment not in now.same or is_begun(run, order, pin.deployment)
        restoring = deploy_again(run, order, release, pin, now) if again else test_again(run, order, pin)
        back[pin.deployment] = yield from restoring

    yield from as_pinned(run, order, release, back)
    traffic = {back[name].name if name in back else name: share for name, share in release.traffic.items()}
    before = yield from give(run, order.endpoint, traffic)
    observed = yield from traffic_read_back(run, order.endpoint, traffic)
    released(run, observed, PASSED, restores=release.restores or release.number)
    return OperationResult(
        observed=observed,
        release=release.number,
        answers={one.name: one.answer for one in back.values()},
        made_again={one.name: one.made_from for one in back.values() if one.made_from},
        traffic_before=before,
        ledger=run.ledger.entries,
    )


def test_again(run: Run, order: OperationOrder, pin: Pin) -> Taking[Restored]:
    """Have a deployment answer the request that proved it when it was made."""
    test = yield from smoke_test_of(run, pin)
    answer = yield from smoke_test(run, order.endpoint, pin.deployment, test, pin.model)
    return Restored(pin.deployment, answer)


def deploy_again(run: Run, order: OperationOrder, release: Release, pin: Pin, now: ServingNow) -> Taking[Restored]:
    """Make a deployment of the release again, without traffic."""
    another = another_name(pin.deployment, release)
    # What has its name by now may be serving.
    taken = pin.deployment in now.other and not is_begun(run, order, pin.deployment)
    name = another if taken or is_begun(run, order, another) else pin.deployment
    asked, made_from = yield from order_again(run, pin, name)
    made = yield from bring_up(run, asked)
    return Restored(name, made.answer, made_from)


def is_begun(run: Run, order: OperationOrder, deployment: str) -> bool:
    """Whether this run makes that deployment."""
    return run.ledger.find(steps.DEPLOYMENT.kind, deployment_reference(order.endpoint, deployment)) is not None


def as_pinned(run: Run, order: OperationOrder, release: Release, back: Mapping[str, Restored]) -> Taking[None]:
    """Raise StepFailed when what was made again is not what it was: it may have been changed in place since."""
    again = [pin for pin in release.serving if back[pin.deployment].made_from]
    if not again:
        return
    pins = [pin.model_copy(update={"deployment": back[pin.deployment].name}) for pin in again]
    made = yield from run.take(steps.LOOK_AT_SERVING, ServingInput(endpoint=order.endpoint, serving=pins))
    if made.other or made.gone:
        raise StepFailed(not_the_same([*made.other, *made.gone]))
