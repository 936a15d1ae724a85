"""The host's HTTP server: one listening socket, served by a thread with an event loop of its own.

Functions run elsewhere, so nothing a function does can keep the durable API from answering it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Coroutine
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any, cast

import h11
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from local.clock import Clock
from local.host.holds import Holds
from local.host.pages import Json, Site
from local.host.writer import HostDied, HubRefusal

# Real seconds that open requests get when the host stops; by then their functions have returned.
STOP_GRACE = 2.0
# What the true host's server takes (recorded between 20 and 40 KB, and between 8,000 and 9,000): headers together, and
# the first line.
MAX_HEADERS, MAX_FIRST_LINE = 32 * 1024, 8 * 1024
# What is read of a head at all, to be able to say which of the two was too long.
MAX_HEAD = 128 * 1024
# Ends the value of a header that ends in a blank, which h11 lets nobody write.
BLANK = "\x1f"

_log = logging.getLogger("local.host")


class _Connection(h11.Connection):
    """Notes what uvicorn does not hand on: the target of each request, and what is wrong with one that is none.

    And writes out blanks at the end of a header.
    """

    state: dict[str, Any]

    def next_event(self) -> Any:
        """What came in, as h11 has it."""
        try:
            event = super().next_event()
        except h11.RemoteProtocolError as error:
            self.state["refused"] = error.error_status_hint
            raise
        if isinstance(event, h11.Request):
            self.state["target"] = event.target
        return event

    def send(self, event: Any) -> Any:
        """The event's bytes."""
        data = super().send(event)
        return data.replace(f"{BLANK}\r\n".encode(), b" \r\n") if isinstance(event, h11.Response) else data


class _Protocol(H11Protocol):
    """uvicorn's, which has no word for what is no HTTP, as the true host's server has none."""

    def __init__(self, config: uvicorn.Config, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(config, state, {}, loop)
        self.conn = _Connection(h11.SERVER, MAX_HEAD)
        # Of which each request gets a copy.
        self.conn.state = self.app_state
        self.app_state["end_with"] = self._end_with

    def _close_with(self, status: int) -> None:
        reason = status.phrase if isinstance(status, HTTPStatus) else ""
        line = f"HTTP/1.1 {int(status)} {reason}"
        self.transport.write(f"{line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        self.transport.close()

    async def _end_with(self, status: int) -> None:
        """Answer with a status that HTTP does not have, as the true host's server does, and close the connection."""
        self._close_with(status)
        # Until uvicorn knows that there is nobody any more, it would answer for an app that has not.
        while not self.transport.is_closing() or (self.cycle is not None and not self.cycle.disconnected):
            await asyncio.sleep(0)

    def send_400_response(self, _msg: str) -> None:
        """Close the connection with 400, or 431 after a head without an end, and nothing else."""
        self._close_with(HTTPStatus(self.app_state["refused"]))


class WebServer:
    """Serves until stopped or aborted."""

    def __init__(self, listener: socket.socket, clock: Clock, holds: Holds, *, always_open: str) -> None:
        self._listener = listener
        self._clock = clock
        self._holds = holds
        self._always_open = always_open
        """Path prefix that is still served while draining: functions that are finishing need it."""
        self._draining = False
        self._loop = asyncio.new_event_loop()
        self._state = ServerState()
        self._server: asyncio.Server | None = None
        self._site: Site
        self._thread = threading.Thread(target=self._loop.run_forever, name="host-web", daemon=True)

    def start(self, site: Site) -> None:
        """Begin to serve."""
        self._site = site
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()

    def drain(self) -> None:
        """Refuse new requests with 503, except what functions in flight need."""
        self._draining = True

    def stop(self) -> None:
        """Close the port, let open requests finish, end the thread."""
        self._end(self._close)

    def abort(self) -> None:
        """Close the port and cut every connection, as the death of a process would."""
        self._end(self._cut)

    def _end(self, closing: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(closing(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        config = uvicorn.Config(
            cast("uvicorn._types.ASGIApplication", self._serve),
            interface="asgi3",
            http=_Protocol,
            proxy_headers=False,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=300,
        )
        config.load()

        def connected() -> _Protocol:
            return _Protocol(config, self._state, self._loop)

        self._server = await self._loop.create_server(connected, sock=self._listener)

    async def _stop_accepting(self) -> None:
        """Take no more connections, and let those just accepted become known.

        Without this, closing the server makes asyncio drop them with their sockets open: a transport can no longer
        attach itself to a server that is closed (CPython 3.11, `Server._attach`).
        """
        self._loop.remove_reader(self._listener)
        for _turn in range(3):
            await asyncio.sleep(0)
        if self._server is not None:
            self._server.close()

    async def _close(self) -> None:
        await self._stop_accepting()
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(list(self._state.tasks), timeout=STOP_GRACE)
        await self._cut_all()

    async def _cut(self) -> None:
        await self._stop_accepting()
        await self._cut_all()

    async def _cut_all(self) -> None:
        for connection in list(self._state.connections):
            connection.transport.abort()
        running = list(self._state.tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        # Aborted transports close their sockets in a callback.
        await asyncio.sleep(0)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        # The `Date` of every answer is the clock's, as that of a server in Azure is its own (RFC 9110, 6.6.1).
        response.headers["Date"] = format_datetime(self._clock.now(), usegmt=True)
        if 0 <= response.status_code < 100 or response.status_code > 999:
            await request.scope["state"]["end_with"](response.status_code)
        else:
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if self._draining and not request.scope["path"].startswith(self._always_open):
            return Response(status_code=503, headers={"Retry-After": "1"})
        refused = _refused_head(request)
        if refused is not None:
            return Response(status_code=refused)
        hold = self._holds.take(f"{request.method} {request.scope['path']}")
        try:
            return await self._site.answer(request)
        except HubRefusal as refusal:
            return refusal_response(refusal)
        except HostDied as died:
            return Response(str(died), 503)
        except Exception:
            _log.exception("the local host failed on %s %s", request.method, request.scope["path"])
            return Response("The local host failed; its log has the reason.", 500)
        finally:
            hold.release()


def _refused_head(request: Request) -> int | None:
    """The status that a request's first line or headers are refused with, before anybody sees it."""
    target = request.scope["state"]["target"]
    if len(request.method) + len(target) + len("  HTTP/1.1\r\n") > MAX_FIRST_LINE:
        return 414
    if sum(len(name) + len(value) + len(": \r\n") for name, value in request.headers.raw) > MAX_HEADERS:
        return 431
    if not target.startswith((b"/", b"http://", b"https://")):
        return 400
    try:
        for _name, value in request.headers.raw:
            value.decode()
    except UnicodeDecodeError:
        return 400
    return None


def refusal_response(refusal: HubRefusal) -> Response:
    """The HTTP answer to an operation the engine refused."""
    message = str(refusal)
    if refusal.status in {404, 410}:
        return Response(status_code=refusal.status)
    if refusal.status == 409:
        return Json({"Message": message}, 409)
    # ExceptionMessage is what the SDK shows; Message is what the extension writes for everybody else.
    return Json({"Message": message, "ExceptionMessage": message}, refusal.status)
