"""A TLS server whose answers are bytes, sent as a test wants them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import trustme

from local.waiting import PATIENCE

Answering = Callable[[socket.socket], object]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
REQUEST_END = b"\r\n\r\n[]"
# Seconds between two bytes of what drips: far less than any silence that a client gives up at.
INTERVAL = 0.03
# For longer than a test waits for anything.
DRIPS = 1000


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Who vouches for the servers of the tests."""
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment of a process that trusts it, and has no proxy."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for name in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))


@contextmanager
def serving(answering: Answering) -> Iterator[int]:
    """The port of a server that takes one connection; it must have ended by itself when the block is left."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            # The client may hang up first.
            with connection, suppress(OSError):
                answering(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(PATIENCE)
        assert not thread.is_alive()


def over_tls(authority: trustme.CA, answering: Answering, *, reads: bool = True) -> Answering:
    """The same behind a handshake, and after the request has been read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            asked = b""
            # To its end: what is left unread when a connection is closed resets it, and takes the answer with it.
            while reads and not asked.endswith(REQUEST_END):
                asked += secured.recv(65536)
            answering(secured)

    return answer


def at_once(content: bytes) -> Answering:
    """All of it."""
    return lambda connection: connection.sendall(content)


def dripping(before: bytes, drop: bytes, after: bytes) -> Answering:
    """`before`, then `drop` again and again, then `after`: whoever waits for it all gets a good answer."""
    pause = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(before)
        for _ in range(DRIPS):
            connection.sendall(drop)
            pause.wait(INTERVAL)
        connection.sendall(after)

    return drip
