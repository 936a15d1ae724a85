"""The one thread that changes the task hub.

Every change is an operation: it is queued from anywhere, applied here inside a transaction together with whatever
else is waiting (group commit), and only after the commit do its consequences leave the thread: activities start,
orchestrators are called, callers get their answer. A host that dies between two commits has therefore told nobody
anything that it does not remember.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from local.host.holds import Hold, Holds
from local.host.store import Store, StoreDamaged

# Operations committed together at most; more would only delay the first one's answer.
GROUP = 64

_log = logging.getLogger("local.host")


class HostDied(Exception):
    """Raise this from `on_durable_write` to have the host die right after that commit."""


class HubRefusal(Exception):
    """An operation that wrote nothing because it may not be done; `status` is its HTTP answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class _Operation:
    what: str
    apply: Callable[[], Any]
    answer: Future[Any]
    hold: Hold

    def run(self) -> Any:
        """Apply it; a refusal is a result like any other."""
        try:
            return self.apply()
        except HubRefusal as refusal:
            return refusal

    def reply(self, result: Any) -> None:
        """Tell the caller, unless it has stopped waiting."""
        if self.answer.set_running_or_notify_cancel():
            if isinstance(result, HubRefusal):
                self.answer.set_exception(result)
            else:
                self.answer.set_result(result)

    def give_up(self) -> None:
        """Let the clock go, and a caller that has had no reply know that none will come."""
        if not self.answer.done() and self.answer.set_running_or_notify_cancel():
            self.answer.set_exception(HostDied(f"the local host ended before it did this: {self.what}"))
        self.hold.release()


class Writer:
    """Applies operations one after the other; `on_write(k, what)` is told of the k-th commit."""

    def __init__(self, store: Store, holds: Holds, on_write: Callable[[int, str], None] | None) -> None:
        self._store = store
        self._holds = holds
        self._on_write = on_write
        self._queue: queue.SimpleQueue[_Operation | None] = queue.SimpleQueue()
        self._effects: list[Callable[[], None]] = []
        self._commits = 0
        self._gate = threading.Lock()
        self._dead = False
        self._closed = False
        self.committed = threading.Condition()
        """Notified after every commit, once its consequences are under way, and at death."""
        self.on_death: Callable[[BaseException], None] = lambda _error: None
        self._thread = threading.Thread(target=self._run, name="host-writer", daemon=True)

    def start(self) -> None:
        """Begin to apply operations."""
        self._thread.start()

    def submit(self, what: str, apply: Callable[[], Any]) -> Future[Any]:
        """Queue an operation; `what` names it in `on_durable_write`. HostDied if the host ends before it is done."""
        operation = _Operation(what, apply, Future(), self._holds.take(f"writing {what}"))
        with self._gate:
            if not self._closed:
                self._queue.put(operation)
                return operation.answer
        operation.give_up()
        return operation.answer

    def after_commit(self, effect: Callable[[], None]) -> None:
        """From inside an operation: do this once the operation is durable."""
        self._effects.append(effect)

    def die(self) -> None:
        """Write nothing more. Returns when no transaction can commit any longer."""
        with self._gate:
            self._dead = True
        self._close()
        if not self.is_current_thread() and self._thread.is_alive():
            self._thread.join()
        self._notify()

    def is_current_thread(self) -> bool:
        """Whether the caller is this writer's own thread."""
        return threading.current_thread() is self._thread

    def finish(self) -> None:
        """Apply what is queued, then stop."""
        self._close()
        self._thread.join()

    def _close(self) -> None:
        with self._gate:
            self._closed = True
            self._queue.put(None)

    def _run(self) -> None:
        last = False
        while not last:
            batch: list[_Operation] = []
            try:
                last = self._take(batch)
                if batch and not self._dead:
                    self._commit(batch)
            except BaseException as error:
                self._fail(batch[0].what if batch else "nothing", error)
            for operation in batch:
                operation.give_up()

    def _fail(self, what: str, error: BaseException) -> None:
        """Die of `error`: whatever it is, memory and disk may now disagree."""
        self._store.rollback()
        if not isinstance(error, HostDied | StoreDamaged):
            _log.critical("the local host failed while applying %s", what, exc_info=error)
        with self._gate:
            self._dead = True
        self.on_death(error)
        self._close()

    def _take(self, batch: list[_Operation]) -> bool:
        """Fill `batch` with what waits, once something does; whether it is the last one."""
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            if len(batch) == GROUP:
                return False
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return False
        return True

    def _commit(self, batch: list[_Operation]) -> None:
        before = self._store.begin()
        results = [operation.run() for operation in batch]
        changed = self._store.changed(before)
        with self._gate:
            if self._dead:
                self._store.rollback()
                return
            self._store.commit()
        if changed:
            self._commits += 1
            if self._on_write:
                self._on_write(self._commits, "; ".join(operation.what for operation in batch))
        effects, self._effects = self._effects, []
        for effect in effects:
            effect()
        for operation, result in zip(batch, results, strict=True):
            operation.reply(result)
        self._notify()

    def _notify(self) -> None:
        with self.committed:
            self.committed.notify_all()
