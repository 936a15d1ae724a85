"""The gate every request to an emulated service passes: holds the clock, meets faults, is written down."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Self

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.clock import Clock
from local.cloud.exchange import Exchange
from local.cloud.faults import Fault, Faults
from local.cloud.journal import Journal
from local.cloud.listener import abort_connection


class Gate:
    """ASGI middleware in front of `app`; every instance of one local Azure shares journal and faults."""

    def __init__(self, app: ASGIApp, clock: Clock, journal: Journal, faults: Faults) -> None:
        self._app = app
        self._clock = clock
        self._journal = journal
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request with the clock held from its first to its last byte."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange.attached(scope)
        began, at = time.perf_counter(), self._clock.now()

        def note(status: int | None) -> None:
            self._journal.add(exchange, at, status, (time.perf_counter() - began) * 1000)

        answered = _Answered(send, note)
        with _Held(self._clock, f"{exchange.method} {exchange.host}{exchange.path}") as held:
            try:
                await self._serve(exchange, held, scope, receive, answered)
            finally:
                answered.over()

    async def _serve(self, exchange: Exchange, held: _Held, scope: Scope, receive: Receive, send: _Answered) -> None:
        if self._faults.dead:
            send.over()
            await abort_connection(scope, receive)
            return
        fault = self._faults.take(exchange)
        if fault is None:
            await self._app(scope, receive, send)
            return
        if fault.delay:
            await self._wait(fault.delay, held)
        if fault.real_delay:
            await asyncio.sleep(fault.real_delay.total_seconds())
        if fault.drop:
            if fault.drop == "after":
                await self._app(scope, receive, _discard)
            send.over()
            await abort_connection(scope, receive)
        elif fault.status is not None:
            await _answer_of(fault)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _wait(self, delay: timedelta, held: _Held) -> None:
        """Let virtual time pass; the clock is let go meanwhile and held again before the alarm is over."""
        loop = asyncio.get_running_loop()
        passed = asyncio.Event()

        def wake() -> None:
            held.resume()
            loop.call_soon_threadsafe(passed.set)

        alarm = self._clock.alarm(self._clock.now() + delay, wake)
        held.pause()
        try:
            await passed.wait()
        finally:
            alarm.cancel()


class _Held:
    """The one hold of a request, which can be let go for a while; none is taken once the request is over."""

    def __init__(self, clock: Clock, who: str) -> None:
        self._clock = clock
        self._who = who
        self._hold = clock.hold(who)
        self._over = False
        # The alarm that ends a pause goes off in the clock's thread, whatever becomes of the request meanwhile.
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        """Let go for good."""
        with self._lock:
            self._over = True
            self._hold.release()

    def pause(self) -> None:
        """Let time pass."""
        self._hold.release()

    def resume(self) -> None:
        """Hold again, unless the request is over."""
        with self._lock:
            if not self._over:
                self._hold = self._clock.hold(self._who)


class _Answered:
    """Passes messages on, and has the request noted before its caller can know that it is over.

    Who looks at the journal after an answer finds the request there; `over` is for one that gets none.
    """

    def __init__(self, send: Send, note: Callable[[int | None], None]) -> None:
        self._send = send
        self._note = note
        self._status: int | None = None
        self._noted = False

    def over(self) -> None:
        """Have the request noted, if it has not been: with the headers, which may be all of an answer."""
        if not self._noted:
            self._noted = True
            self._note(self._status)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self.over()
        await self._send(message)


async def _discard(message: Message) -> None:
    """The answer of an operation whose connection is lost."""


def _answer_of(fault: Fault) -> Response:
    assert fault.status is not None
    if fault.body is None:
        return Response(status_code=fault.status, headers=dict(fault.headers))
    return JSONResponse(fault.body, fault.status, headers=dict(fault.headers))
