"""How a command that started something ends: the answer that got lost is asked for again, the run is followed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import typer

from cli.following import follow
from cli.outcome import Unreachable, exit_code
from cli.report import print_status
from cli.screen import LineLog, progress
from cli.service import Reply, Status
from cli.session import Session, pause, print_json

SEND_ATTEMPTS = 3


def sent(send: Callable[[str], Reply[Any]], given: str | None, interval: float) -> Reply[Any]:
    """Send a request; an answer that got lost is asked for again with the same key, so nothing starts twice.

    Without a key that the caller has given, one is drawn.
    """
    key = given or f"slipway-cli-{uuid.uuid4().hex}"
    for attempt in range(1, SEND_ATTEMPTS + 1):
        try:
            return send(key)
        except Unreachable as error:
            if attempt == SEND_ATTEMPTS:
                hint = f"send it again with --idempotency-key {key}: it will not be done twice"
                raise Unreachable(f"{error}. It may have been accepted; {hint}") from error
            pause(interval)
    raise AssertionError("the last attempt returns or raises")


def finish(session: Session, reply: Reply[Any], *, follow_: bool, as_json: bool, interval: float) -> None:
    """Follow a run if that is wanted, print how it is, and end with its exit code."""
    run = reply.value.id
    if follow_ and as_json:
        reply = follow(session.service, run, _Notes(session.err), pause, interval)
    elif follow_:
        with progress(session.out) as screen:
            reply = follow(session.service, run, screen, pause, interval)
    if as_json:
        print_json(reply.text)
    else:
        if not follow_:
            LineLog(session.out).show(reply.value, reply.now)
        print_status(session.out, reply.value)
    raise typer.Exit(exit_code(reply.value.status))


class _Notes(LineLog):
    """Only what concerns the connection: the rest is in the JSON at the end."""

    def show(self, status: Status, now: datetime | None) -> None:
        """Nothing."""
