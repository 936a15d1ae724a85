"""Listening sockets that nobody outside this machine reaches."""

from __future__ import annotations

import errno
import random
import socket
import ssl
from contextlib import suppress
from functools import cache
from typing import Any, cast

import httpx

from local.waiting import PATIENCE

ADDRESS = "127.0.0.1"


def bind(port: int = 0) -> socket.socket:
    """A listening socket; port 0 takes a free one. OSError names the port that cannot be had."""
    # With its protocol named: asyncio turns Nagle's algorithm off only then, and with it on, every answer of a head and
    # a body waits 40 ms for the client's kernel to acknowledge the head (measured).
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((ADDRESS, port))
    except OSError as reason:
        bound.close()
        raise OSError(reason.errno, f"port {port} of {ADDRESS} cannot be used: {reason.strerror}") from None
    bound.listen(256)
    return bound


def unclaimed_port() -> int:
    """A port for somebody who binds it later: a free one of those that no system gives to whoever asks for any.

    OSError when none is to be had.
    """
    # Linux gives those from 32768, others those from 49152; each connection that is made takes one.
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as tried, suppress(OSError):
            tried.bind((ADDRESS, port))
            return port
    raise OSError(errno.EADDRINUSE, f"no port of {ADDRESS} is free")


def port_of(bound: socket.socket) -> int:
    """The port a socket listens on."""
    return cast("int", bound.getsockname()[1])


def url_of(bound: socket.socket) -> str:
    """Where plain HTTP reaches the socket."""
    return f"http://{ADDRESS}:{port_of(bound)}"


def client(url: str = "", **options: Any) -> httpx.Client:
    """A client of what listens on this machine in plain HTTP, past any proxy; `options` are those of `httpx.Client`."""
    waits = {"timeout": PATIENCE} | options
    return httpx.Client(base_url=url, verify=_nothing_to_verify(), trust_env=False, **waits)


@cache
def _nothing_to_verify() -> ssl.SSLContext:
    """What knows no authority: of itself each client reads the certificates of all of them, every time."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def ask(method: str, url: str, **content: Any) -> httpx.Response:
    """One request to what listens on this machine, on a connection of its own."""
    with client() as http:
        return http.request(method, url, **content)
