"""`endpoints`, `endpoint`, `endpoint-logs`, `invoke`, `chat`, `consume`, `findings`: what is there, and its answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.chatting import Fields, chat_with
from cli.endpoint_tables import print_endpoint, print_endpoints, print_findings
from cli.kinds import STDIN
from cli.listings import next_page
from cli.options import After, AsJson, DeploymentOf, Endpoint, Limit, Pinned, Timeout, parted
from cli.outcome import ExitCode, NotAccepted
from cli.service import Invoked
from cli.session import Session, print_json
from cli.wording import plain
from contracts.container_log import Container
from contracts.endpoints import Language

_REQUEST_FROM = {
    "caller": "yours",
    "swagger": "as the deployment describes it",
    "placeholder": "a placeholder: put in what the model takes",
}


def endpoints(
    context: typer.Context,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="only those whose name holds this")] = None,
    limit: Limit = None,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List online endpoints: state, traffic, and the machines they keep."""
    session: Session = context.obj
    asked = {"name": name, "limit": limit, "after": after}
    given = {key: str(value) for key, value in asked.items() if value}
    reply = session.service.endpoints(given)
    if as_json:
        print_json(reply.text)
        return
    print_endpoints(session.out, reply.value, next_page("endpoints", reply.value.next, given))


def endpoint(context: typer.Context, name: Endpoint, as_json: AsJson = False) -> None:
    """Show an online endpoint: who it is, who gets its traffic, what each deployment is made of and keeps."""
    session: Session = context.obj
    reply = session.service.endpoint(name)
    if as_json:
        print_json(reply.text)
    else:
        print_endpoint(session.out, reply.value, reply.now)


def findings(context: typer.Context, as_json: AsJson = False) -> None:
    """List what Slipway made and nothing needs, and traffic that was changed by hand; with what mends it."""
    session: Session = context.obj
    reply = session.service.findings()
    if as_json:
        print_json(reply.text)
    else:
        print_findings(session.out, reply.value)


def endpoint_logs(
    context: typer.Context,
    target: DeploymentOf,
    container: Annotated[Container | None, typer.Option(help="whose; both without it")] = None,
    tail: Annotated[int | None, typer.Option(metavar="LINES", min=1, max=20_000, help="so many from the end")] = None,
) -> None:
    """Print what the containers of a deployment have written, as of now; `logs` has those of a run that ended."""
    session: Session = context.obj
    name, deployment = parted(target)
    sys.stdout.write(plain(session.service.endpoint_log(name, deployment, container, tail)))


def invoke(
    context: typer.Context,
    name: Endpoint,
    request: Annotated[
        Path, typer.Option("--request", "-r", metavar="FILE", help="what the model is asked; - for standard input")
    ],
    deployment: Pinned = None,
    content_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="of the request; by the name of its file, else application/json")
    ] = None,
    timeout: Timeout = 60,
) -> None:
    """Ask the model: its answer alone goes to standard output. The exit code is 1 when the model failed."""
    session: Session = context.obj
    content = _content(request)
    said = session.service.invoke(name, content, content_type or _kind_of(request), deployment, timeout)
    sys.stdout.flush()
    sys.stdout.buffer.write(said.content)
    if said.content and not said.content.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.flush()
    session.err.print(plain(_told(name, said)), style="red" if said.failed else "dim", soft_wrap=True)
    raise typer.Exit(ExitCode.FAILED if said.failed else ExitCode.SUCCEEDED)


def chat(
    context: typer.Context,
    name: Endpoint,
    deployment: Pinned = None,
    question: Annotated[str | None, typer.Option("--input", metavar="FIELD", help="that takes what you say")] = None,
    answer: Annotated[str | None, typer.Option("--output", metavar="FIELD", help="with what the model says")] = None,
    history: Annotated[str | None, typer.Option(metavar="FIELD", help="that takes what was said before")] = None,
    timeout: Timeout = 60,
) -> None:
    """Talk to a chat flow, line by line, to the end of the input; it is told each time what was said before."""
    session: Session = context.obj
    fields = Fields.of(session.service, name, deployment).with_names(question, answer, history)

    def ask(body: dict[str, object]) -> Invoked:
        return session.service.invoke(name, json.dumps(body).encode(), "application/json", deployment, timeout)

    failed = chat_with(session, ask, fields)
    raise typer.Exit(ExitCode.FAILED if failed else ExitCode.SUCCEEDED)


def consume(
    context: typer.Context,
    name: Endpoint,
    language: Annotated[
        Language | None, typer.Option("--language", "-l", help="print the program in this language, and nothing else")
    ] = None,
    deployment: Pinned = None,
    request: Annotated[
        Path | None, typer.Option("--request", "-r", metavar="FILE", help="JSON that the program shall send")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how to call an endpoint: its address, where its key is, and a program that does it."""
    session: Session = context.obj
    sample = _content(request).decode(errors="replace") if request else None
    reply = session.service.consumption(name, deployment, sample)
    told = reply.value
    if as_json:
        print_json(reply.text)
        return
    if language is not None:
        if language not in told.samples:
            raise NotAccepted(f"the service has no program in {language}: it has {', '.join(told.samples)}")
        sys.stdout.write(plain(told.samples[language]))
        return
    rows = {
        "scoring URI": told.scoring_uri,
        "auth mode": told.auth_mode,
        f"the {told.key.kind}": told.key.command,
        "which needs": told.key.right,
        "description": told.no_swagger or "the deployment gives one (--json)",
        "the request": _REQUEST_FROM[told.request_from],
    }
    for title, text in rows.items():
        session.out.print(plain(f"{title:<12} {text}"), soft_wrap=True)
    session.out.print()
    sys.stdout.write(plain(told.samples.get("curl", "")))
    sys.stdout.flush()
    others = ", ".join(one for one in told.samples if one != "curl")
    session.err.print(plain(f"--language has the same in {others}"), style="dim", soft_wrap=True)


def _content(file: Path) -> bytes:
    if file == STDIN:
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise NotAccepted(f"{file} cannot be read: {error.strerror}") from error


def _kind_of(file: Path) -> str:
    import mimetypes

    return mimetypes.guess_type(file.name)[0] or "application/json"


def _told(name: str, said: Invoked) -> str:
    who = f"answered by {said.deployment}" if said.deployment else "which deployment answered was not said"
    if not said.failed:
        return who
    reason = f" ({said.reason})" if said.reason else ""
    logs = f": `slipway endpoint-logs {name}/{said.deployment}` shows why" if said.deployment else ""
    return f"the model failed with {said.model_status or '?'}{reason}; {who}{logs}"
