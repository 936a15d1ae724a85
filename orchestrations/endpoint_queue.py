"""Entity `endpoint_queue`, one for each endpoint name: one run after the other writes to it, and leaves its release.

Python's Durable Functions have no entity locks, so the entity is the queue itself. Its operations may be repeated: a
run that asks again keeps its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contracts.base import Contract, Json
from contracts.orders import CANCEL
from contracts.queue import SUPERSEDED_BY, Asker, EndpointQueue, Place, RunRef, Wake
from contracts.releases import TargetOrder
from orchestrations.release_log import chosen, expiry_after, recorded

# More would only wait for days, and the state of an entity is read and written whole.
MOST_ASKERS = 200
# Of those that were told nothing because they had died.
MOST_SUPERSEDED = 100
# Of those that had left before their turn was asked for.
MOST_LEFT = 100

Answered = tuple[EndpointQueue, Place]


def endpoint_queue(context: Any) -> None:
    """Take one operation: `enter` or `look` (an Asker), `leave` (a RunRef), `choose` (a TargetOrder)."""
    queue = EndpointQueue.from_wire(context.get_state(dict))
    changed, answer = OPERATIONS[context.operation_name](queue, context.get_input())
    context.set_state(changed.to_wire())
    context.set_result(answer.to_wire())


def enter(queue: EndpointQueue, wire: Json) -> Answered:
    """Get in line, or keep one's place: a run that begins anew asks again, by another instance."""
    asker = Asker.from_wire(wire)
    if asker.id in queue.superseded or _index(queue, asker.id) is not None:
        return _again(queue, asker)
    if (asker.resumptions or 0) <= queue.left.get(asker.id, -1):
        # It was canceled while its child was on the way here: nobody would give the turn back.
        return queue, Place(verdict="gone")
    if not queue.askers:
        return queue.model_copy(update={"askers": [asker]}), Place(verdict="owner")
    owner = queue.askers[0]
    if asker.when_busy == "reject" or len(queue.askers) >= MOST_ASKERS:
        return queue, Place(verdict="rejected", by=owner.id, ahead=len(queue.askers))
    if asker.when_busy == "supersede":
        return _supersede(queue, asker)
    # In the order of acceptance: the first turns of two runs may come the other way round.
    place = next((n for n, one in enumerate(queue.askers) if n and one.since > asker.since), len(queue.askers))
    askers = [*queue.askers[:place], asker, *queue.askers[place:]]
    return queue.model_copy(update={"askers": askers}), _place(askers, place)


def look(queue: EndpointQueue, wire: Json) -> Answered:
    """How somebody stands who entered before, and waits for another event from now on; nobody gets in line so."""
    asker = Asker.from_wire(wire)
    place = _index(queue, asker.id)
    if place is not None and queue.askers[place].woken != asker.woken:
        return queue, Place(verdict="gone")
    return _again(queue, asker)


def leave(queue: EndpointQueue, wire: Json) -> Answered:
    """Take a run out of the queue, because it has ended: the next one has its turn, and who waits for it is done.

    What it has changed of what the endpoint serves is kept.
    """
    run = RunRef.from_wire(wire)
    place = _index(queue, run.id)
    askers = [one for one in queue.askers if one.id != run.id]
    stirred = [] if place is None else askers[:1] if place == 0 else [queue.askers[place]]
    left = dict([*queue.left.items(), (run.id, run.resumptions or 0)][-MOST_LEFT:]) if place is None else queue.left
    told = _told(recorded(queue, run.release), run.id)
    changed = told.model_copy(update={"askers": askers, "left": left, "expires": expiry_after(queue, run)})
    return changed, Place(verdict="gone", wakes=[_turn(one) for one in stirred])


def choose(queue: EndpointQueue, wire: Json) -> tuple[EndpointQueue, Contract]:
    """Which release somebody means who wants to go back."""
    return queue, chosen(queue.releases, TargetOrder.from_wire(wire))


def _again(queue: EndpointQueue, asker: Asker) -> Answered:
    winner, place = queue.superseded.get(asker.id), _index(queue, asker.id)
    if winner:
        return _told(queue, asker.id), Place(verdict="superseded", by=winner)
    if place is None:
        return queue, Place(verdict="gone")
    askers = [*queue.askers[:place], asker, *queue.askers[place + 1 :]]
    return queue.model_copy(update={"askers": askers}), _place(askers, place)


def _supersede(queue: EndpointQueue, asker: Asker) -> Answered:
    owner, *waiting = queue.askers
    told = {**queue.superseded, **{one.id: asker.id for one in waiting}}
    kept = dict([*told.items()][-MOST_SUPERSEDED:])
    wakes = [_turn(one) for one in waiting]
    if owner.interruptible:
        wakes.append(Wake(instance=owner.id, event=CANCEL, reason=f"{SUPERSEDED_BY}{asker.id}"))
    changed = queue.model_copy(update={"askers": [owner, asker], "superseded": kept})
    return changed, Place(verdict="waits", ahead=1, by=owner.id, wakes=wakes)


def _place(askers: list[Asker], place: int) -> Place:
    return Place(verdict="waits", ahead=place, by=askers[0].id) if place else Place(verdict="owner")


def _turn(asker: Asker) -> Wake:
    return Wake(instance=asker.woken, event=asker.event)


def _index(queue: EndpointQueue, run: str) -> int | None:
    return next((n for n, one in enumerate(queue.askers) if one.id == run), None)


def _told(queue: EndpointQueue, run: str) -> EndpointQueue:
    return queue.model_copy(update={"superseded": {one: by for one, by in queue.superseded.items() if one != run}})


OPERATIONS: dict[str, Callable[[EndpointQueue, Json], tuple[EndpointQueue, Contract]]] = {
    "enter": enter,
    "look": look,
    "leave": leave,
    "choose": choose,
}
