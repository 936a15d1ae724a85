"""What clients may ask of the task hub. Each answer is a future that is set once its change is durable."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import Future

from local.host.dispatch import Dispatcher
from local.host.entity_messages import EntityId, request_message
from local.host.events import TERMINAL, Kind
from local.host.hub import Hub
from local.host.recovery import recover
from local.host.settings import HostSettings
from local.host.store import Store
from local.host.writer import Writer

# By which an instance that was started again under a new ID says whose input it has (recorded).
SOURCE_TAG = "MS_DurableFunctions_SourceInstanceId"


class Engine:
    """The durable engine of one host. Futures may raise `HubRefusal`, whose `status` is the HTTP answer."""

    def __init__(self, store: Store, writer: Writer, hub: Hub, dispatcher: Dispatcher, settings: HostSettings) -> None:
        self._store = store
        self._writer = writer
        self._hub = hub
        self._dispatcher = dispatcher
        self._settings = settings
        self.on_purged: Callable[[set[str]], None] = lambda _ids: None
        """Told which instances have been forgotten."""

    def recover(self) -> Future[None]:
        """Go on with everything the store holds."""
        return self._writer.submit("recover", lambda: recover(self._store, self._hub))

    def start(self, name: str, instance_id: str | None, raw_input: str | None, version: str | None) -> Future[str]:
        """Start an instance; its ID. `raw_input` is JSON text. 409 if the ID still runs."""
        chosen = instance_id or uuid.uuid4().hex
        of_version = self._settings.versioning.default if version is None else version
        return self._writer.submit(f"start {chosen}", lambda: self._hub.start(name, chosen, raw_input, of_version))

    def restart(self, instance_id: str, *, new_id: bool) -> Future[str]:
        """Start the same orchestration with the same input again, under a new ID or its own; that ID."""

        def apply() -> str:
            row = self._hub.row(instance_id)
            chosen = uuid.uuid4().hex if new_id else instance_id
            # Recorded: what was started without an input is started again with `null`.
            tags = {SOURCE_TAG: instance_id} if new_id else None
            return self._hub.start(row.name, chosen, row.input or "null", row.version, tags=tags)

        return self._writer.submit(f"restart {instance_id}", apply)

    def raise_event(self, instance_id: str, name: str, payload: str) -> Future[None]:
        """Send an external event; `payload` is JSON text. 404 unknown, 410 ended."""
        send = self._hub.send
        return self._writer.submit(
            f"event {name} to {instance_id}",
            lambda: send(instance_id, Kind.EVENT_RAISED, Name=name, Input=payload),
        )

    def signal(self, target: EntityId, operation: str, content: str | None) -> Future[None]:
        """Ask an entity to do something without an answer; `content` is JSON text."""
        entities = self._hub.entities
        request = request_message(operation, content, now=self._hub.now(), signal=True)
        return self._writer.submit(f"signal to {target.instance_id}", lambda: entities.send(target, request))

    def terminate(self, instance_id: str, reason: str) -> Future[None]:
        """End the instance; activities in flight finish for nobody. 404 unknown, 410 ended."""
        send = self._hub.send
        return self._writer.submit(
            f"terminate {instance_id}", lambda: send(instance_id, Kind.EXECUTION_TERMINATED, Input=reason)
        )

    def suspend(self, instance_id: str, reason: str) -> Future[None]:
        """Keep further events waiting. 404 unknown, 410 ended, 500 suspended already."""
        send = self._hub.send
        return self._writer.submit(
            f"suspend {instance_id}", lambda: send(instance_id, Kind.EXECUTION_SUSPENDED, Reason=reason)
        )

    def resume(self, instance_id: str, reason: str) -> Future[None]:
        """Let the waiting events through. 404 unknown, 410 ended, 500 not suspended."""
        send = self._hub.send
        return self._writer.submit(
            f"resume {instance_id}", lambda: send(instance_id, Kind.EXECUTION_RESUMED, Reason=reason)
        )

    def purge(self, instance_ids: list[str]) -> Future[int]:
        """Forget those of the instances that have ended; how many that were."""

        def apply() -> int:
            found = [self._store.instance(instance_id) for instance_id in instance_ids]
            ended = [row for row in found if row is not None and row.status in TERMINAL]
            for row in ended:
                self._hub.forget(row)
            gone = {row.id for row in ended}
            self._writer.after_commit(lambda: self.on_purged(gone))
            return len(ended)

        return self._writer.submit("purge", apply)

    def purge_entity(self, instance_id: str) -> Future[int]:
        """Forget what an entity holds; always 1. 404 unknown."""

        def apply() -> int:
            self._hub.entities.purge(self._hub.row(instance_id))
            self._writer.after_commit(lambda: self.on_purged({instance_id}))
            return 1

        return self._writer.submit(f"purge {instance_id}", apply)

    def record(self, what: str, write: Callable[[Store], None]) -> Future[None]:
        """Let another part of the host write to the store."""
        return self._writer.submit(what, lambda: write(self._store))

    def stop(self) -> None:
        """Begin nothing new; what is running may still hand in its result."""
        self._dispatcher.stop()

    def close(self) -> None:
        """Begin nothing new and withdraw all alarms."""
        self._dispatcher.stop()
        self._hub.close()
