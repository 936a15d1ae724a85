"""The `slipway` command: deploy, status, logs, plan, list, what is done to endpoints, registering code for policies."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
import yaml

from cli.endpoint_commands import add_endpoint_commands
from cli.finishing import finish, sent
from cli.folders import UnusableFolder
from cli.following import SHORTEST_PAUSE
from cli.kinds import STDIN
from cli.listings import add_listings
from cli.local_assets import local_code
from cli.operation_commands import add_operation_commands
from cli.outcome import ExitCode, NotAccepted
from cli.policy_commands import add_policy_commands
from cli.report import print_plan
from cli.request_file import Asked, RequestFile, read_request_file, read_request_files
from cli.screen import console
from cli.service import Service
from cli.session import Session, print_json
from cli.uploading import register, register_all, told, workspace_of
from cli.wording import plain
from contracts.container_log import CONTAINERS, Container
from orchestrations.runbooks import DEPLOY
from version import VERSION

app = typer.Typer(
    name="slipway",
    help="Deploy models behind Azure ML online endpoints.\n\n"
    "Exit codes: 0 succeeded (or accepted, with --no-follow), 1 failed, 2 refused, 3 canceled, 4 unreachable.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
)

RequestPath = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="the request, as YAML or JSON; - for standard input")
]
Files = Annotated[
    list[Path] | None,
    typer.Option("--file", "-f", metavar="FILE", help="an az ml file of an endpoint, deployment, model or environment"),
]
Sample = Annotated[
    Path | None,
    typer.Option(
        "--request", metavar="FILE", help="what the smoke test sends: JSON, or text or bytes, by the file's name"
    ),
]
Shares = Annotated[str | None, typer.Option(help='all_at_once, none, or shares such as "blue=90 green=10"')]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="e.g. deployment.instance_count=2")
]
AsJson = Annotated[bool, typer.Option("--json", help="print exactly what the service answered")]
Interval = Annotated[
    float, typer.Option(min=SHORTEST_PAUSE, help="seconds between attempts, and between looks while following")
]
Subscription = Annotated[
    str, typer.Option(envvar="SLIPWAY_SUBSCRIPTION_ID", help="of the workspace, to register files")
]
ResourceGroup = Annotated[str, typer.Option(envvar="SLIPWAY_RESOURCE_GROUP", help="of the workspace")]
WorkspaceName = Annotated[str, typer.Option(envvar="SLIPWAY_WORKSPACE", help="where local files are registered")]


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"slipway {VERSION}\n")
        raise typer.Exit(ExitCode.SUCCEEDED)


@app.callback()
def connect(
    context: typer.Context,
    url: Annotated[str, typer.Option(envvar="SLIPWAY_URL", help="the service")] = "http://127.0.0.1:7071",
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Deploy models behind Azure ML online endpoints."""
    # The key has no option: the arguments of a process can be seen by everybody on the machine.
    service = Service(url, os.environ.get("SLIPWAY_KEY"))
    context.obj = Session(service, console(), console(stderr=True))


@app.command(DEPLOY.name)
def deploy(  # noqa: PLR0913, PLR0917 - typer makes an option of each parameter
    context: typer.Context,
    file: RequestPath = None,
    files: Files = None,
    sample: Sample = None,
    traffic: Shares = None,
    sets: Sets = None,
    print_: Annotated[bool, typer.Option("--print", help="print the request, and neither upload nor send it")] = False,
    plan_: Annotated[
        str | None, typer.Option("--plan", metavar="DIGEST", help="refuse unless the plan is still this one")
    ] = None,
    idempotency_key: Annotated[str | None, typer.Option(help="the same key again finds the same deployment")] = None,
    follow_: Annotated[bool, typer.Option("--follow/--no-follow", help="stay until it has ended")] = True,
    as_json: AsJson = False,
    interval: Interval = 1.0,
    subscription: Subscription = "",
    resource_group: ResourceGroup = "",
    workspace: WorkspaceName = "",
) -> None:
    """Upload what FILE, or the az ml files of -f, name on this machine, send the request, and follow the deployment."""
    session: Session = context.obj
    request = _read(file, files or (), Asked(sample, traffic, sets or ()))
    if plan_:
        request.agree_to(plan_)
    if print_:
        sys.stdout.write(yaml.safe_dump(request.to_send, sort_keys=False, allow_unicode=True))
        raise typer.Exit(ExitCode.SUCCEEDED)
    if request.uploads and plan_:
        _still(session, request, plan_)
    if request.uploads:
        screen = session.err if as_json else session.out
        register_all(screen, request, workspace_of(subscription, resource_group, workspace, screen))
    key = idempotency_key or f"slipway-cli-{uuid.uuid4().hex}"
    accepted = sent(lambda key: session.service.deploy(request.to_send, key), key, interval)
    if not as_json:
        session.out.print(f"accepted as {accepted.value.id}", soft_wrap=True)
    finish(session, accepted, follow_=follow_, as_json=as_json, interval=interval)


@app.command()
def status(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="ID")],
    follow_: Annotated[bool, typer.Option("--follow/--no-follow", help="stay until it has ended")] = False,
    as_json: AsJson = False,
    interval: Interval = 1.0,
) -> None:
    """Show a deployment or an operation: its steps, its result or its error."""
    session: Session = context.obj
    finish(session, session.service.status(run), follow_=follow_, as_json=as_json, interval=interval)


@app.command()
def logs(
    context: typer.Context,
    deployment_id: Annotated[str, typer.Argument(metavar="ID")],
    container: Annotated[Container, typer.Option(help="whose")] = CONTAINERS[0],
) -> None:
    """Print what a container of a deployment wrote, also when the deployment failed and is gone."""
    session: Session = context.obj
    sys.stdout.write(plain(session.service.log(deployment_id, container)))


@app.command()
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


@app.command()
def register_code(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="the folder of the scoring script")],
    name: Annotated[str, typer.Option(help="name of the code asset, as a policy refers to it")],
    version: Annotated[str, typer.Option(help="its version; a version never changes")],
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


add_operation_commands(app)
add_listings(app)
add_endpoint_commands(app)
add_policy_commands(app)
