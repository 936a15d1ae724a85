"""Runtimes of prompt flow: made, updated and deleted. `status` and `cancel` take the id of such a run, too."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.finishing import finish
from cli.kinds import STDIN, read_mapping
from cli.operation_commands import Sending
from cli.options import AsJson, Busy, Follow, Interval, Key, flag
from cli.outcome import NotAccepted
from contracts.problems import RequestProblems, read_request
from contracts.runtimes import RuntimeRequest
from orchestrations import delete_runtime, make_runtime

RequestFile = Annotated[
    Path, typer.Option("--file", "-f", metavar="FILE", help="the request, YAML or JSON; - for standard input")
]


def runtime(
    context: typer.Context,
    file: RequestFile,
    idempotency_key: Key = None,
    follow_: Follow = True,
    as_json: AsJson = False,
    interval: Interval = 1.0,
) -> None:
    """Make the compute-instance runtime that FILE asks for, or update it to another image."""
    request = _read(file, RuntimeRequest)
    sending = Sending(context, idempotency_key, interval)
    reply = sending.accepted(make_runtime.make_runtime.__name__, {}, request)
    if not as_json:
        sending.session.out.print(f"accepted as {reply.value.id}", soft_wrap=True)
    finish(sending.session, reply, follow_=follow_, as_json=as_json, interval=interval)


def delete(  # noqa: PLR0913, PLR0917 - typer makes an option of each parameter
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="COMPUTE/NAME", help="the compute instance, and the application")],
    with_compute: Annotated[
        bool, flag("--with-compute", help="its compute instance too, if Slipway made it and nothing else is on it")
    ] = False,
    force: Annotated[bool, flag("--force", help="also what others have made, and while a job runs on it")] = False,
    plan: Annotated[bool, flag("--plan", help="show what would go, and delete nothing")] = False,
    when_busy: Busy = "queue",
    idempotency_key: Key = None,
    follow_: Follow = True,
    as_json: AsJson = False,
    interval: Interval = 1.0,
) -> None:
    """Delete a runtime, with the roles that Slipway has granted for it and nothing else needs."""
    compute, _, name = target.partition("/")
    names, kind = {"compute": compute, "name": name}, delete_runtime.delete_runtime.__name__
    sending = Sending(context, idempotency_key, interval)
    if plan:
        sending.plan(kind, names, {"with_compute": with_compute}, force=force, as_json=as_json)
    request = {"force": force, "with_compute": with_compute, "when_busy": when_busy}
    sending.run(kind, names, request, follow_=follow_, as_json=as_json)


def _read(file: Path, contract: type[Any]) -> dict[str, Any]:
    """The request of a file; raises NotAccepted with every problem in it."""
    name = "standard input" if file == STDIN else str(file)
    body = read_mapping(file, name, sys.stdin.buffer.read() if file == STDIN else None)
    try:
        request: dict[str, Any] = read_request(body, contract).to_wire()
    except RequestProblems as error:
        raise NotAccepted(f"{name} is no request for a runtime", error.problems) from error
    return request
