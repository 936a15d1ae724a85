"""A run's turn to write to an endpoint: waited for in a child, so that a run's history does not grow while it waits.

Whoever leaves wakes the next one; a slow timer is the net under a wake that was lost, and under an owner that has
ended without leaving.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from contracts.activities import EntryInput
from contracts.base import Contract, Json
from contracts.endpoint_errors import EndpointInUse
from contracts.errors import Canceled, DeploymentError, StepFailed, Superseded
from contracts.ledger import LedgerEntry
from contracts.queue import Asker, LeaveOrder, Place, RunRef, TurnOrder
from orchestrations import steps
from orchestrations.engine import Context, Engine, Taking
from orchestrations.policies import ABSENCE_PAUSE, CRASHES_ALLOWED, LOOKS_PER_HISTORY, NET
from orchestrations.run import Order, Run, defect

QUEUE = "endpoint_queue"
WAIT_FOR_TURN = "wait_for_turn"


def in_turn(run: Run, order: Order) -> Taking[None]:
    """Begin with an order, and wait until no other run writes to its endpoint.

    Raises StepFailed when the request does not want to wait, or for what `Run.start` raises.
    """
    run.start(order)
    yield from wait_for_turn(run, order)


def wait_for_turn(run: Run, order: Order) -> Taking[None]:
    """Wait until no other run writes to the endpoint; raises StepFailed when the request does not want to wait."""
    asker = Asker(
        id=run.mark,
        since=order.accepted or run.now,
        when_busy=order.when_busy,
        interruptible=order.interruptible,
        resumptions=order.carried.resumptions or None,
    )
    run.log.started(WAIT_FOR_TURN, run.now)
    turn = TurnOrder(endpoint=order.endpoint, asker=asker)
    place = yield from run.delegate(WAIT_FOR_TURN, take_turn.__name__, turn, Place)
    if place.verdict == "owner":
        return
    run.log.failed(WAIT_FOR_TURN, run.now)
    raise StepFailed(_why_not(place, order.endpoint).to_failure().model_copy(update={"step": WAIT_FOR_TURN}))


def _why_not(place: Place, endpoint: str) -> DeploymentError:
    if place.verdict == "superseded":
        return Superseded(f"{place.by} was asked for later and takes the place of what waits")
    if place.verdict == "rejected":
        return EndpointInUse(f"{place.by} writes to the endpoint {endpoint}, and {place.ahead - 1} more wait")
    return Canceled(f"it was taken out of the queue of endpoint {endpoint}")


def leave(run: Run) -> Taking[None]:
    """Let the next run have its turn, and leave the release; whoever waits finds out by itself when this goes wrong."""
    if run.writes_to is None:
        return
    with suppress(Exception):
        resumed = run.order.carried.resumptions or None
        mine = RunRef(id=run.mark, release=run.release, resumptions=resumed, expiry=run.expiry)
        yield from leave_queue(run.context, LeaveOrder(endpoint=run.writes_to, run=mine))


def leave_queue(context: Context, order: LeaveOrder) -> Taking[None]:
    """Take a run out of an endpoint's queue, as well as can be; it may have left before."""
    for _ in range(1 + CRASHES_ALLOWED):
        with suppress(Exception):
            yield context.call_sub_orchestrator(leave_turn.__name__, order.to_wire())
            return


def take_turn(context: Context) -> Taking[Json]:
    """Orchestration `take_turn`: the place of a run once it need not wait any longer, or a failure."""
    try:
        order = TurnOrder.from_wire(context.get_input())
        engine, untold = Engine(context), order.untold
        for looks in range(order.looks, order.looks + LOOKS_PER_HISTORY):
            event = f"turn-{looks}"
            asker = order.asker.model_copy(update={"woken": context.instance_id, "event": event})
            place = yield from _ask(engine, order.endpoint, "look" if looks else "enter", asker)
            if place.verdict == "rejected" and (yield from _evicted(engine, order.endpoint, str(place.by))):
                place = yield from _ask(engine, order.endpoint, "enter", asker)
            if place.verdict != "waits":
                return {"ok": place.to_wire()}
            # The owner of this moment: that of the look before has left as it should, or this is still the same one.
            if untold and (yield from _evicted(engine, order.endpoint, str(place.by))):
                untold = None
                continue
            untold = None if (yield from engine.raised(event, engine.now + NET)) else True
    except StepFailed as failed:
        return {"error": failed.failure.to_wire()}
    except Exception as error:  # what ends a child in foreign words ends its parent so
        return {"error": defect(error).to_wire()}
    so_far = {"looks": order.looks + LOOKS_PER_HISTORY, "untold": untold}
    context.continue_as_new(order.model_copy(update=so_far).to_wire())
    return None


def leave_turn(context: Context) -> Taking[Json]:
    """Orchestration `leave_turn`: a run has ended; the next one is woken."""
    try:
        order = LeaveOrder.from_wire(context.get_input())
        place = yield from _ask(Engine(context), order.endpoint, "leave", order.run)
    except StepFailed as failed:
        return {"error": failed.failure.to_wire()}
    except Exception as error:  # as above
        return {"error": defect(error).to_wire()}
    return {"ok": place.to_wire()}


def queue_of(endpoint: str) -> Any:
    """The entity of an endpoint: its queue, and its releases."""
    # Here, because the command line reads the runbooks, and is installed without the host's SDK.
    from azure.durable_functions import EntityId

    return EntityId(QUEUE, endpoint.lower())


def _ask(engine: Engine, endpoint: str, operation: str, message: Contract) -> Taking[Place]:
    """What the endpoint's queue answers, once everybody has been told whom the answer names."""
    answer = yield engine.context.call_entity(queue_of(endpoint), operation, message.to_wire())
    place = Place.from_wire(answer)
    wakes = [one for one in place.wakes if one.instance != engine.mark]
    if wakes:
        yield from engine.take(steps.WAKE, place.model_copy(update={"wakes": wakes}))
    return place


def _evicted(engine: Engine, endpoint: str, owner: str) -> Taking[bool]:
    """Whether an owner that did not leave was taken out of the queue, because it has ended."""
    # One that the platform has ended is carried on by whoever looks, and keeps its turn.
    about = EntryInput(mark=engine.mark, entry=LedgerEntry(kind="deploy", id=owner))
    seen = yield from engine.take(steps.DEPLOYMENT_ENDED, about)
    if seen.absent:
        # One look of a hub that is not itself must not let two runs write: an absence has to last.
        yield engine.context.create_timer(engine.now + ABSENCE_PAUSE)
        seen = yield from engine.take(steps.DEPLOYMENT_ENDED, about)
    ended = seen.done or seen.absent
    if ended:
        yield from _ask(engine, endpoint, "leave", RunRef(id=owner))
    return ended
