"""The event loop all asynchronous functions of a process run on, and a meter for their CPU."""

from __future__ import annotations

import asyncio
import atexit
import threading
import time
import types
from collections.abc import Coroutine, Generator
from typing import Any

from azure.durable_functions.models.utils import http_utils

from local.host.interrupt import Running

# Real seconds after which a function that does not come to an `await` is taken to hold the loop.
_HELD = 0.2

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_step_began: float | None = None
_given_up: list[Any] = []
"""Loops that never came back, and the connections of their sessions: left alone, as nobody can close them."""


def function_loop() -> asyncio.AbstractEventLoop:
    """The loop, started on first use and running until the process ends."""
    global _loop  # noqa: PLW0603 - one per process is the point
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="functions", daemon=True).start()
            atexit.register(_close_client_session, _loop)
        return _loop


def replace_if_held() -> None:
    """Begin another loop when a function holds this one, as another worker would; what waits in it is nobody's."""
    global _loop, _step_began  # noqa: PLW0603 - as above
    with _lock:
        if _step_began is None or time.perf_counter() - _step_began < _HELD:
            return
        _given_up.append(_loop)
        session = http_utils._client_session
        if session is not None:
            # Its connections are the loop's, which nobody can ask to close them.
            _given_up.append(session.connector)
            session.detach()
        _loop = _step_began = None
        # Of the loop that was: another one cannot use them.
        http_utils._client_session, http_utils._session_lock = None, asyncio.Lock()


def _close_client_session(loop: asyncio.AbstractEventLoop) -> None:
    # The SDK has no shutdown hook; without this its session complains on stderr when the interpreter ends.
    if loop is _loop:
        asyncio.run_coroutine_threadsafe(http_utils._close_session(), loop).result(timeout=5)


@types.coroutine
def metered(coroutine: Coroutine[Any, Any, Any], meter: list[float], running: Running) -> Generator[Any, Any, Any]:
    """Run `coroutine`, adding the CPU seconds of its steps to `meter[0]`; in each of them it is `running`."""
    global _step_began  # noqa: PLW0603 - of the one loop
    value: Any = None
    error: BaseException | None = None
    while True:
        began = time.thread_time()
        try:
            _step_began = time.perf_counter()
            with running.here():
                waiting_for = coroutine.send(value) if error is None else coroutine.throw(error)
        except StopIteration as stop:
            return stop.value
        finally:
            _step_began = None
            meter[0] += time.thread_time() - began
        value = error = None
        try:
            value = yield waiting_for
        except BaseException as thrown:
            error = thrown
