"""Listening sockets of the local Azure: uvicorn servers and the proxy on one event loop in one thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeAlias, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.waiting import PATIENCE

ConnectionHandler: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]

_ABORT = "slipway.abort"


class _AbortableProtocol(H11Protocol):
    """Lets the application cut its connection, which ASGI has no word for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        app = self.app

        async def with_abort(scope: Scope, receive: Receive, send: Send) -> None:
            scope[_ABORT] = transport.abort
            await cast("ASGIApp", app)(scope, receive, send)

        self.app = cast("uvicorn._types.ASGI3Application", with_abort)


async def abort_connection(scope: Scope, receive: Receive) -> None:
    """Cut the connection of the request in `scope` without a byte of an answer."""
    scope[_ABORT]()
    while (await receive())["type"] != "http.disconnect":
        pass


class Listener:
    """Runs servers in a thread of its own, from `start` to `close`."""

    def __init__(self) -> None:
        self._servers: list[tuple[uvicorn.Server, socket.socket]] = []
        self._connections: list[tuple[ConnectionHandler, socket.socket]] = []
        self._started = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="local-azure", daemon=True)

    def serve(self, app: ASGIApp, bound: socket.socket, *, certificate: Path | None = None) -> None:
        """Serve `app` on `bound`, with TLS when a PEM file of key and chain is given."""
        config = uvicorn.Config(
            cast("uvicorn._types.ASGIApplication", app),
            http=_AbortableProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # There is no other proxy in front of it than our own, which adds none.
            proxy_headers=False,
            # Clients keep their connections; closing them early would look like a network fault.
            timeout_keep_alive=300,
            timeout_graceful_shutdown=1,
            ssl_certfile=certificate,
        )
        self._servers.append((uvicorn.Server(config), bound))

    def accept(self, handler: ConnectionHandler, bound: socket.socket) -> None:
        """Hand raw connections on `bound` to `handler`."""
        self._connections.append((handler, bound))

    def start(self) -> None:
        """Begin to serve; returns when every socket does."""
        self._thread.start()
        if not self._started.wait(PATIENCE):
            raise RuntimeError("the local Azure did not start listening")
        if self._failure:
            raise self._failure

    def close(self) -> None:
        """Stop serving and wait for the thread."""
        if self._loop and self._stop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as failure:
            self._failure = failure
            self._started.set()
            raise

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        raw, open_connections = await self._accept_all()
        serving = [asyncio.create_task(server.serve([bound])) for server, bound in self._servers]
        while not all(server.started for server, _ in self._servers):
            await asyncio.wait(serving, timeout=0.01, return_when=asyncio.FIRST_COMPLETED)
        self._started.set()
        await self._stop.wait()
        for listening in raw:
            listening.close()
        # First the raw connections: the servers then find their peers gone instead of waiting for them.
        for connection in open_connections:
            connection.cancel()
        await asyncio.gather(*open_connections, return_exceptions=True)
        for server, _ in self._servers:
            server.should_exit = True
        await asyncio.gather(*serving)

    async def _accept_all(self) -> tuple[list[asyncio.Server], set[asyncio.Task[None]]]:
        """Start the raw sockets; the tasks of their open connections are in the set."""
        running: set[asyncio.Task[None]] = set()

        def accept_with(handler: ConnectionHandler) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
            def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                task = asyncio.create_task(handler(reader, writer))
                running.add(task)
                task.add_done_callback(running.discard)

            return accepted

        servers = [await asyncio.start_server(accept_with(one), sock=bound) for one, bound in self._connections]
        return servers, running
