"""A model's answer is read within its time and its size, however it arrives."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import urllib3

from activities.gates.smoke_test import ANSWER_LIMIT_BYTES, read_answer
from contracts.errors import ModelUnreachable, WrongAnswer

Send = Callable[[socket.socket], Any]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def answering(send: Send) -> Iterator[Any]:
    """The response of a server that answers one request in its own way."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            # The client may hang up first.
            with connection, suppress(OSError):
                connection.recv(65536)
                send(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with urllib3.PoolManager() as pool:
            response = pool.request("POST", url, timeout=5, retries=False, preload_content=False)
            yield response
            response.close()
        thread.join()


def all_at_once(answer: bytes) -> Send:
    return lambda connection: connection.sendall(answer)


ZIPPED = gzip.compress(b"[1, 2]")


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 6\r\n\r\n[1, 2]",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n3\r\n 2]\r\n0\r\n\r\n",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(ZIPPED) + ZIPPED,
        HEAD + b"\r\n[1, 2]",
    ],
    ids=["length", "chunked", "gzip", "closed"],
)
def test_a_whole_answer_is_read(answer: bytes) -> None:
    with answering(all_at_once(answer)) as response:
        assert read_answer(response, time.monotonic() + 5) == "[1, 2]"


def test_an_answer_without_a_body_is_empty() -> None:
    with answering(all_at_once(HEAD + b"Content-Length: 0\r\n\r\n")) as response:
        assert read_answer(response, time.monotonic() + 5) == ""


@pytest.mark.parametrize(
    "answer",
    [HEAD + b"Content-Length: 60\r\n\r\n[1,", HEAD + b"Transfer-Encoding: chunked\r\n\r\n30\r\n[1,"],
    ids=["length", "chunked"],
)
def test_an_answer_that_breaks_off_is_none(answer: bytes) -> None:
    with answering(all_at_once(answer)) as response, pytest.raises(ModelUnreachable, match="broke off"):
        read_answer(response, time.monotonic() + 5)


def test_an_answer_that_drips_is_not_waited_for() -> None:
    given_up = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n[")
        # Far less than any timeout between two bytes, and 200 s until the end.
        while not given_up.wait(0.2):
            connection.sendall(b" ")

    with answering(drip) as response:
        began = time.monotonic()
        with pytest.raises(ModelUnreachable, match="in time"):
            read_answer(response, began + 0.5)
        given_up.set()

    assert time.monotonic() - began < 5


def test_an_answer_that_does_not_end_is_not_kept() -> None:
    huge = HEAD + b"\r\n" + b"1" * (ANSWER_LIMIT_BYTES + 1)

    with answering(all_at_once(huge)) as response, pytest.raises(WrongAnswer, match="larger than"):
        read_answer(response, time.monotonic() + 5)
