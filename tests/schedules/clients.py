"""Durable clients of the hub of random schedules: what asks the task hub (`triggers`) runs here as it is."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self

from orchestrations.runbooks import RUNBOOKS
from tests.schedules.execution import plain
from tests.schedules.hub import Hub, Instance
from triggers import claims, guard
from triggers.hub import Instance as Told
from triggers.hub import Page, Query

BY_NAME = {runbook.name: runbook for runbook in RUNBOOKS}


def find_claim(hub: Hub, payload: Any) -> Any:
    """The activity that asks the task hub, answered from this one."""
    return finished(claims.find_claim(payload, _Client(hub)))


def guard_looks(hub: Hub) -> None:
    """The guard looks once, and carries on what the platform has ended."""
    for instance in list(hub.instances.values()):
        runbook = BY_NAME.get(instance.name)
        if runbook and finished(guard.carry_on(_Client(hub), runbook, _told(instance))):
            hub.tell(f"the guard carries {instance.id} on")


@contextmanager
def hub_answers() -> Iterator[None]:
    """Whoever asks for instances is given those of a schedule's hub."""
    before = [(module, module["Hub"]) for module in (vars(claims), vars(guard))]
    for module, _ in before:
        module["Hub"] = _Pages
    try:
        yield
    finally:
        for module, hub in before:
            module["Hub"] = hub


def finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    raise RuntimeError("nothing in a schedule is waited for but the hub")


class _Client:
    """A client of the SDK, as far as it is used."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def start_new(self, _: str, instance_id: str, given: Any) -> str:
        """Begin an instance again that has ended."""
        self.hub.begin_again(self.hub.instances[instance_id], plain(given))
        return instance_id


class _Pages:
    """What the task hub tells, a list on one page."""

    def __init__(self, client: _Client) -> None:
        self._hub = client.hub

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close."""

    async def page(self, query: Query, _: str) -> Page:
        """What is asked for; moments are not looked at, since a schedule has a clock of its own."""
        listed = [one for one in self._hub.instances.values() if one.id.startswith(query.prefix)]
        told = [_told(one) for one in listed if not query.states or one.status in query.states]
        return Page(sorted(told, key=lambda one: one.id), "")

    async def instance(self, instance_id: str, *, history: bool) -> Told:
        """One instance with its input and its history."""
        one = self._hub.instances[instance_id]
        given, events = plain(one.execution.given), plain(one.execution.events())
        return replace(_told(one), input=given, history=events if history else ())


def _told(instance: Instance) -> Told:
    shown = {"custom_status": plain(instance.shown), "output": plain(instance.output)}
    return Told(instance.id, instance.name, instance.status, **shown)
