"""Runtimes of prompt flow: made, updated and deleted. `status` and `cancel` take the id of such a run, too."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.finishing import finish
from cli.flows import DAG, environment_of
from cli.kinds import STDIN, read_mapping
from cli.operation_commands import Sending
from cli.options import AsJson, Busy, Follow, Interval, Key, flag
from cli.outcome import NotAccepted
from contracts.automatic_runtimes import AutomaticRuntimeRequest
from contracts.problems import RequestProblems, read_request
from contracts.runtimes import RuntimeRequest
from orchestrations import delete_runtime, make_runtime, prepare_runtime

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


def prepare(
    context: typer.Context,
    file: RequestFile,
    flow: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="take image and requirements from the flow that is in FOLDER"),
    ] = None,
    idempotency_key: Key = None,
    follow_: Follow = True,
    as_json: AsJson = False,
    interval: Interval = 1.0,
) -> None:
    """Check the settings of an automatic runtime, and grant what its identity and its users lack."""
    request = _read(file, AutomaticRuntimeRequest, _of_flow(flow) if flow else {})
    sending = Sending(context, idempotency_key, interval)
    sending.run(prepare_runtime.prepare_runtime.__name__, {}, request, follow_=follow_, as_json=as_json)


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


def _of_flow(folder: Path) -> dict[str, Any]:
    """What a flow's own files say of its runtime; raises NotAccepted where they cannot be read."""
    image, requirements = environment_of(folder, read_mapping(folder / DAG, DAG))
    lines = requirements.read_text(encoding="utf-8").splitlines() if requirements else []
    meant = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return {**({"image": image} if image else {}), **({"requirements": meant} if meant else {})}


def _read(file: Path, contract: type[Any], besides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The request of a file, with what it leaves out from `besides`; raises NotAccepted with every problem in it."""
    name = "standard input" if file == STDIN else str(file)
    body = read_mapping(file, name, sys.stdin.buffer.read() if file == STDIN else None)
    try:
        request: dict[str, Any] = read_request({**(besides or {}), **body}, contract).to_wire()
    except RequestProblems as error:
        raise NotAccepted(f"{name} is no request for a runtime", error.problems) from error
    return request
