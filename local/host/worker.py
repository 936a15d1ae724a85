"""The worker process, as far as it is one here: the calls in it, the threads they run on, and its end.

Synchronous functions run in a pool of threads per kind (so that busy activities cannot keep an HTTP request waiting);
asynchronous ones run on one event loop for the whole process, because the durable SDK keeps one HTTP session per
process and ties it to a loop.
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from azure.functions import meta

from local.host.index import Function
from local.host.interrupt import Running
from local.whole_numbers import whole_number

# Of a worker, for synchronous functions, unless the app says so itself (recorded: the true host sets it).
THREADS = 1000
THREADS_SETTING = "PYTHON_THREADPOOL_THREAD_COUNT"
# Replay is pure Python: more threads than this only fight over the interpreter lock.
REPLAY_THREADS = 8


@dataclass(frozen=True)
class Call:
    """One function to be called with one payload."""

    function: Function
    payload: meta.Datum
    instance_id: str | None = None


@dataclass(frozen=True)
class Outcome:
    """How a call ended: an encoded value, or an error."""

    value: Any = None
    error: Exception | None = None

    @cached_property
    def state(self) -> dict[str, Any]:
        """For an orchestrator or an entity that returned: its answer, parsed."""
        state: dict[str, Any] = json.loads(self.value)
        return state


@dataclass(eq=False)
class Flight:
    """One call at the worker. It ends once: by itself, or with its worker."""

    call: Call
    at: datetime
    """Virtual time at which it was handed to the worker, and then at which the function began."""
    handed_over: float = field(default_factory=time.perf_counter)
    began: float = field(default_factory=time.perf_counter)
    invocation_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answer: Future[Outcome] = field(default_factory=Future)
    running: Running = field(default_factory=Running)
    task: Future[None] | None = None
    """Of an asynchronous function: by which it can be cancelled."""

    def begin(self, now: datetime) -> None:
        """The function begins: a thread was free for it."""
        self.at, self.began = now, time.perf_counter()

    def break_off(self) -> None:
        """Have the function end where it is, though nobody waits for it any more."""
        if self.running:
            self.running.interrupt()
        elif self.task is not None:
            self.task.cancel()


class Worker:
    """A set of threads and what they have in hand, until `end`."""

    def __init__(self, *, activities: int, orchestrators: int) -> None:
        threads = thread_count()
        self._pools = {
            "orchestrator": ThreadPoolExecutor(min(orchestrators, REPLAY_THREADS, threads), "replay"),
            "activity": ThreadPoolExecutor(min(activities, threads), "activity"),
        }
        self._triggers = ThreadPoolExecutor(threads, "trigger")
        self._flights: dict[Flight, None] = {}
        self._lock = threading.Lock()
        self._ended = False

    def take(self, flight: Flight) -> bool:
        """Count the call as this worker's; False if the worker has ended."""
        with self._lock:
            if not self._ended:
                self._flights[flight] = None
            return not self._ended

    def run(self, kind: str, work: Callable[[], None]) -> None:
        """Do `work` in the pool of one kind of function."""
        try:
            self._pools.get(kind, self._triggers).submit(work)
        except RuntimeError:
            # Ended since the call was taken, which has ended with it.
            if not self._ended:
                raise

    def has(self, flight: Flight) -> bool:
        """Whether the call is still to end here."""
        return flight in self._flights

    def land(self, flight: Flight) -> bool:
        """Take the call's end as its own; False if the worker ended before, and the end is nobody's."""
        with self._lock:
            return self._flights.pop(flight, _NOT_THERE) is None

    def oldest(self) -> Flight | None:
        """The call that has been here longest."""
        with self._lock:
            return next(iter(self._flights), None)

    def end(self) -> list[Flight]:
        """Run nothing more; the calls that were in hand. Threads that still run go on for nobody."""
        with self._lock:
            self._ended = True
            flights = list(self._flights)
            self._flights.clear()
        for pool in (*self._pools.values(), self._triggers):
            pool.shutdown(wait=False, cancel_futures=True)
        return flights


def thread_count() -> int:
    """How many synchronous functions of a kind run at once; a setting that is no number above 0 counts as none."""
    return whole_number(os.environ.get(THREADS_SETTING, "")) or THREADS


_NOT_THERE = object()
