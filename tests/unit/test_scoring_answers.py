"""A model's answer is read within its time and its size, however it arrives."""

from __future__ import annotations

import gzip
import re
import socket
import threading

import pytest
import trustme

from activities.gates.exchange import ANSWER_LIMIT_BYTES, THREAD, Answer, Question, exchanged
from activities.gates.scoring import checked_uri
from contracts.errors import ModelUnreachable, ScoringRefused, WrongAnswer
from local.waiting import PATIENCE
from tests.unit.raw_server import HEAD, Answering, at_once, authority, dripping, over_tls, serving, trusted
from triggers.invoking import CONTENT_TYPE

__all__ = ["authority", "trusted"]

pytestmark = pytest.mark.usefixtures("trusted")
ZIPPED = gzip.compress(b"[1, 2]")
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LONG, SHORT = PATIENCE, 0.15


def ask(port: int, seconds: float = LONG, data: str = "[]") -> Answer:
    question = Question(f"https://127.0.0.1:{port}/score", {"Authorization": "Bearer key"}, seconds, data.encode())
    return exchanged(question)


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 6\r\n\r\n[1, 2]",
        CHUNKED + b"3\r\n[1,\r\n3\r\n 2]\r\n0\r\n\r\n",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(ZIPPED) + ZIPPED,
        HEAD + b"\r\n[1, 2]",
    ],
    ids=["length", "chunked", "gzip", "closed"],
)
def test_a_whole_answer_is_read(authority: trustme.CA, answer: bytes) -> None:
    with serving(over_tls(authority, at_once(answer))) as port:
        assert ask(port) == Answer(200, headers_of(answer), b"[1, 2]")


def headers_of(answer: bytes) -> dict[str, str]:
    head, _, _ = answer.partition(b"\r\n\r\n")
    lines = [line.split(": ") for line in head.decode().splitlines()[1:]]
    return {name.lower(): value for name, value in lines}


@pytest.mark.parametrize(
    "address",
    [
        r"https://elsewhere.example\.inference.ml.azure.com/score",
        "https://elsewhere.example%2f.inference.ml.azure.com/score",
        "https://elsewhere.example#.inference.ml.azure.com/score",
        "https://me@credit-risk.eastus.inference.ml.azure.com/score",
        "https://credit-risk.eastus.inference.ml.azure.com:99999/score",
        "https://[.inference.ml.azure.com/score",
        "https://credit-risk.eastus.inference.ml.azure.com.example/score",
        "http://credit-risk.eastus.inference.ml.azure.com/score",
        "https://credit-risk.eastus.inference.ml.azure.com/score\n",
        None,
    ],
)
def test_no_key_goes_where_two_libraries_may_disagree(address: object) -> None:
    with pytest.raises(ScoringRefused):
        checked_uri("credit-risk", address)


def test_a_media_type_is_of_letters_that_a_header_can_have() -> None:
    taken = [kind for kind in ("image/png", "text/csv; charset=utf-8", "imagé/png") if media_type(kind)]

    assert taken == ["image/png", "text/csv; charset=utf-8"]


def media_type(kind: str) -> re.Match[str] | None:
    return re.fullmatch(CONTENT_TYPE, kind)


def test_a_scoring_address_is_taken_as_azure_gives_it() -> None:
    address = "https://Credit-Risk.eastus.inference.ml.azure.com/v1/score?a=b"

    assert checked_uri("credit-risk", address) == address


def test_an_answer_without_a_body_is_empty(authority: trustme.CA) -> None:
    with serving(over_tls(authority, at_once(HEAD + b"Content-Length: 0\r\n\r\n"))) as port:
        assert ask(port).body == ""


@pytest.mark.parametrize(
    "answer",
    [b"", HEAD + b"Content-Length: 60\r\n\r\n[1,", CHUNKED + b"30\r\n[1,"],
    ids=["nothing", "length", "chunked"],
)
def test_an_answer_that_breaks_off_is_none(authority: trustme.CA, answer: bytes) -> None:
    with serving(over_tls(authority, at_once(answer))) as port, pytest.raises(ModelUnreachable, match="no whole"):
        ask(port)


def test_a_server_that_nobody_vouches_for_is_sent_nothing(authority: trustme.CA) -> None:
    sent: list[bytes] = []
    stranger = over_tls(trustme.CA(), lambda connection: sent.append(connection.recv(10)))
    with serving(stranger) as port, pytest.raises(ModelUnreachable, match="SSLError"):
        ask(port)

    assert sent == []


OK = b"HTTP/1.1 200 OK\r\n"
BODY = b"Content-Length: 2\r\n\r\n[]"
DRIPPING = {
    "the status line": dripping(b"HTTP/1.1 200 ", b"O", b"\r\n" + BODY),
    "a header": dripping(HEAD + b"X-Long: ", b"x", b"\r\n" + BODY),
    "headers": dripping(OK, b"X: y\r\n", BODY),
    "the length of a chunk": dripping(CHUNKED, b"0", b"2\r\n[]\r\n0\r\n\r\n"),
    "chunks": dripping(CHUNKED, b"1\r\n \r\n", b"2\r\n[]\r\n0\r\n\r\n"),
    "the body": dripping(HEAD + b"\r\n", b" ", b"[]"),
    "a trailer": dripping(CHUNKED + b"2\r\n[]\r\n0\r\nX-Long: ", b"x", b"\r\n\r\n"),
    "nothing but a promise": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + BODY),
}


def gives_up(answering: Answering) -> None:
    with serving(answering) as port:
        with pytest.raises(ModelUnreachable, match="in time"):
            ask(port, SHORT)
        no_exchange_is_left()


def no_exchange_is_left() -> None:
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "its connection was not cut"


@pytest.mark.parametrize("part", DRIPPING)
def test_an_answer_that_drips_is_not_waited_for(authority: trustme.CA, part: str) -> None:
    gives_up(over_tls(authority, DRIPPING[part]))


def test_a_handshake_that_drips_is_not_waited_for() -> None:
    # The head of a TLS record of 16 KiB, and its bytes.
    gives_up(dripping(b"\x16\x03\x03\x40\x00", b"\x02", b""))


def test_a_proxy_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    # No good beginning either: OpenSSL's socket of a tunnel that was cut after one is closed late, by Python itself.
    with serving(dripping(b"HTTP/1.1", b" ", b"200 OK\r\n\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy}")
        # Of a proxy it is told as that, where this machine lets more than the time pass between two of its bytes.
        with pytest.raises(ModelUnreachable, match=r"in time|ProxyError"):
            exchanged(Question("https://somewhere.inference.ml.azure.com/score", {}, SHORT))
        no_exchange_is_left()


def test_a_request_that_nobody_reads_is_not_waited_for(authority: trustme.CA) -> None:
    over = threading.Event()
    with serving(over_tls(authority, lambda _: over.wait(LONG), reads=False)) as port:
        with pytest.raises(ModelUnreachable):
            ask(port, SHORT, " " * 50_000_000)
        no_exchange_is_left()
        over.set()


def test_a_server_that_takes_no_connection_is_not_waited_for() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        # The system takes a few in the server's stead; those after them hear nothing.
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        with pytest.raises(ModelUnreachable):
            ask(port, SHORT)
        no_exchange_is_left()
        for one in waiting:
            one.close()


def test_an_answer_that_does_not_end_is_not_kept(authority: trustme.CA) -> None:
    huge = HEAD + b"\r\n" + b"1" * (ANSWER_LIMIT_BYTES + 1)

    with serving(over_tls(authority, at_once(huge))) as port, pytest.raises(WrongAnswer, match="larger than"):
        ask(port)
