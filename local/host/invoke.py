"""Calling the app's functions, the way the Functions Python worker does.

Payloads pass through the real `azure.functions` converters.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
import traceback
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from azure.functions import meta

from local.clock import Clock
from local.host.events import stamp
from local.host.function_loop import function_loop, metered, replace_if_held
from local.host.index import Function
from local.host.interrupt import Interrupted
from local.host.invocation_context import InvocationContext
from local.host.invocations import Invocation, InvocationLog
from local.host.sdk import prepare as prepare_sdk
from local.host.settings import HostSettings
from local.host.signatures import converter
from local.host.time_limit import TimeLimit
from local.host.worker import Call, Flight, Outcome, Worker
from local.host.worker_faults import INTERRUPTED, KILLED, FunctionTimedOut, Moment, WorkerExited, WorkerFaults
from local.host.worker_log import Caller, WorkerLog, current

_log = logging.getLogger("local.host")

# Between an orchestrator's error message and its state, in the exception the SDK raises.
OUT_OF_PROC_MARKER = "\n\n$OutOfProcData$:"


class Invoker:
    """Runs functions for one host and records each invocation."""

    def __init__(self, clock: Clock, folder: Path, log: WorkerLog, settings: HostSettings, client_binding: str) -> None:
        self._clock = clock
        self._log = log
        self._settings = settings
        self._client_binding = client_binding
        self.invocations = InvocationLog(folder)
        self.faults = WorkerFaults()
        self._replacing = threading.Lock()
        self._abandoned = False
        self._worker = self._new_worker()
        limit = settings.function_timeout
        self._limit = TimeLimit(limit.total_seconds(), self._oldest, self._expired) if limit else None

    def submit(self, call: Call) -> Future[Outcome]:
        """Run the function where its kind runs; the answer never raises what the function raised."""
        flight = Flight(call, self._clock.now())
        worker = self._worker
        while not worker.take(flight):
            if self._abandoned:
                flight.answer.cancel()
                return flight.answer
            worker = self._worker
        moment = self.faults.of(call.function.name, call.function.kind, call.instance_id)
        if moment is Moment.BEFORE:
            self._kill(worker)
        elif call.function.is_async:
            flight.task = asyncio.run_coroutine_threadsafe(self._run_async(worker, flight, moment), function_loop())
        else:
            worker.run(call.function.kind, lambda: self._run(worker, flight, moment))
        return flight.answer

    def kill_worker(self, code: int = KILLED) -> int:
        """End the worker as if its process had died; how many calls died with it. The next call gets a new one."""
        return self._kill(self._worker, code)

    def _kill(self, dying: Worker, code: int = KILLED) -> int:
        with self._replacing:
            # One that was replaced has ended already: its threads that still run are nobody's.
            if self._abandoned or self._worker is not dying:
                return 0
            self._worker = self._new_worker()
        flights = dying.end()
        lost = ", ".join(flight.call.function.name for flight in flights) or "nothing"
        self._log.write("ERROR", "worker", f"{WorkerExited(code)}, and took along: {lost}")
        for flight in flights:
            self._settle(flight, Outcome(error=WorkerExited(code)), cpu=0.0)
        if self._limit:
            self._limit.leave(flights)
        return len(flights)

    def abandon(self) -> None:
        """Forget everything in flight; threads that still run go on for nobody."""
        with self._replacing:
            self._abandoned = True
        if self._limit:
            self._limit.close()
        for flight in self._worker.end():
            flight.answer.cancel()
        self.invocations.close()

    def _new_worker(self) -> Worker:
        return Worker(activities=self._settings.max_activities, orchestrators=self._settings.max_orchestrators)

    def _oldest(self) -> Flight | None:
        return self._worker.oldest()

    def _expired(self, flight: Flight) -> None:
        """End a call over `functionTimeout`, as the true host does: by killing the worker with all that is in it."""
        replace_if_held()
        self._time_out(self._worker, flight)

    def _time_out(self, worker: Worker, flight: Flight) -> None:
        if worker.land(flight):
            error = FunctionTimedOut(self._settings.function_timeout_text, flight.call.function.name)
            self._log.write("ERROR", f"{flight.call.function.name} {flight.invocation_id}", str(error))
            self._kill(worker)
            self._settle(flight, Outcome(error=error), cpu=0.0)

    def _run(self, worker: Worker, flight: Flight, moment: Moment | None) -> None:
        """Call a synchronous function in this thread."""
        call = flight.call
        flight.begin(self._clock.now())
        caller = Caller(call.function.name, flight.invocation_id, self._log)
        token = current.set(caller)
        cpu = time.thread_time()
        outcome: Outcome | None
        try:
            with flight.running.here():
                value = call.function.code(**self._arguments(call, flight.invocation_id))
            outcome = Outcome(_encode(call.function, value))
        except BaseException as error:
            outcome = self._raised(worker, caller, error)
        finally:
            cpu = time.thread_time() - cpu
            current.reset(token)
        self._ended(worker, flight, outcome, cpu, moment)

    async def _run_async(self, worker: Worker, flight: Flight, moment: Moment | None) -> None:
        if not worker.has(flight):
            return
        call = flight.call
        flight.begin(self._clock.now())
        caller = Caller(call.function.name, flight.invocation_id, self._log)
        current.set(caller)
        meter = [0.0]
        outcome: Outcome | None
        try:
            coroutine = call.function.code(**self._arguments(call, flight.invocation_id))
            outcome = Outcome(_encode(call.function, await metered(coroutine, meter, flight.running)))
        except BaseException as error:
            outcome = self._raised(worker, caller, error)
        self._ended(worker, flight, outcome, meter[0], moment)

    def _ended(
        self, worker: Worker, flight: Flight, outcome: Outcome | None, cpu: float, moment: Moment | None
    ) -> None:
        """The function has come to its end, which is the call's end, unless it ends with its worker (None)."""
        if outcome is None:
            return
        if moment is Moment.TIMEOUT:
            self._time_out(worker, flight)
        elif moment is Moment.AFTER:
            self._kill(worker)
        elif worker.land(flight):
            self._settle(flight, outcome, cpu)

    def _settle(self, flight: Flight, outcome: Outcome, cpu: float) -> None:
        try:
            self._record(flight, outcome, cpu)
        except Exception:
            # Whatever becomes of the record, somebody waits for the answer.
            _log.exception("the local host could not record a call of %s", flight.call.function.name)
        if flight.answer.set_running_or_notify_cancel():
            flight.answer.set_result(outcome)

    def _arguments(self, call: Call, invocation_id: str) -> dict[str, Any]:
        prepare_sdk()
        function = call.function
        extra: dict[str, Any] = dict.fromkeys(function.clients, self._client_binding)
        if function.wants_context:
            extra["context"] = InvocationContext(function.name, invocation_id, function.folder)
        return {function.parameter: _decode(function, call.payload), **extra}

    def _raised(self, worker: Worker, caller: Caller, error: BaseException) -> Outcome | None:
        """How a call ends whose function raised; None: with its worker.

        Whatever it is stops here: let through, it would end the loop that all asynchronous functions run on, or a
        thread, and nobody would hear of the call again.
        """
        if isinstance(error, SystemExit | KeyboardInterrupt):
            self._kill(worker, exit_code(error))
        if isinstance(error, SystemExit | KeyboardInterrupt | Interrupted):
            return None
        if isinstance(error, Exception):
            return self._failed(caller, error if _printable(error) else _unprintable(error))
        # Such as asyncio.CancelledError. In Azure the worker says nothing, and functionTimeout ends the call.
        return self._failed(caller, RuntimeError(f"{type(error).__name__}: {error}"))

    def _failed(self, caller: Caller, error: Exception) -> Outcome:
        # The SDK appends the orchestrator's whole state to the message; the log wants the reason.
        text = "".join(traceback.format_exception(error)).rstrip().partition(OUT_OF_PROC_MARKER)[0]
        self._log.write("ERROR", f"{caller.function} {caller.invocation_id}", text)
        return Outcome(error=error)

    def _record(self, flight: Flight, outcome: Outcome, cpu: float) -> None:
        function, error = flight.call.function, outcome.error
        self.invocations.add(
            Invocation(
                invocation_id=flight.invocation_id,
                function=function.name,
                instance_id=flight.call.instance_id,
                trigger=function.trigger_type,
                started=stamp(flight.at),
                ended=stamp(self._clock.now()),
                duration_ms=round((time.perf_counter() - flight.began) * 1000, 3),
                cpu_ms=round(cpu * 1000, 3),
                outcome="failed" if error else "succeeded",
                error=_reason(error) if error else None,
                result_bytes=_size(outcome.value),
                custom_status_bytes=_status_size(outcome) if function.kind == "orchestrator" else 0,
            )
        )


def _printable(error: Exception) -> bool:
    """Whether the error can be told: its text is made by the app's own code."""
    try:
        str(error)
    except Exception:
        return False
    return True


def _unprintable(error: Exception) -> Exception:
    """What is told instead; the words are those of Azure's worker."""
    told = RuntimeError("Unhandled exception in function. Could not serialize original exception message.")
    return told.with_traceback(error.__traceback__)


def exit_code(exit_: SystemExit | KeyboardInterrupt) -> int:
    """The code a process would end with."""
    if isinstance(exit_, KeyboardInterrupt):
        return INTERRUPTED
    if exit_.code is None:
        return 0
    return exit_.code & 0xFF if isinstance(exit_.code, int) else 1


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition(OUT_OF_PROC_MARKER)[0]


def _decode(function: Function, payload: meta.Datum) -> Any:
    if not function.takes_text:
        return converter(function.trigger_type).decode(payload, trigger_metadata={})
    if payload.type not in {"string", "bytes", "json"}:
        # As Azure's worker: such an app loads, and fails when it is called.
        raise ValueError(f'unexpected type of data received for the "generic" binding: {payload.type!r}')
    return payload.value


def _encode(function: Function, value: Any) -> Any:
    if value is not None and not function.may_return:
        raise RuntimeError(f"function {function.name!r} without a $return binding returned a non-None value")
    if function.kind == "activity":
        return converter("activityTrigger").encode(value, expected_type=None).value
    if function.kind == "http":
        # Raises for what is no answer, None included.
        return converter("http").encode(value, expected_type=None)
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
