"""A local host in this process, with a small app in the place of Slipway."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from local.clock import Clock
from local.host.host import LocalHost

# Real seconds; what takes longer has gone wrong.
PATIENCE = 280


@contextmanager
def bare_host() -> Iterator[LocalHost]:
    """Serves until left; its data folder is forgotten."""
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock(speed=1)
        host = LocalHost(small_app(), data=Path(folder), clock=clock)
        host.start()
        try:
            yield host
        finally:
            host.stop()
            clock.close()


def start(host: LocalHost, name: str, payload: Any, count: int = 1) -> list[str]:
    """Start so many instances at once, without HTTP between; their IDs, once all are durable."""
    engine = host._parts.engine
    # Encoded twice, as the SDK's client does.
    text = json.dumps(json.dumps(payload))
    started = [engine.start(name, None, text, None) for _ in range(count)]
    return [one.result(PATIENCE) for one in started]


def small_app() -> func.FunctionRegister:
    """An orchestration that calls an activity so many times, one after the other, each with what the last answered."""
    app: Any = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    def chain(context: df.DurableOrchestrationContext) -> Generator[Any, str, str]:
        text = ""
        for letter in context.get_input():
            text = yield context.call_activity("append", {"text": text, "letter": letter})
        return text

    # The end only: messages of a long chain are as large as those of a short one.
    def append(request: dict) -> str:  # type: ignore[type-arg] # Azure refuses one with parameters
        return str(request["text"] + request["letter"])[-3:]

    app.orchestration_trigger(context_name="context")(chain)
    app.activity_trigger(input_name="request")(append)
    registered: func.FunctionRegister = app
    return registered
