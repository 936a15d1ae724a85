"""Durable clients of the hub of random schedules: what asks the task hub (`triggers`) runs here as it is."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Self

from azure.durable_functions.models.OrchestrationRuntimeStatus import OrchestrationRuntimeStatus

from orchestrations.runbooks import RUNBOOKS
from tests.schedules.execution import plain
from tests.schedules.hub import Hub, Instance
from triggers import claims, guard
from triggers.hub import Instance as Told
from triggers.hub import Page, Query

BY_NAME = {runbook.name: runbook for runbook in RUNBOOKS}


def find_claim(hub: Hub, payload: Any) -> Any:
    """The activity that asks the task hub, answered from this one."""
    return finished(claims.find_claim(payload, hub))


def guard_looks(hub: Hub) -> None:
    """The guard looks once, and carries on what the platform has ended."""
    for instance in list(hub.instances.values()):
        runbook = BY_NAME.get(instance.name)
        if runbook and finished(guard.carry_on(_Client(hub, instance), runbook, _status(instance))):
            hub.tell(f"the guard carries {instance.id} on")


@contextmanager
def hub_answers() -> Iterator[None]:
    """Whoever asks for pages of instances is given those of a schedule's hub."""
    asking = vars(claims)
    before = asking["Hub"]
    asking["Hub"] = _Pages
    try:
        yield
    finally:
        asking["Hub"] = before


def finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    raise RuntimeError("nothing in a schedule is waited for but the hub")


class _Pages:
    """The listing of a task hub, on one page."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close."""

    async def page(self, query: Query, _: str) -> Page:
        """What is asked for; moments are not looked at, since a schedule has a clock of its own."""
        listed = [one for one in self._hub.instances.values() if one.id.startswith(query.prefix)]
        told = [
            Told(one.id, one.name, one.status, custom_status=plain(one.shown), output=plain(one.output))
            for one in listed
            if not query.states or one.status in query.states
        ]
        return Page(sorted(told, key=lambda one: one.id), "")


class _Client:
    """What the guard uses of a client of the SDK, about one instance."""

    _orchestration_bindings = SimpleNamespace(rpc_base_url="http://hub/")

    def __init__(self, hub: Hub, instance: Instance) -> None:
        self._hub = hub
        self._instance = instance

    async def _get_async_request(self, _: str) -> tuple[int, Any]:
        execution = self._instance.execution
        return 200, plain({"input": execution.given, "historyEvents": execution.events()})

    async def start_new(self, _: str, instance_id: str, given: Any) -> str:
        """Begin an instance again that has ended."""
        self._hub.begin_again(self._hub.instances[instance_id], plain(given))
        return instance_id


def _status(instance: Instance) -> Any:
    return SimpleNamespace(
        instance_id=instance.id,
        runtime_status=OrchestrationRuntimeStatus[instance.status],
        output=instance.output,
        custom_status=plain(instance.shown),
    )
