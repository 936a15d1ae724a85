"""`deploy` and `plan`, what becomes of a run (`status`, `logs`, `cancel`), and `register-code`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
import yaml

from cli.finishing import finish, sent
from cli.folders import UnusableFolder
from cli.kinds import STDIN
from cli.local_assets import local_code
from cli.options import (
    AsJson,
    Files,
    Follow,
    Interval,
    Key,
    RequestPath,
    ResourceGroup,
    Run,
    Sample,
    Sets,
    Shares,
    Subscription,
    WorkspaceName,
    flag,
)
from cli.outcome import ExitCode, NotAccepted
from cli.report import print_plan
from cli.request_file import Asked, RequestFile, read_request_file, read_request_files
from cli.session import Session, print_json
from cli.uploading import register, register_all, told, workspace_of
from cli.wording import plain
from contracts.container_log import CONTAINERS, Container


def deploy(  # noqa: PLR0913, PLR0917 - typer makes an option of each parameter
    context: typer.Context,
    file: RequestPath = None,
    files: Files = None,
    sample: Sample = None,
    traffic: Shares = None,
    sets: Sets = None,
    print_: Annotated[bool, flag("--print", help="print the request, and neither upload nor send it")] = False,
    if_plan: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="refuse unless `slipway plan` still has this digest")
    ] = None,
    idempotency_key: Key = None,
    follow_: Follow = True,
    as_json: AsJson = False,
    interval: Interval = 1.0,
    subscription: Subscription = "",
    resource_group: ResourceGroup = "",
    workspace: WorkspaceName = "",
) -> None:
    """Upload what FILE, or the az ml files of -f, name on this machine, send the request, and follow the deployment."""
    session: Session = context.obj
    request = _read(file, files or (), Asked(sample, traffic, sets or ()))
    if if_plan:
        request.agree_to(if_plan)
    if print_:
        sys.stdout.write(yaml.safe_dump(request.to_send, sort_keys=False, allow_unicode=True))
        raise typer.Exit(ExitCode.SUCCEEDED)
    if request.uploads and if_plan:
        _still(session, request, if_plan)
    if request.uploads:
        screen = session.err if as_json else session.out
        register_all(screen, request, workspace_of(subscription, resource_group, workspace, screen))
    accepted = sent(lambda key: session.service.deploy(request.to_send, key), idempotency_key, interval)
    if not as_json:
        session.out.print(f"accepted as {accepted.value.id}", soft_wrap=True)
    finish(session, accepted, follow_=follow_, as_json=as_json, interval=interval)


def status(
    context: typer.Context,
    run: Run,
    follow_: Follow = False,
    as_json: AsJson = False,
    interval: Interval = 1.0,
) -> None:
    """Show a deployment or an operation: its steps, its result or its error."""
    session: Session = context.obj
    finish(session, session.service.status(run), follow_=follow_, as_json=as_json, interval=interval)


def logs(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="ID", help="of a deployment")],
    container: Annotated[Container, typer.Option(help="whose")] = CONTAINERS[0],
) -> None:
    """Print what a container of a deployment wrote, also when the deployment failed and is gone."""
    session: Session = context.obj
    sys.stdout.write(plain(session.service.log(run, container)))


def cancel(
    context: typer.Context,
    run: Run,
    follow_: Follow = True,
    as_json: AsJson = False,
    interval: Interval = 1.0,
) -> None:
    """Stop a deployment or an operation, and have undone what it has made."""
    session: Session = context.obj
    finish(session, session.service.cancel(run), follow_=follow_, as_json=as_json, interval=interval)


def plan(
    context: typer.Context,
    file: RequestPath = None,
    files: Files = None,
    sample: Sample = None,
    traffic: Shares = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Show what `deploy` of the same files would do and what stands in its way; nothing is written anywhere."""
    session: Session = context.obj
    request = _read(file, files or (), Asked(sample, traffic, sets or ()))
    reply = session.service.plan(request.to_plan)
    if as_json:
        print_json(reply.text)
    else:
        print_plan(session.out, reply.value, [told(local) for local in request.uploads])
    raise typer.Exit(ExitCode.FAILED if reply.value.problems else ExitCode.SUCCEEDED)


def register_code(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", exists=True, file_okay=False, help="that of the scoring script")
    ],
    name: Annotated[str, typer.Option(metavar="NAME", help="of the code asset, as a policy refers to it")],
    version: Annotated[str, typer.Option(metavar="VERSION", help="its version; a version never changes")],
    subscription: Subscription = "",
    resource_group: ResourceGroup = "",
    workspace: WorkspaceName = "",
) -> None:
    """Register a code folder under a name of its own, for a policy to refer to."""
    session: Session = context.obj
    try:
        code = local_code(folder, name, version)
    except UnusableFolder as error:
        raise NotAccepted(f"{folder}: {error}") from error
    register(session.out, code, workspace_of(subscription, resource_group, workspace, session.out))


def _read(file: Path | None, files: Sequence[Path], asked: Asked) -> RequestFile:
    """The request that the files make; raises NotAccepted."""
    if file is not None and asked.sets and "=" in file.name and not file.exists():
        raise NotAccepted(f"{file} is no file: write --set before each field, --set {file}")
    if (file is None) == (not files):
        raise NotAccepted("name a request file, or the az ml files with -f; one of the two")
    if [file, *files].count(STDIN) > 1:
        raise NotAccepted("- stands for standard input, which can be read once")
    stdin = sys.stdin.buffer.read() if STDIN in (file, *files) else None
    if file is not None:
        return read_request_file(file, asked, stdin)
    return read_request_files(files, asked, stdin)


def _still(session: Session, request: RequestFile, agreed: str) -> None:
    """Before anything is uploaded: raises NotAccepted when the plan is another one than was agreed to."""
    now = session.service.plan(request.to_plan).value.digest
    if now != agreed:
        raise NotAccepted(f"the plan agreed to is {agreed}, and it is {now} by now: look at `slipway plan` again")
