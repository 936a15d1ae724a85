"""The forward proxy that stands between a process and Azure: known Azure hosts end here, every other is refused.

At the desk (`make up`) hosts that are none of Azure's are passed on, so that other programs of the shell go on working.

It answers CONNECT only. Because the redirection is `HTTPS_PROXY` and a certificate authority of our own, production
code needs no knob, and a wrong setting can never reach the real Azure.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from local.cloud.beyond import connected_beyond
from local.loopback import ADDRESS

# Who signs in to Azure there shows a password, a certificate, a browser or a code.
_SIGN_IN = ("login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "login.live.com")
_HEAD_LIMIT_SECONDS = 30
_CHUNK = 65536


class Proxy:
    """Splices connections to hosts that `allowed` accepts into the TLS listener on `target_port`."""

    def __init__(
        self,
        allowed: Callable[[str], bool],
        target_port: int,
        dead: Callable[[], bool],
        passed_on: Callable[[str], bool] = lambda _host: False,
    ) -> None:
        """`passed_on` says of a host that it is none of Azure's: connections to it go out as they came."""
        self._allowed = allowed
        self._target_port = target_port
        self._dead = dead
        self._passed_on = passed_on
        self.refused: list[str] = []

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client connection."""
        try:
            if not self._dead():
                await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the client went away: there is nobody to tell
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _HEAD_LIMIT_SECONDS)
        method, _, rest = head.decode("latin-1").partition("\r\n")[0].partition(" ")
        target = rest.partition(" ")[0]
        host, _, port = target.rpartition(":")
        out = method == "CONNECT" and self._passed_on(host.lower())
        if not out and (method != "CONNECT" or port != "443" or not self._allowed(host.lower())):
            self.refused.append(target)
            await _refuse(writer, method, target)
            return
        if out:
            try:
                upstream_reader, upstream_writer = await connected_beyond(host, int(port))
            except (OSError, EOFError, ValueError) as reason:
                said = f"The local Azure passes {target} on, and this machine does not reach it: {reason}"
                await _say(writer, 502, said)
                return
        else:
            upstream_reader, upstream_writer = await asyncio.open_connection(ADDRESS, self._target_port)
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            await _splice((reader, writer), (upstream_reader, upstream_writer))
        finally:
            upstream_writer.close()


async def _refuse(writer: asyncio.StreamWriter, method: str, target: str) -> None:
    why = "only the Azure hosts it emulates can be reached, over HTTPS."
    if target.rpartition(":")[0].lower() in _SIGN_IN:
        why = (
            "nobody signs in here, with a secret or a browser: use DefaultAzureCredential or ManagedIdentityCredential."
        )
    await _say(writer, 403, f"The local Azure refuses {method} {target}: {why}")


async def _say(writer: asyncio.StreamWriter, status: int, sentence: str) -> None:
    """Refuse a connection, with the reason in the status line too: clients show nothing else of such an answer."""
    body = f"{sentence}\n".encode()
    reason = "".join(one for one in sentence if " " <= one <= "~")
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close"
    writer.write(head.encode() + b"\r\n\r\n" + body)
    await writer.drain()


async def _splice(
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    """Copy both ways until either side is done."""
    copies = [
        asyncio.create_task(_copy(client[0], upstream[1], partial(_acknowledge, client[1]))),
        asyncio.create_task(_copy(upstream[0], client[1], lambda: None)),
    ]
    _, running = await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
    for copy in running:
        copy.cancel()
    await asyncio.gather(*copies, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter, acknowledge: Callable[[], None]) -> None:
    while chunk := await source.read(_CHUNK):
        acknowledge()
        sink.write(chunk)
        await sink.drain()


def _acknowledge(writer: asyncio.StreamWriter) -> None:
    """Acknowledge what has come from the client now rather than with the answer.

    urllib3 leaves Nagle's algorithm on towards proxies: it holds a request's body back until its head is acknowledged,
    which the kernel puts off for 40 ms (measured). The option lasts for one acknowledgement, and only Linux has it.
    """
    quick = getattr(socket, "TCP_QUICKACK", None)
    if quick is not None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, quick, 1)
