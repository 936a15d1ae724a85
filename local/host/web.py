"""The host's HTTP server: one port on 127.0.0.1, served by a thread with an event loop of its own.

Functions run elsewhere, so nothing a function does can keep the durable API from answering it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Coroutine
from email.utils import format_datetime
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local.clock import Clock
from local.host.durable_api import refusal_response
from local.host.holds import Holds
from local.host.writer import HostDied, Refused

# The limit of Azure Functions for a request body.
MAX_BODY = 100 * 1024 * 1024
# Real seconds that open requests get when the host stops; by then their functions have returned.
STOP_GRACE = 2.0

_log = logging.getLogger("local.host")


def bind(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes a free one. Raises OSError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(256)
    except OSError:
        listener.close()
        raise
    return listener


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
        self._app = web.Application(middlewares=[self._middleware()], client_max_size=MAX_BODY)
        self._app.on_response_prepare.append(self._date)
        self._runner: web.AppRunner | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="host-web", daemon=True)

    def start(self, routes: list[web.RouteDef], otherwise: Handler) -> None:
        """Begin to serve `routes`, and everything else with `otherwise`."""
        self._app.add_routes(routes)
        self._app.router.add_route("*", r"/{path:[\s\S]*}", otherwise)  # a path may hold an encoded line break
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
        asyncio.run_coroutine_threadsafe(closing(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=STOP_GRACE)
        await self._runner.setup()
        await web.SockSite(self._runner, self._listener).start()

    async def _stop_accepting(self) -> None:
        """Take no more connections, and let those just accepted become known.

        Without this, closing the server makes asyncio drop them with their sockets open: a transport can no longer
        attach itself to a server that is closed (CPython 3.11, `Server._attach`).
        """
        self._loop.remove_reader(self._listener)
        for _turn in range(3):
            await asyncio.sleep(0)

    async def _close(self) -> None:
        if self._runner is not None:
            await self._stop_accepting()
            await self._runner.cleanup()

    async def _cut(self) -> None:
        if self._runner is None:
            return
        await self._stop_accepting()
        for connection in self._runner.server.connections if self._runner.server else ():
            if connection.transport is not None:
                connection.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._runner.cleanup()

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        """The `Date` of every answer is the clock's, as that of a server in Azure is its own (RFC 9110, 6.6.1)."""
        response.headers["Date"] = format_datetime(self._clock.now(), usegmt=True)

    def _middleware(self) -> Middleware:
        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            if self._draining and not request.path.startswith(self._always_open):
                return web.Response(status=503, headers={"Retry-After": "1"})
            hold = self._holds.take()
            try:
                return await handler(request)
            except Refused as refusal:
                return refusal_response(refusal)
            except web.HTTPException:
                raise
            except HostDied as died:
                return web.Response(status=503, text=str(died))
            except Exception:
                _log.exception("the local host failed on %s %s", request.method, request.path)
                return web.Response(status=500, text="The local host failed; its log has the reason.")
            finally:
                hold.release()

        return guarded
