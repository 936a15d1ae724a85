"""`list` and its like: one command for each runbook, with the filters that its registration names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import typer

from cli.lists import PRINTERS
from cli.options import After, AsJson, Limit
from cli.session import Session, print_json
from orchestrations.runbooks import DEPLOY, RUNBOOKS, Runbook


class Filter(NamedTuple):
    """What a filter is called, is for, and may be."""

    metavar: str
    help: str
    example: str


FILTERS = {
    "endpoint": Filter("ENDPOINT", "only this endpoint", "credit-risk"),
    "model": Filter("MODEL", "only this model, `name` or `name:version`", "credit-risk:2"),
    "status": Filter("STATE", "only this state, e.g. Failed", "Failed"),
    "compute": Filter("COMPUTE", "only this compute instance", "flows-machine"),
    "kind": Filter("KIND", "only these operations, e.g. rollback", "rollback"),
}

# By verb: `list` for deployments, and a verb called after its route for what other runbooks have done.
_BY_ROUTE = {runbook.route: runbook for runbook in reversed(RUNBOOKS)}
LISTED = {"list" if runbook is DEPLOY else route: runbook for route, runbook in reversed(_BY_ROUTE.items())}


def listing(verb: str, runbook: Runbook) -> Callable[..., None]:
    """The command that lists the instances of a runbook, and of those that share its route."""

    def list_them(context: typer.Context, **asked: Any) -> None:
        session: Session = context.obj
        as_json = asked.pop("as_json")
        filters = {name: str(value) for name, value in asked.items() if value}
        reply = session.service.page(runbook, filters)
        if as_json:
            print_json(reply.text)
        else:
            following = getattr(reply.value, "next", None)
            PRINTERS[runbook.listing](session.out, reply.value, next_page(verb, following, filters))

    list_them.__doc__ = f"List {runbook.noun}s, newest first."
    _give_options(list_them, runbook)
    return list_them


def _give_options(command: Callable[..., None], runbook: Runbook) -> None:
    """The options that typer reads off a command's signature."""
    kinds: dict[str, Any] = {"context": typer.Context}
    for name in runbook.filters:
        told = FILTERS[name]
        kinds[name] = Annotated[str | None, typer.Option(f"--{name}", metavar=told.metavar, help=told.help)]
    kinds["limit"] = Limit
    kinds["after"] = After
    kinds["as_json"] = AsJson
    defaults: dict[str, Any] = {"context": inspect.Parameter.empty, "as_json": False}
    keyword = inspect.Parameter.KEYWORD_ONLY
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect.signature looks at first
        [inspect.Parameter(name, keyword, default=defaults.get(name), annotation=kind) for name, kind in kinds.items()]
    )
    command.__annotations__ = kinds


def next_page(verb: str, following: str | None, filters: Mapping[str, str]) -> str | None:
    """The command that shows the page at `following`, the address that a page ends with; None after the last one."""
    after = parse_qs(urlsplit(following or "").query).get("after")
    if not after:
        return None
    words = [f"--{name} {value}" for name, value in {**filters, "after": after[0]}.items()]
    return f"slipway {verb} {' '.join(words)}"
