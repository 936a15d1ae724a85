"""A real HTTP server that gives the answers it was told to, so that the command line can be tested by itself."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self


@dataclass
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Said:
    """What a model said, with the headers around it."""

    content: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Plain(str):
    """A body that is plain text."""

    __slots__ = ()


class Drop:
    """Instead of an answer: the connection is closed."""


@dataclass
class ScriptedService:
    """Answers each request with the next prepared answer of its method and path; the last one stays."""

    answers: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    date: str | None = "Fri, 20 Nov 2026 14:30:00 GMT"
    """The Date header of every answer."""

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"script": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def on(self, method: str, path: str, *answers: Any) -> None:
        """Prepare answers: a body for 200, a (status, body) pair, or Drop."""
        self.answers[method, path] = list(answers)

    def next_answer(self, method: str, path: str) -> Any:
        prepared = self.answers.get((method, path.split("?", maxsplit=1)[0]))
        if prepared is None:
            return 404, {"title": "No such route", "detail": path, "status": 404}
        return prepared.pop(0) if len(prepared) > 1 else prepared[0]


class _Handler(BaseHTTPRequestHandler):
    script: ClassVar[ScriptedService]

    def do_GET(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.script.received.append(Received(self.command, self.path, headers, json.loads(body) if body else None))
        answer = self.script.next_answer(self.command, self.path)
        if answer is Drop:
            self.close_connection = True
            return
        if isinstance(answer, Said):
            self._say(answer)
            return
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        text = content if isinstance(content, str) else json.dumps(content)
        kind = "text/plain" if isinstance(content, Plain) else "text/html"
        kind = kind if isinstance(content, str) else "application/json"
        self.send_response_only(status)
        if self.script.date is not None:
            self.send_header("Date", self.script.date)
        self.send_header(
            "Content-Type", "application/problem+json" if status >= 400 and not isinstance(content, str) else kind
        )
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def _say(self, said: Said) -> None:
        self.send_response_only(said.status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said.content)))
        self.end_headers()
        self.wfile.write(said.content)

    def log_message(self, *_: object) -> None:
        """Quiet."""
