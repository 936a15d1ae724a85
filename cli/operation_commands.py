"""What is done to an endpoint after its first deployment: rollback, traffic, update, delete; its releases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from cli.finishing import finish, sent
from cli.given_fields import set_field, shares_of
from cli.lists import print_releases
from cli.local_assets import LocalCode
from cli.localizing import Localizing
from cli.options import (
    AsJson,
    Busy,
    DeploymentOf,
    Endpoint,
    Follow,
    Interval,
    Key,
    ResourceGroup,
    Subscription,
    WorkspaceName,
    flag,
    parted,
)
from cli.outcome import ExitCode, NotAccepted
from cli.report import print_teardown
from cli.service import Reply
from cli.session import Session, print_json
from cli.uploading import register, workspace_of
from cli.wording import counted
from contracts.base import Json
from contracts.problems import RequestProblems, read_request
from contracts.updates import CODE_CONFIGURATION, UpdateRequest
from orchestrations import change_traffic, delete_deployment, delete_endpoint, rollback, update_deployment
from orchestrations import remove_findings as removal

PLAN = "show what would go, and delete nothing"


def roll_back(
    context: typer.Context,
    endpoint: Endpoint,
    to: Annotated[
        str, typer.Option(metavar="RELEASE", help="previous, or a number that `slipway releases` prints")
    ] = "previous",
    when_busy: Busy = "queue",
    idempotency_key: Key = None,
    follow_: Follow = True,
    as_json: AsJson = False,
    interval: Interval = 1.0,
) -> None:
    """Give an endpoint back what an earlier release served: by one change of traffic, or by deploying it again."""
    request = {"to": int(to) if to.isdecimal() and len(to) < 10 else to, "when_busy": when_busy}
    sending = Sending(context, idempotency_key, interval)
    sending.run(rollback.rollback.__name__, {"endpoint": endpoint}, request, follow_=follow_, as_json=as_json)


def share_traffic(  # noqa: PLR0913, PLR0917 - typer makes an option of each parameter
    context: typer.Context,
    endpoint: Endpoint,
    shares: Annotated[
        list[str], typer.Argument(metavar="NAME=PERCENT...", help="the rest gets none, e.g. blue=90 green=10")
    ],
    mirror: Annotated[str | None, typer.Option(metavar="NAME=PERCENT", help="a copy of so many, e.g. green=10")] = None,
    when_busy: Busy = "queue",
    idempotency_key: Key = None,
    follow_: Follow = True,
    as_json: AsJson = False,
    interval: Interval = 1.0,
) -> None:
    """Share an endpoint's traffic out, and see by real requests that it is so."""
    request: dict[str, Any] = {"traffic": shares_of(" ".join(shares)), "when_busy": when_busy}
    if mirror:
        request["mirror_traffic"] = shares_of(mirror)
    sending = Sending(context, idempotency_key, interval)
    kind = change_traffic.change_traffic.__name__
    sending.run(kind, {"endpoint": endpoint}, request, follow_=follow_, as_json=as_json)


def update(  # noqa: PLR0913, PLR0917 - as above
    context: typer.Context,
    target: DeploymentOf,
    sets: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="e.g. instance_count=2, model=azureml:name:3, environment_variables.NAME=value (null takes it away),"
            " code_configuration.code=./src",
        ),
    ],
    in_place: Annotated[bool, flag("--in-place", help="also while it has all the traffic")] = False,
    when_busy: Busy = "queue",
    idempotency_key: Key = None,
    follow_: Follow = True,
    as_json: AsJson = False,
    interval: Interval = 1.0,
    subscription: Subscription = "",
    resource_group: ResourceGroup = "",
    workspace: WorkspaceName = "",
) -> None:
    """Change a deployment in place: its size by itself, or its model, environment, code, variables and settings."""
    endpoint, deployment = parted(target)
    request: dict[str, Any] = {"in_place": in_place, "when_busy": when_busy}
    for text in sets:
        set_field(request, text, "instance_count=2")
    sending = Sending(context, idempotency_key, interval)
    request, code = with_local_code(request)
    if code is not None:
        screen = sending.session.err if as_json else sending.session.out
        register(screen, code, workspace_of(subscription, resource_group, workspace, screen))
    names = {"endpoint": endpoint, "deployment": deployment}
    sending.run(update_deployment.update_deployment.__name__, names, request, follow_=follow_, as_json=as_json)


def delete(  # noqa: PLR0913, PLR0917 - as above
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(metavar="ENDPOINT[/DEPLOYMENT]", help="the endpoint with all that is on it, or one of its own"),
    ],
    force: Annotated[bool, flag("--force", help="also what has traffic, and what others have made")] = False,
    plan: Annotated[bool, flag("--plan", help=PLAN)] = False,
    when_busy: Busy = "queue",
    idempotency_key: Key = None,
    follow_: Follow = True,
    as_json: AsJson = False,
    interval: Interval = 1.0,
) -> None:
    """Delete an endpoint, or one of its deployments, with all that Slipway has made for it."""
    endpoint, _, deployment = target.partition("/")
    names = {"endpoint": endpoint} | ({"deployment": deployment} if deployment else {})
    kind = (delete_deployment.delete_deployment if deployment else delete_endpoint.delete_endpoint).__name__
    sending = Sending(context, idempotency_key, interval)
    if plan:
        sending.plan(kind, names, {}, force=force, as_json=as_json)
    sending.run(kind, names, {"force": force, "when_busy": when_busy}, follow_=follow_, as_json=as_json)


def remove_findings(  # noqa: PLR0913, PLR0917 - as above
    context: typer.Context,
    endpoint: Endpoint,
    finding: Annotated[str | None, typer.Option("--id", metavar="ARM_ID", help="of one; all without it")] = None,
    plan: Annotated[bool, flag("--plan", help=PLAN)] = False,
    when_busy: Busy = "queue",
    idempotency_key: Key = None,
    follow_: Follow = True,
    as_json: AsJson = False,
    interval: Interval = 1.0,
) -> None:
    """Remove what Slipway made at an endpoint and nothing needs: what `findings` lists of it, but no traffic."""
    sending = Sending(context, idempotency_key, interval)
    kind, names = removal.remove_findings.__name__, {"endpoint": endpoint}
    asked = {"id": finding, "when_busy": when_busy}
    if plan:
        sending.plan(kind, names, asked, force=False, as_json=as_json)
    sending.run(kind, names, asked, follow_=follow_, as_json=as_json)


def releases(context: typer.Context, endpoint: Endpoint, as_json: AsJson = False) -> None:
    """Show what an endpoint has served, newest first: what, by whom, with which traffic."""
    session: Session = context.obj
    reply = session.service.releases(endpoint)
    if as_json:
        print_json(reply.text)
    else:
        print_releases(session.out, reply.value)


def with_local_code(request: dict[str, Any]) -> tuple[dict[str, Any], LocalCode | None]:
    """The request of a change, and the code folder of this machine that it names; raises NotAccepted.

    Everything that is wrong with it is told before anything is uploaded.
    """
    code = request.get(CODE_CONFIGURATION)
    found = Localizing({"deployment": {CODE_CONFIGURATION: code}}, {"": Path.cwd()})
    if found.code is None and not found.problems:
        return request, None
    request = {**request, **found.to_send["deployment"]}
    problems = [one.model_copy(update={"path": one.path.removeprefix("deployment.")}) for one in found.problems]
    try:
        read_request(request, UpdateRequest)
    except RequestProblems as error:
        problems += error.problems
    if problems:
        raise NotAccepted(f"the change has {counted(len(problems), 'problem')}", problems)
    return request, found.code


class Sending:
    """One request for an operation."""

    def __init__(self, context: typer.Context, key: str | None, interval: float) -> None:
        self.session: Session = context.obj
        self._key = key
        self._interval = interval

    def plan(self, kind: str, names: dict[str, str], also: Json, *, force: bool, as_json: bool) -> NoReturn:
        """Show what a deletion would take, and end; `also` is what is sent besides."""
        _check(names)
        answer = self.session.service.teardown(kind, names, also)
        if as_json:
            print_json(answer.text)
        else:
            print_teardown(self.session.out, answer.value, "/".join(names.values()))
        raise typer.Exit(ExitCode.FAILED if answer.value.problems and not force else ExitCode.SUCCEEDED)

    def run(self, kind: str, names: dict[str, str], request: Json, *, follow_: bool, as_json: bool) -> None:
        """Have the operation started, and end as `finish` does."""
        accepted = self.accepted(kind, names, request)
        finish(self.session, accepted, follow_=follow_, as_json=as_json, interval=self._interval)

    def accepted(self, kind: str, names: dict[str, str], request: Json) -> Reply[Any]:
        """What the service answers to the request."""
        _check(names)
        service = self.session.service
        return sent(lambda key: service.operate(kind, names, request, key), self._key, self._interval)


def _check(names: dict[str, str]) -> None:
    if not all(names.values()):
        raise NotAccepted(f"{'/'.join(names.values())!r} names nothing: write <{'>/<'.join(names)}>")
