"""Durable clients of the hub of random schedules: what asks the task hub (`triggers`) runs here as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from tests.schedules.execution import plain
from tests.schedules.hub import Hub
from tests.schedules.instances import Instance
from triggers import (
    claims,
    ends,
    expiring,
    findings,
    guard,
    later,
    line,
    removing,
    starting,
    stored_orders,
    superseding,
    waking,
)
from triggers.hub import Instance as Told
from triggers.hub import Page, Query


def asking(hub: Hub) -> dict[str, Callable[[Any], Any]]:
    """The activities that ask the task hub, answered from this one."""
    return {
        # It may read for others too.
        "find_claim": lambda payload: asyncio.run(_whole(claims.find_claim(payload, Client(hub)))),
        "wake": lambda payload: finished(waking.wake(payload, Client(hub))),
        "find_order": lambda payload: finished(stored_orders.find_order(payload, Client(hub))),
        "start_operation": lambda payload: finished(later.start_operation(payload, Client(hub))),
        "find_superseded": lambda payload: finished(superseding.find_superseded(payload, Client(hub))),
        "find_expiry": lambda payload: finished(expiring.find_expiry(payload, Client(hub))),
        # Azure is asked in a thread of its own, for which it waits.
        "plan_removal": lambda payload: asyncio.run(_whole(removing.plan_removal(payload, Client(hub)))),
        "deployment_ended": lambda payload: finished(ends.deployment_ended(payload, Client(hub))),
    }


async def _whole(asked: Awaitable[Any]) -> Any:
    return await asked


def guard_looks(hub: Hub) -> None:
    """The guard looks once, and carries on what the platform has ended."""
    # It does not read its timer.
    finished(guard.guard(None, Client(hub)))  # type: ignore[arg-type]


@contextmanager
def hub_answers() -> Iterator[None]:
    """Whoever asks for instances is told those of a schedule's hub."""
    modules = [vars(module) for module in (claims, ends, findings, guard, line, starting, stored_orders)]
    before = [names["Hub"] for names in modules]
    for names in modules:
        names["Hub"] = _Answers
    try:
        yield
    finally:
        for names, own in zip(modules, before, strict=True):
            names["Hub"] = own


def finished(awaited: Awaitable[Any]) -> Any:
    """The result of something that has nothing to wait for."""
    try:
        next(awaited.__await__())
    except StopIteration as ended:
        return ended.value
    raise RuntimeError("nothing in a schedule is waited for but the hub")


class Client:
    """What is used of a client of the SDK."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def start_new(self, name: str, instance_id: str, given: Any) -> str:
        """Begin an instance, or one again that has ended."""
        if instance_id not in self.hub.instances:
            self.hub.start(name, instance_id, plain(given))
            return instance_id
        self.hub.tell(f"the guard carries {instance_id} on")
        self.hub.begin_again(self.hub.instances[instance_id], plain(given))
        return instance_id

    async def raise_event(self, instance_id: str, name: str, brings: Any) -> None:
        """Raise an event for an instance that is known."""
        self.hub.raise_event(instance_id, name, brings)


class _Answers:
    """What a task hub tells of its instances; a list is one page."""

    def __init__(self, client: Client) -> None:
        self._hub = client.hub
        self.address = str(id(client.hub))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close."""

    async def page(self, query: Query, _: str) -> Page:
        """What is asked for; moments are not looked at, since a schedule has a clock of its own."""
        listed = [one for one in self._hub.instances.values() if one.id.startswith(query.prefix)]
        told = [_told(one) for one in listed if not query.states or one.status in query.states]
        return Page(sorted(told, key=lambda one: one.id), "")

    async def entity(self, _: str, key: str) -> Any:
        """What the queue of an endpoint holds."""
        queue = self._hub.queues.get(key)
        return queue.to_wire() if queue else None

    async def instance(self, instance_id: str, *, history: bool = False) -> Told | None:
        """One with its input, and its history when that is asked for."""
        instance = self._hub.instances.get(instance_id)
        if instance is None:
            return None
        events = plain(instance.execution.events()) if history else ()
        return _told(instance, input=plain(instance.execution.given), history=tuple(events))


def _told(one: Instance, **more: Any) -> Told:
    status, output = plain(one.shown), plain(one.output)
    return Told(one.id, one.name, one.status, custom_status=status, output=output, **more)
