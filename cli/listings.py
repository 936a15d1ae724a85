"""`list` and its like: one command for each runbook, with the filters that its registration names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import typer

from cli.report import PRINTERS
from cli.session import Session, print_json
from orchestrations.runbooks import DEPLOY, RUNBOOKS, Runbook

_HELP = {
    "endpoint": "only this endpoint",
    "model": "only this model, `name` or `name:version`",
    "status": "only this state, e.g. Failed",
    "kind": "only these operations, e.g. rollback",
}


def add_listings(app: typer.Typer) -> None:
    """`list` for deployments, and a command called after its route for what other runbooks have done."""
    for runbook in {one.route: one for one in reversed(RUNBOOKS)}.values():
        app.command("list" if runbook is DEPLOY else runbook.route)(_listing(runbook))


def _listing(runbook: Runbook) -> Callable[..., None]:
    verb = "list" if runbook is DEPLOY else runbook.route

    def list_them(context: typer.Context, **asked: Any) -> None:
        session: Session = context.obj
        as_json = asked.pop("as_json")
        filters = {name: str(value) for name, value in asked.items() if value}
        reply = session.service.page(runbook, filters)
        if as_json:
            print_json(reply.text)
        else:
            following = getattr(reply.value, "next", None)
            PRINTERS[runbook.listing](session.out, reply.value, _older(verb, following, filters))

    list_them.__doc__ = f"List {runbook.noun}s, newest first."
    _give_options(list_them, runbook)
    return list_them


def _give_options(command: Callable[..., None], runbook: Runbook) -> None:
    """The options that typer reads off a command's signature."""
    kinds: dict[str, Any] = {"context": typer.Context}
    for name in runbook.filters:
        kinds[name] = Annotated[str | None, typer.Option(f"--{name}", help=_HELP[name])]
    kinds["limit"] = Annotated[int | None, typer.Option(min=1, max=200, help="how many at once")]
    kinds["after"] = Annotated[str | None, typer.Option(metavar="ID", help="only older ones than this")]
    kinds["as_json"] = Annotated[bool, typer.Option("--json", help="print exactly what the service answered")]
    defaults: dict[str, Any] = {"context": inspect.Parameter.empty, "as_json": False}
    keyword = inspect.Parameter.KEYWORD_ONLY
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect.signature looks at first
        [inspect.Parameter(name, keyword, default=defaults.get(name), annotation=kind) for name, kind in kinds.items()]
    )
    command.__annotations__ = kinds


def _older(verb: str, following: str | None, filters: Mapping[str, str]) -> str | None:
    after = parse_qs(urlsplit(following or "").query).get("after")
    if not after:
        return None
    words = [f"--{name} {value}" for name, value in {**filters, "after": after[0]}.items()]
    return f"slipway {verb} {' '.join(words)}"
