"""Go back to an earlier release of an endpoint; its URL and its keys stay.

wait for the endpoint → choose release → look at what it had → smoke test (or deploy again) → shift traffic → read back

A deployment that still is what the release pinned costs its smoke test and one traffic write; one that is gone, or is
something else by now, is deployed again by the request that made it, of the versions that were pinned.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts.base import Json
from contracts.errors import StepFailed
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

    names: dict[str, str] = {}
    answers: dict[str, Json] = {}
    for pin in release.serving:
        if pin.deployment in now.same:
            answer = yield from test_again(run, order, pin)
            names[pin.deployment] = pin.deployment
        else:
            names[pin.deployment], answer = yield from deploy_again(run, release, pin, now)
        answers[names[pin.deployment]] = answer

    yield from as_pinned(run, order, [pin for pin in release.serving if pin.deployment not in now.same], names)
    traffic = {names.get(name, name): share for name, share in release.traffic.items()}
    before = yield from give(run, order.endpoint, traffic)
    observed = yield from traffic_read_back(run, order.endpoint, traffic)
    again = {names[pin.deployment]: str(pin.run) for pin in release.serving if pin.deployment not in now.same}
    released(run, observed, PASSED, restores=release.restores or release.number)
    return OperationResult(
        observed=observed,
        release=release.number,
        answers=answers,
        made_again=again,
        traffic_before=before,
        ledger=run.ledger.entries,
    )


def test_again(run: Run, order: OperationOrder, pin: Pin) -> Taking[Json]:
    """Have a deployment answer the request that proved it when it was made."""
    test = yield from smoke_test_of(run, pin)
    return (yield from smoke_test(run, order.endpoint, pin.deployment, test, pin.model))


def deploy_again(run: Run, release: Release, pin: Pin, now: ServingNow) -> Taking[tuple[str, Json]]:
    """Make a deployment of the release again, without traffic: its name, and what it answered."""
    # What has its name by now may be serving.
    name = another_name(pin.deployment, release) if pin.deployment in now.other else pin.deployment
    order = yield from order_again(run, pin, name)
    made = yield from bring_up(run, order)
    return name, made.answer


def as_pinned(run: Run, order: OperationOrder, again: list[Pin], names: Mapping[str, str]) -> Taking[None]:
    """Raise StepFailed when what was made again is not what it was: it may have been changed in place since."""
    if not again:
        return
    pins = [pin.model_copy(update={"deployment": names[pin.deployment]}) for pin in again]
    made = yield from run.take(steps.LOOK_AT_SERVING, ServingInput(endpoint=order.endpoint, serving=pins))
    if made.other or made.gone:
        raise StepFailed(not_the_same([*made.other, *made.gone]))
