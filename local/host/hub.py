"""The task hub: what happens to instances, inside a transaction of the writer thread.

Orders of events and changes of state are as recorded with the Durable extension 3.19, and where nothing was recorded as
read in Azure/durabletask. Ours, and other than there: starting a sub-orchestration under the ID of one that still runs
fails that call instead of leaving it waiting.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local.clock import Clock
from local.host.entities import Entities, is_entity
from local.host.entity_messages import EntityId
from local.host.events import STATUS_NUMBERS, TERMINAL, Event, Kind, encode, event, stamp
from local.host.failure_texts import details_of, of_child
from local.host.live import Live, Waiting
from local.host.mailbox import Mailbox
from local.host.settings import HostSettings
from local.host.store import Activity, Message, Row, Store
from local.host.turn import Opening, TurnResult
from local.host.writer import HubRefusal, Writer


class Hub:
    """All instances. Every method is called from an operation of the writer."""

    def __init__(self, store: Store, writer: Writer, clock: Clock, settings: HostSettings) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._settings = settings
        self._live: dict[str, Live] = {}
        self.entities = Entities(store, writer, clock)
        self.entities.on_answer = self._answered
        self.mailbox = Mailbox(store, writer, clock, self.current)
        self.on_activity: Callable[[Activity], None] = lambda _activity: None
        """Told after the commit of an activity to be run."""

    def take_up(self, row: Row) -> None:
        """Go on with an instance as stored."""
        if is_entity(row):
            self.entities.recover(row)
        else:
            self._live[row.id] = Live.of(row, self._store.history(row.id))

    def expect(self, message: Message) -> None:
        """Let a stored message arrive: now, or when it is due. Raises KeyError if nobody has its ID."""
        if self.entities.has(message.instance_id):
            self.mailbox.later(message.due, lambda: self.entities.expect(message))
            return
        live = self._live[message.instance_id]
        if message.due and Waiting.of(message).opens:
            live.unopened = True
        self.mailbox.expect(live, message)

    def settle(self) -> None:
        """Have a turn taken wherever there is something to see."""
        for live in list(self._live.values()):
            self.mailbox.settle(live)

    def announce(self, activity: Activity) -> None:
        """Have an activity run: now, or when it is due."""
        self.mailbox.later(activity.due, lambda: self._writer.after_commit(lambda: self.on_activity(activity)))

    def close(self) -> None:
        """Withdraw all alarms and set no more."""
        self.mailbox.close()
        for live in list(self._live.values()):
            live.cancel_timers()

    def current(self, live: Live) -> bool:
        """Whether this is still the execution the hub knows under its ID."""
        return self._live.get(live.id) is live

    def row(self, instance_id: str) -> Row:
        """The instance. Raises HubRefusal 404."""
        row = self._store.instance(instance_id)
        if row is None:
            raise HubRefusal(404, f"No instance with ID '{instance_id}' exists.")
        return row

    def start(
        self,
        name: str,
        instance_id: str,
        raw_input: str | None,
        version: str,
        parent: tuple[Live, int] | None = None,
        tags: dict[str, str] | None = None,
    ) -> str:
        """Create an instance and send it its start; its ID. Raises HubRefusal 409 if that ID still runs."""
        existing = self._store.instance(instance_id)
        if existing and existing.status not in TERMINAL and not (self._settings.override_running and parent is None):
            raise HubRefusal(409, f"An Orchestration instance with the status {existing.status} already exists.")
        generation = None if parent else 0
        if existing:
            generation = None if parent else self._generation(existing) + 1
            self.forget(existing)
        now = self._now()
        row = Row(instance_id, _new_id(), name, version, "Pending", raw_input, None, None, now, now)
        if parent is not None:
            of = parent[0]
            row = row._replace(parent_id=of.id, parent_execution_id=of.execution_id, parent_number=parent[1])
        self._store.put_instance(row)
        live = self._live[instance_id] = Live.of(row)
        self.mailbox.deliver(live, {**self._execution_started(live, generation), "Tags": tags})
        return instance_id

    def forget(self, row: Row) -> None:
        """Remove the instance and all its traces."""
        self._store.forget_instance(row.id)
        live = self._live.pop(row.id, None)
        if live:
            self._writer.after_commit(live.cancel_timers)

    def send(self, instance_id: str, kind: Kind, **fields: Any) -> None:
        """Send an instance a message. Raises HubRefusal: 404 unknown, 410 ended, 500 (un)suspended already."""
        row = self.row(instance_id)
        if is_entity(row):
            raise HubRefusal(400, f"'{instance_id}' is an entity; send it signals.")
        if row.status in TERMINAL:
            raise HubRefusal(410, f"The instance '{instance_id}' has ended: {row.status}.")
        if kind is Kind.EXECUTION_SUSPENDED and row.status == "Suspended":
            raise HubRefusal(500, f"The instance '{instance_id}' is already suspended.")
        if kind is Kind.EXECUTION_RESUMED and row.status != "Suspended":
            raise HubRefusal(500, f"The instance '{instance_id}' is not suspended.")
        self.mailbox.deliver(self._live[instance_id], event(kind, self._now(), **fields), any_execution=True)

    def turn_taken(self, live: Live, opening: Opening, result: TurnResult) -> None:
        """Make the outcome of a turn true. Every turn sets the custom status anew: one that sets none clears it."""
        if not self.current(live):
            return
        live.busy = False
        live.consumed(opening.seen)
        self._store.delete_messages(message.id for message in opening.seen)
        self._store.update_instance(live.id, self._now(), custom_status=result.custom_status)
        if result.status == "ContinuedAsNew" or result.status in TERMINAL:
            self._send_requests(result.scheduled)
            end = self._continue_as_new if result.status == "ContinuedAsNew" else self._finish
            end(live, opening, result)
            return
        self._episode(live, opening, [*opening.new, *map(encode, result.scheduled)])
        live.status, live.reason = result.status, result.result
        # While it is suspended, the reason is what the status shows as output.
        output = json.dumps(result.result) if live.suspended else None
        self._store.update_instance(live.id, self._now(), status=live.status, output=output)
        for item in result.scheduled:
            self._schedule(live, item)
        self.mailbox.settle(live)

    def turn_lost(self, live: Live) -> None:
        """Have a turn taken again whose worker gave it no end; what it was to see still waits."""
        if self.current(live):
            live.busy = False
            self.mailbox.settle(live)

    def activity_ended(self, activity: Activity, ended: Event) -> None:
        """Hand an activity's result to the execution that scheduled it, if that is still there."""
        self._store.delete_activity(activity.id)
        live = self._live.get(activity.instance_id)
        if live is not None and live.execution_id == activity.execution_id:
            self.mailbox.deliver(live, ended)

    def now(self) -> datetime:
        """The moment that it is."""
        return self._clock.now()

    def _now(self) -> str:
        return stamp(self._clock.now())

    def _answered(self, instance_id: str, execution_id: str, request_id: str, answer: str) -> None:
        """Hand an entity's answer to the execution that asked, if that is still there."""
        live = self._live.get(instance_id)
        if live is not None and live.execution_id == execution_id:
            self.mailbox.deliver(live, event(Kind.EVENT_RAISED, self._now(), Name=request_id, Input=answer))

    def _generation(self, row: Row) -> int:
        """How often the ID had been used before when this instance was started under it."""
        for text in self._store.history(row.id)[:2]:
            started: Event = json.loads(text)
            if started["EventType"] == Kind.EXECUTION_STARTED:
                return started.get("Generation") or 0
        return 0

    def _execution_started(self, live: Live, generation: int | None) -> Event:
        parent = None
        if live.parent_id is not None:
            ids = {"InstanceId": live.parent_id, "ExecutionId": live.parent_execution_id}
            row = self._store.instance(live.parent_id)
            named = {"Name": row.name, "Version": row.version} if row else {}
            parent = {"OrchestrationInstance": ids, "TaskScheduleId": live.parent_number, **named}
        return event(
            Kind.EXECUTION_STARTED,
            self._now(),
            OrchestrationInstance={"InstanceId": live.id, "ExecutionId": live.execution_id},
            Name=live.name,
            Version=live.version,
            Input=live.input,
            ParentInstance=parent,
            Tags=None,
            Correlation=None,
            ParentTraceContext=None,
            ScheduledStartTime=None,
            Generation=generation,
            GenerateNewTrace=False,
        )

    def _schedule(self, live: Live, item: Event) -> None:
        """Begin what a *Scheduled event of a turn stands for."""
        number: int = item["EventId"]
        if item["EventType"] == Kind.TASK_SCHEDULED:
            activity = self._store.add_activity(
                live.id, live.execution_id, number, item["Name"], item["Input"], self._now()
            )
            self.announce(activity)
        elif item["EventType"] == Kind.EVENT_SENT:
            self._send_requests([item])
        elif item["EventType"] == Kind.TIMER_CREATED:
            due = item["FireAt"]
            self.mailbox.deliver(live, event(Kind.TIMER_FIRED, due, TimerId=number, FireAt=due), due=due)
        else:
            try:
                self.start(item["Name"], item["InstanceId"], item["Input"], item["Version"], (live, number))
            except HubRefusal as refusal:
                reason = f"{refusal} ({item['InstanceId']})"
                failed = event(Kind.SUB_ORCHESTRATION_FAILED, self._now(), TaskScheduledId=number)
                self.mailbox.deliver(live, {**failed, "Reason": reason, "Details": details_of(reason)})

    def _send_requests(self, scheduled: list[Event]) -> None:
        """Send the entities what a last turn asks of them: nothing else that it begins is wanted any more."""
        for item in scheduled:
            if item["EventType"] == Kind.EVENT_SENT:
                self.entities.send(EntityId.of(item["InstanceId"]), item["Input"])

    def _episode(self, live: Live, opening: Opening, texts: list[str]) -> None:
        """Append one episode to the history; one that was open already is not there twice if nothing came of it."""
        if not opening.started and not texts:
            return
        closing = encode(event(Kind.ORCHESTRATOR_COMPLETED, self._now()))
        whole = [*map(encode, opening.started), *texts, closing]
        self._store.append_history(live.id, len(live.history), whole)
        live.history.extend(whole)

    def _continue_as_new(self, live: Live, opening: Opening, result: TurnResult) -> None:
        """Begin the next generation: its history begins with a whole episode, which its first turn follows."""
        self._store.forget_execution(live.id)
        self._writer.after_commit(live.cancel_timers)
        fresh = Live(
            live.id, _new_id(), live.name, live.version, result.result, "Running",
            live.parent_id, live.parent_execution_id, live.parent_number,
        )  # fmt: skip
        fresh.inbox = [waiting for waiting in live.inbox if waiting.message.execution_id is None]
        self._live[live.id] = fresh
        self._store.update_instance(live.id, self._now(), execution_id=fresh.execution_id, input=result.result)
        started = encode(self._execution_started(fresh, None))
        fresh.ledger.learn(json.loads(text) for text in result.carried)
        self._episode(fresh, Opening.at(opening.now), [started, *result.carried])
        self.mailbox.deliver(fresh, event(Kind.CONTINUE_AS_NEW, self._now()))

    def _finish(self, live: Live, opening: Opening, result: TurnResult) -> None:
        """End the instance: close its history, forget what still waits, tell its parent."""
        ended = event(
            Kind.EXECUTION_COMPLETED,
            self._now(),
            OrchestrationStatus=STATUS_NUMBERS[result.status],
            Result=None if result.details else result.result,
            FailureDetails=result.details,
        )
        self._episode(live, opening, [*opening.new, *map(encode, [*result.scheduled, ended])])
        output = result.result if result.status == "Completed" else json.dumps(result.result)
        self._store.update_instance(live.id, self._now(), status=result.status, output=output)
        self._store.forget_messages(live.id)
        del self._live[live.id]
        self._writer.after_commit(live.cancel_timers)
        parent = self._live.get(live.parent_id or "")
        if parent is None or parent.execution_id != live.parent_execution_id:
            return
        fields: dict[str, Any]
        if result.status == "Completed":
            kind, fields = Kind.SUB_ORCHESTRATION_COMPLETED, {"Result": result.result}
        else:
            details = of_child(live.name, result.result or "") if result.status == "Failed" else None
            kind, fields = Kind.SUB_ORCHESTRATION_FAILED, {"Reason": result.result, "Details": details}
        self.mailbox.deliver(parent, event(kind, self._now(), TaskScheduledId=live.parent_number, **fields))


def _new_id() -> str:
    return uuid.uuid4().hex
