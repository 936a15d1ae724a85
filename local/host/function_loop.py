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

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def function_loop() -> asyncio.AbstractEventLoop:
    """The loop, started on first use and running until the process ends."""
    global _loop  # noqa: PLW0603 - one per process is the point
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="functions", daemon=True).start()
            atexit.register(_close_client_session, _loop)
        return _loop


def _close_client_session(loop: asyncio.AbstractEventLoop) -> None:
    # The SDK has no shutdown hook; without this its session complains on stderr when the interpreter ends.
    asyncio.run_coroutine_threadsafe(http_utils._close_session(), loop).result(timeout=5)


@types.coroutine
def metered(coroutine: Coroutine[Any, Any, Any], meter: list[float]) -> Generator[Any, Any, Any]:
    """Run `coroutine`, adding the CPU seconds of its steps to `meter[0]`."""
    value: Any = None
    error: BaseException | None = None
    while True:
        began = time.thread_time()
        try:
            waiting_for = coroutine.send(value) if error is None else coroutine.throw(error)
        except StopIteration as stop:
            return stop.value
        finally:
            meter[0] += time.thread_time() - began
        value = error = None
        try:
            value = yield waiting_for
        except BaseException as thrown:
            error = thrown
