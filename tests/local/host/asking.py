"""The app `asked` on a host, and raw requests to it, as no client library would send them."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.clock import Clock
from local.host.host import LocalHost
from local.waiting import PATIENCE
from tests.local.host.driver import APPS

Headers = tuple[tuple[str, str], ...]
JSON: Headers = (("Content-Type", "application/json"),)


@dataclass(frozen=True)
class Answer:
    """What came back; `status` 0: no HTTP, but perhaps the `body` as a first line."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@contextmanager
def asked(data: Path, **options: Any) -> Iterator[LocalHost]:
    """Serves the app in real time until left."""
    clock = Clock()
    served = LocalHost(APPS / "asked", data=data, clock=clock, **options)
    served.start()
    try:
        yield served
    finally:
        served.stop()
        clock.close()


def ask(host: LocalHost, method: str, target: str, headers: Headers = (), body: bytes | None = None) -> Answer:
    """One request on a connection of its own. The length of the body is said unless `headers` say how it comes."""
    address, port = host.url.removeprefix("http://").split(":")
    said = {name.lower() for name, _ in headers}
    lines = [f"{method} {target} HTTP/1.1", f"Host: {address}:{port}", *(f"{name}: {text}" for name, text in headers)]
    if body is not None and not said & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")
    with socket.create_connection((address, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(head + (body or b""))
        response = http.client.HTTPResponse(connection, method=method)
        try:
            response.begin()
        except http.client.RemoteDisconnected:
            return Answer(0, {}, b"")
        except http.client.BadStatusLine as error:
            return Answer(0, {}, str(error.args[0]).strip().encode())
        fields = {name.lower(): text for name, text in response.getheaders() if name.lower() != "date"}
        return Answer(response.status, fields, response.read())


def with_key(key: str) -> Headers:
    """The header of an access key."""
    return (("x-functions-key", key),)
