"""`runtime`: make the runtime of a file, or give one its new image. `status` and `cancel` take the id of one, too."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.finishing import finish, sent
from cli.kinds import STDIN, read_mapping
from cli.options import AsJson, Follow, Interval, Key
from cli.outcome import NotAccepted
from cli.session import Session
from contracts.problems import RequestProblems, read_request
from contracts.runtimes import RuntimeRequest


def runtime(
    context: typer.Context,
    file: Annotated[
        Path, typer.Option("--file", "-f", metavar="FILE", help="the request, YAML or JSON; - for standard input")
    ],
    idempotency_key: Key = None,
    follow_: Follow = True,
    as_json: AsJson = False,
    interval: Interval = 1.0,
) -> None:
    """Make the compute-instance runtime that FILE asks for, or update it to another image."""
    session: Session = context.obj
    request = _read(file)
    reply = sent(lambda key: session.service.make_runtime(request, key), idempotency_key, interval)
    if not as_json:
        session.out.print(f"accepted as {reply.value.id}", soft_wrap=True)
    finish(session, reply, follow_=follow_, as_json=as_json, interval=interval)


def _read(file: Path) -> dict[str, Any]:
    """The request of a file; raises NotAccepted with every problem in it."""
    name = "standard input" if file == STDIN else str(file)
    body = read_mapping(file, name, sys.stdin.buffer.read() if file == STDIN else None)
    try:
        return read_request(body, RuntimeRequest).to_wire()
    except RequestProblems as error:
        raise NotAccepted(f"{name} is no request for a runtime", error.problems) from error
