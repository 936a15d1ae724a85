"""A subscriber: a real web server whose answers a test decides, and which notes when it was called."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.clock import Clock
from local.cloud.eventgrid import EventGrid
from local.waiting import PATIENCE

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@dataclass
class Received:
    """One request: when (virtual), and what."""

    at: datetime
    method: str
    headers: dict[str, str]
    body: Any


@dataclass
class Subscriber:
    """`statuses` answer deliveries in turn, the last one for good; `handshake` None echoes the validation code."""

    clock: Clock
    statuses: list[int] = field(default_factory=lambda: [200])
    handshake: Any = None
    handshake_status: int = 200
    allowed_origin: str = "*"
    block: threading.Event | None = None
    received: list[Received] = field(default_factory=list)
    url: str = ""

    @property
    def events(self) -> list[Received]:
        return [one for one in self.received if one.headers.get("aeg-event-type") == "Notification"]

    def answer(self, request: Received) -> tuple[int, Any]:
        self.received.append(request)
        if request.headers.get("aeg-event-type") == "SubscriptionValidation":
            code = request.body[0]["data"]["validationCode"]
            return self.handshake_status, self.handshake or {"validationResponse": code}
        if self.block is not None:
            self.block.wait(PATIENCE)
        return (self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]), None

    @property
    def delays(self) -> list[timedelta]:
        """Time between deliveries."""
        moments = [one.at for one in self.events]
        return [later - earlier for earlier, later in itertools.pairwise(moments)]


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock(stepped=True, start=START)
    yield clock
    clock.close()


@pytest.fixture
def grid(clock: Clock) -> Iterator[EventGrid]:
    grid = EventGrid(clock)
    yield grid
    grid.close()


@pytest.fixture
def subscriber(clock: Clock) -> Iterator[Subscriber]:
    subscriber = Subscriber(clock)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, answer = subscriber.answer(Received(clock.now(), "POST", headers, body))
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_OPTIONS(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            subscriber.received.append(Received(clock.now(), "OPTIONS", headers, None))
            self.send_response(subscriber.handshake_status)
            self.send_header("WebHook-Allowed-Origin", subscriber.allowed_origin)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    subscriber.url = f"http://127.0.0.1:{server.server_port}/runtime/webhooks/eventgrid?functionName=f&code=secret"
    yield subscriber
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def passing(clock: Clock) -> Callable[[timedelta], threading.Event]:
    """Let virtual time go on by so much; the event tells that it stands still again.

    In between it stands still too: what falls due later does not happen while a test looks, however slowly it does.
    """
    held = [clock.hold("the test")]

    def passing(amount: timedelta) -> threading.Event:
        reached = threading.Event()

        def stop() -> None:
            held.append(clock.hold("the test"))
            reached.set()

        clock.alarm(clock.now() + amount, stop)
        held.pop().release()
        return reached

    return passing


@pytest.fixture
def pass_time(passing: Callable[[timedelta], threading.Event]) -> Callable[[timedelta], None]:
    """Let virtual time pass: everything due before has been done when it returns, and nothing due later."""

    def pass_time(amount: timedelta) -> None:
        assert passing(amount).wait(PATIENCE), "the clock did not get there"

    return pass_time
