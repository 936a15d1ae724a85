"""One HTTPS exchange that ends by its deadline, whatever the server does.

Timeouts of sockets bound the silence between two bytes. A server that sends one byte every few seconds, of its TLS
handshake, its status line, a header, a chunk's length, the body or a trailer, would keep an activity for hours. So the
exchange has a thread of its own, and when its time is over its connection is cut, which ends whatever that thread waits
for. Proxies and certificate authorities are those of the environment, as everywhere else.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from contracts.errors import ModelUnreachable, WrongAnswer

ANSWER_LIMIT_BYTES = 8 * 1024 * 1024
PIECE_BYTES = 65536
THREAD = "exchange"


@dataclass(frozen=True)
class Question:
    """What a server is asked.

    Attributes:
        data: what is sent; GET sends nothing.
        seconds: in which the answer must have ended.
        most: bytes of an answer that are read.
    """

    url: str
    headers: Mapping[str, str]
    seconds: float
    data: bytes = b""
    method: str = "POST"
    most: int = ANSWER_LIMIT_BYTES


@dataclass(frozen=True)
class Answer:
    """What the server answered: headers by their names in small letters, and the whole body."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> str:
        """The content as text."""
        return self.content.decode(errors="replace")


def exchanged(question: Question) -> Answer:
    """The answer to a question; redirects are not followed.

    Raises ModelUnreachable when there is no whole answer in time, WrongAnswer when it is too large.
    """
    line, outcome = Line(), Future[Answer]()

    def exchange() -> None:
        try:
            outcome.set_result(_exchange(question, line))
        except Exception as error:
            outcome.set_exception(error)

    threading.Thread(target=exchange, name=THREAD, daemon=True).start()
    ended, _ = wait([outcome], timeout=question.seconds)
    # Whatever comes of an exchange after this is no answer: a body without a length ends where its connection does.
    line.cut()
    if not ended:
        raise _too_late(question)
    return outcome.result()


class Line:
    """The connection of one exchange, which another thread can cut."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: list[socket.socket] = []
        self._cut = False

    def hold(self, connected: socket.socket) -> socket.socket:
        """Keep a way to `connected`; raises OSError once the line is cut."""
        with self._lock:
            if self._cut:
                connected.close()
                raise OSError("the exchange is over")
            # TLS takes the socket's descriptor over; through a second one the connection can still be reached.
            self._held.append(connected.dup())
        return connected

    def cut(self) -> None:
        """End what the connection is waited on for, now and later."""
        with self._lock:
            self._cut = True
            for one in self._held:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            self._held.clear()


def _exchange(question: Question, line: Line) -> Answer:
    import requests
    from urllib3.exceptions import HTTPError
    from urllib3.exceptions import TimeoutError as Silence

    try:
        with requests.Session() as session:
            session.mount("https://", _adapter(line))
            sent = session.request(
                question.method,
                question.url,
                data=question.data,
                headers=dict(question.headers),
                timeout=question.seconds,
                allow_redirects=False,
                stream=True,
            )
            with sent as response:
                named = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, named, _content(response.raw, question.most))
    except (requests.Timeout, Silence, TimeoutError):
        raise _too_late(question) from None
    except (requests.RequestException, HTTPError, OSError) as error:
        # The text of such an error can quote the request; its type is enough.
        host = urlsplit(question.url).hostname
        raise ModelUnreachable(f"no whole answer from {host}: {type(error).__name__}") from None


def _too_late(question: Question) -> ModelUnreachable:
    return ModelUnreachable(f"the answer did not end in time, which is {question.seconds:g} s")


def _content(raw: Any, most: int) -> bytes:
    content = bytearray()
    # Piece by piece as they arrive: reading so many bytes waits for them all.
    while piece := raw.read1(PIECE_BYTES, decode_content=True):
        content += piece
        if len(content) > most:
            raise WrongAnswer(f"the answer is larger than {most} bytes")
    return bytes(content)


def _adapter(line: Line) -> Any:
    """Of `requests`: every connection it makes, to the server or to a proxy, is on `line`."""
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, **options)
            _hold_all(self.poolmanager, line)

        def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
            manager = super().proxy_manager_for(*args, **options)
            _hold_all(manager, line)
            return manager

    return Adapter()


def _hold_all(manager: Any, line: Line) -> None:
    manager.pool_classes_by_scheme = {
        scheme: _holding(pool, line) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _holding(pool: Any, line: Line) -> Any:
    """A urllib3 pool whose connections are on `line` from the moment they are made, before TLS and tunnels."""

    class Connection(pool.ConnectionCls):  # type: ignore[misc]  # whichever urllib3 has for this kind of proxy
        def _new_conn(self) -> socket.socket:
            return line.hold(super()._new_conn())

    return type(pool.__name__, (pool,), {"ConnectionCls": Connection})
