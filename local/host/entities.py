"""Entities: their state, and the requests that wait for them, inside a transaction of the writer thread.

An entity is kept as an instance that always runs: what it holds is its input, as on Azure Storage (recorded), and its
requests are messages like any other. It takes all that wait at once, in the order of their arrival, and has the next
ones wait meanwhile. State, answers and the end of the requests are one transaction: a request whose host died is done
again, one whose answer was sent is not.

Not recorded, believed: when the function as a whole fails (its worker dies), the state stays and every caller gets the
error. Never sent by the Python SDK, so not here: locks, delayed signals, signals from one entity to another.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from local.clock import Clock
from local.host.entity_messages import OPERATION, EntityId, response_message
from local.host.events import Kind, encode, event, moment_of, stamp
from local.host.store import Message, Row, Store
from local.host.worker import Outcome
from local.host.writer import Writer

# How long the extension remembers from whom it has heard, to bring messages that overtook others into order.
REORDER_WINDOW = timedelta(minutes=30)
# Of so many at most here: nothing overtakes anything, and what an entity holds is written after every batch.
SENDERS = 20


def is_entity(row: Row) -> bool:
    """Whether the instance is an entity: no orchestration is called what its ID is."""
    return row.name == row.id


@dataclass
class Entity:
    """One entity. `busy`: its function has a batch in hand."""

    id: EntityId
    requests: list[Message] = field(default_factory=list)
    busy: bool = False


class Entities:
    """All entities. Every method is called from an operation of the writer, unless it says otherwise."""

    def __init__(self, store: Store, writer: Writer, clock: Clock) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._entities: dict[str, Entity] = {}
        self.on_ready: Callable[[Entity], None] = lambda _entity: None
        """Told after the commit that an entity may have requests to see."""
        self.on_answer: Callable[[str, str, str, str], None] = lambda *_answer: None
        """Told of an answer: the instance and execution it is for, the request's ID, and the message."""

    def recover(self, row: Row) -> None:
        """Take up an entity as stored."""
        self._entities[row.id] = Entity(EntityId.of(row.id))

    def has(self, instance_id: str) -> bool:
        """Whether the ID is that of an entity there is."""
        return instance_id in self._entities

    def expect(self, message: Message) -> None:
        """Let a stored request arrive; one whose entity was purged meanwhile is forgotten with it."""
        entity = self._entities.get(message.instance_id)
        if entity is not None:
            entity.requests.append(message)
            self._announce(entity)

    def send(self, target: EntityId, request: str) -> None:
        """Have the entity get a request (`entity_messages.request_message`); it need not exist."""
        instance_id = target.instance_id
        if instance_id not in self._entities:
            self._entities[instance_id] = Entity(EntityId.of(instance_id))
            now = self._now()
            empty = json.dumps({"sorter": {}})
            self._store.put_instance(
                Row(instance_id, uuid.uuid4().hex, instance_id, "", "Running", empty, None, "{}", now, now)
            )
            self._write_history(instance_id, empty)
        raised = event(Kind.EVENT_RAISED, self._now(), Name=OPERATION, Input=request)
        self.expect(self._store.add_message(instance_id, None, None, encode(raised)))

    def purge(self, row: Row) -> None:
        """Forget what the entity holds, and the entity too unless requests still wait for it or are in hand."""
        entity = self._entities[row.id]
        if entity.busy or entity.requests:
            self._keep(row, {"sorter": {}})
        else:
            self._store.forget_instance(row.id)
            del self._entities[row.id]

    def payload(self, entity: Entity, batch: list[Message]) -> str:
        """What the function gets (recorded). From any thread, while the entity is busy."""
        row = self._store.row(entity.id.instance_id)
        held = json.loads(row.input or "{}") if row else {}
        requests = [_request(message) for message in batch]
        return json.dumps(
            {
                "self": {"name": entity.id.name, "key": entity.id.key},
                "exists": held.get("exists", False),
                "state": held.get("state"),
                "batch": [
                    {
                        "name": request["op"],
                        "input": request["input"],
                        "isSignal": request.get("signal", False),
                        "id": request["id"],
                    }
                    for request in requests
                ],
            }
        )

    def taken(self, entity: Entity, batch: list[Message], outcome: Outcome) -> None:
        """Make what the function did with its batch true."""
        row = self._store.instance(entity.id.instance_id)
        entity.busy = False
        if row is None:
            return
        done = {message.id for message in batch}
        entity.requests = [message for message in entity.requests if message.id not in done]
        self._store.delete_messages(done)
        requests = [_request(message) for message in batch]
        held = json.loads(row.input or "{}")
        if outcome.error is None:
            held = _state(outcome.state)
            answers = [(result["result"], result["isError"]) for result in outcome.state["results"]]
        else:
            held.pop("sorter", None)
            answers = [(json.dumps(str(outcome.error)), True)] * len(requests)
        self._keep(row, {**held, "sorter": self._sorter(row, requests)})
        for request, (result, failed) in zip(requests, answers, strict=True):
            if not request.get("signal"):
                answer = response_message(result, failed=failed)
                self.on_answer(request["parent"], request["parentExecution"], request["id"], answer)
        self._announce(entity)

    def _announce(self, entity: Entity) -> None:
        self._writer.after_commit(lambda: self.on_ready(entity))

    def _keep(self, row: Row, held: dict[str, Any]) -> None:
        text = json.dumps(held, separators=(",", ":"))
        status = {"entityExists": True} if held.get("exists") else {}
        execution = uuid.uuid4().hex
        self._store.update_instance(
            row.id, self._now(), input=text, custom_status=json.dumps(status), execution_id=execution
        )
        self._write_history(row.id, text)

    def _write_history(self, instance_id: str, held: str) -> None:
        """An entity begins anew after every batch: its history is its start."""
        self._store.forget_history(instance_id)
        now = self._now()
        started = event(
            Kind.EXECUTION_STARTED,
            now,
            OrchestrationInstance={"InstanceId": instance_id, "ExecutionId": None},
            Name=instance_id,
            Version="",
            Input=held,
            ParentInstance=None,
            Generation=None,
        )
        self._store.append_history(instance_id, 0, [encode(event(Kind.ORCHESTRATOR_STARTED, now)), encode(started)])

    def _sorter(self, row: Row, requests: list[dict[str, Any]]) -> dict[str, Any]:
        """From which instances the entity has heard last, and when."""
        heard = json.loads(row.input or "{}").get("sorter", {}).get("ReceivedFromInstance", {})
        for request in requests:
            if "parent" in request:
                heard.pop(request["parent"], None)
                heard[request["parent"]] = {"Last": request["Timestamp"], "ExecutionId": request["parentExecution"]}
        horizon = self._clock.now() - REORDER_WINDOW
        latest = list(heard.items())[-SENDERS:]
        heard = {name: last for name, last in latest if moment_of(last["Last"]) >= horizon}
        return {"ReceivedFromInstance": heard, "ReceiveHorizon": stamp(horizon)} if heard else {}

    def _now(self) -> str:
        return stamp(self._clock.now())


def _request(message: Message) -> dict[str, Any]:
    request: dict[str, Any] = json.loads(json.loads(message.event)["Input"])
    return request


def _state(answered: dict[str, Any]) -> dict[str, Any]:
    """What the entity holds after the function's answer; what is false or missing is left out."""
    held = {"exists": answered["entityExists"], "state": answered["entityState"]}
    return {name: value for name, value in held.items() if value not in {None, False}}
