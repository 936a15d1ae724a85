"""Calling the app's functions, the way the Functions Python worker does.

Payloads pass through the real `azure.functions` converters. Synchronous functions run in a pool of threads per
kind (so that busy activities cannot keep an HTTP request waiting); asynchronous ones run on one event loop for the
whole process, because the durable SDK keeps one HTTP session per process and ties it to a loop.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from azure.functions import meta

from local.clock import Clock
from local.host.events import stamp
from local.host.function_loop import function_loop, metered
from local.host.index import Function
from local.host.invocation_context import InvocationContext
from local.host.invocations import Invocation, InvocationLog
from local.host.sdk import prepare as prepare_sdk
from local.host.worker_log import Caller, WorkerLog, current

# What the Python worker uses when PYTHON_THREADPOOL_THREAD_COUNT is not set would be cpu_count + 4;
# HTTP, Event Grid and timer functions get a few more, since replays and activities have pools of their own here.
TRIGGER_THREADS = 16
# Replay is pure Python: more threads than this only fight over the interpreter lock.
REPLAY_THREADS = 8
ACTIVITY_THREADS = 64
# Between an orchestrator's error message and its state, in the exception the SDK raises.
OUT_OF_PROC_MARKER = "\n\n$OutOfProcData$:"

T = TypeVar("T")


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
        """For an orchestrator that returned: its state, parsed."""
        state: dict[str, Any] = json.loads(self.value)
        return state


class Invoker:
    """Runs functions for one host and records each invocation."""

    def __init__(
        self,
        clock: Clock,
        folder: Path,
        log: WorkerLog,
        *,
        client_binding: str,
        activities: int,
        orchestrators: int,
    ) -> None:
        self._clock = clock
        self._log = log
        self._client_binding = client_binding
        self.invocations = InvocationLog(folder)
        self._pools = {
            "orchestrator": ThreadPoolExecutor(min(orchestrators, REPLAY_THREADS), "replay"),
            "activity": ThreadPoolExecutor(min(activities, ACTIVITY_THREADS), "activity"),
        }
        self._triggers = ThreadPoolExecutor(TRIGGER_THREADS, "trigger")
        self._running: set[Future[Any]] = set()
        self._lock = threading.Lock()

    def submit(self, call: Call) -> Future[Outcome]:
        """Run the function where its kind runs; the answer never raises what the function raised."""
        if call.function.is_async:
            return self._track(asyncio.run_coroutine_threadsafe(self._run_async(call), function_loop()))
        return self.run_in_pool(call.function.kind, lambda: self.run(call))

    def run_in_pool(self, kind: str, work: Callable[[], T]) -> Future[T]:
        """Run `work` in the pool of one kind of function."""
        return self._track(self._pools.get(kind, self._triggers).submit(work))

    def run(self, call: Call) -> Outcome:
        """Call a synchronous function in this thread."""
        begun = _Begun(self._clock.now())
        caller = Caller(call.function.name, begun.invocation_id, self._log)
        token = current.set(caller)
        cpu = time.thread_time()
        try:
            value = call.function.code(**self._arguments(call, begun.invocation_id))
            outcome = Outcome(_encode(call.function, value))
        except Exception as error:
            outcome = self._failed(caller, error)
        finally:
            cpu = time.thread_time() - cpu
            current.reset(token)
        self._record(call, begun, outcome, cpu)
        return outcome

    async def _run_async(self, call: Call) -> Outcome:
        begun = _Begun(self._clock.now())
        caller = Caller(call.function.name, begun.invocation_id, self._log)
        current.set(caller)
        meter = [0.0]
        try:
            coroutine: Coroutine[Any, Any, Any] = call.function.code(**self._arguments(call, begun.invocation_id))
            outcome = Outcome(_encode(call.function, await metered(coroutine, meter)))
        except Exception as error:
            outcome = self._failed(caller, error)
        self._record(call, begun, outcome, meter[0])
        return outcome

    def abandon(self) -> None:
        """Forget everything in flight; threads that still run go on for nobody."""
        for pool in (*self._pools.values(), self._triggers):
            pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            running = list(self._running)
        for future in running:
            future.cancel()
        self.invocations.close()

    def _track(self, future: Future[Any]) -> Future[Any]:
        with self._lock:
            self._running.add(future)
        future.add_done_callback(self._untrack)
        return future

    def _untrack(self, future: Future[Any]) -> None:
        with self._lock:
            self._running.discard(future)

    def _arguments(self, call: Call, invocation_id: str) -> dict[str, Any]:
        prepare_sdk()
        function = call.function
        extra: dict[str, Any] = dict.fromkeys(function.clients, self._client_binding)
        if function.wants_context:
            extra["context"] = InvocationContext(function.name, invocation_id)
        return arguments(call) | extra

    def _failed(self, caller: Caller, error: Exception) -> Outcome:
        # The SDK appends the orchestrator's whole state to the message; the log wants the reason.
        text = "".join(traceback.format_exception(error)).rstrip().partition(OUT_OF_PROC_MARKER)[0]
        self._log.write("ERROR", f"{caller.function} {caller.invocation_id}", text)
        return Outcome(error=error)

    def _record(self, call: Call, begun: _Begun, outcome: Outcome, cpu: float) -> None:
        function, error = call.function, outcome.error
        self.invocations.add(
            Invocation(
                invocation_id=begun.invocation_id,
                function=function.name,
                instance_id=call.instance_id,
                trigger=function.trigger_type,
                started=stamp(begun.at),
                ended=stamp(self._clock.now()),
                duration_ms=round((time.perf_counter() - begun.real) * 1000, 3),
                cpu_ms=round(cpu * 1000, 3),
                outcome="failed" if error else "succeeded",
                error=_reason(error) if error else None,
                result_bytes=_size(outcome.value),
                custom_status_bytes=_status_size(outcome) if function.kind == "orchestrator" else 0,
            )
        )


def arguments(call: Call) -> dict[str, Any]:
    """The trigger's payload, decoded, under its parameter's name."""
    function = call.function
    return {function.parameter: _converter(function.trigger_type).decode(call.payload, trigger_metadata={})}


class _Begun:
    """When an invocation began, and its ID."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.real = time.perf_counter()
        self.invocation_id = str(uuid.uuid4())


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition(OUT_OF_PROC_MARKER)[0]


def _converter(binding: str) -> Any:
    registry: Any = meta.get_binding_registry()  # type: ignore[no-untyped-call] # has none
    return registry.get(binding)


def _encode(function: Function, value: Any) -> Any:
    if function.kind == "activity":
        return _converter("activityTrigger").encode(value, expected_type=None).value
    if function.kind == "http" and value is not None:
        return _converter("http").encode(value, expected_type=None)
    return value


def _status_size(outcome: Outcome) -> int:
    """Bytes of the custom status an orchestrator set in this turn."""
    status = outcome.state.get("customStatus") if outcome.error is None else None
    return len(json.dumps(status).encode()) if status is not None else 0


def _size(value: Any) -> int:
    """Bytes of what the function handed back, as it goes over the wire."""
    if isinstance(value, meta.Datum):
        body = value.value["body"].value if value.type == "http" else value.value
        return len(body.encode()) if isinstance(body, str) else len(body)
    return len(value.encode()) if isinstance(value, str) else 0
