"""The query parameters of a call: which there are, and what may stand in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import azure.functions as func

from contracts.problems import Problem, RequestProblems
from contracts.status import DeploymentState

PAGE_LIMIT, PAGE_DEFAULT = 200, 50
# Where the Functions host takes its key from; no call of ours says anything about them.
_OF_THE_HOST = frozenset({"code", "clientId"})


def check_names(req: func.HttpRequest, known: Iterable[str] = ()) -> None:
    """Raises RequestProblems for every query parameter that is not one of `known`."""
    known = list(known)
    there_are = f"there is {', '.join(known)}" if known else "there are none for this call"
    problems = [
        Problem(path=name, code="unknown_parameter", message=f"no such query parameter: {there_are}")
        for name in req.params
        if name not in _OF_THE_HOST.union(known)
    ]
    if problems:
        raise RequestProblems(problems)


def limit_of(req: func.HttpRequest) -> int:
    """How long a page may be; raises RequestProblems."""
    return whole_number(req, "limit", PAGE_LIMIT) or PAGE_DEFAULT


def whole_number(req: func.HttpRequest, name: str, most: int) -> int | None:
    """A query parameter that is a number from 1 on; None without one. Raises RequestProblems."""
    text = req.params.get(name)
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most:
        return int(text)
    raise refused(name, f"send a whole number from 1 to {most}")


def check_state(text: str | None) -> None:
    """Raises RequestProblems for what is no state of a deployment."""
    states = get_args(DeploymentState)
    if text and text.lower() not in map(str.lower, states):
        raise refused("status", f"send one of {', '.join(states)}")


def flags(req: func.HttpRequest, names: Iterable[str]) -> dict[str, str | bool]:
    """The query parameters of those names, as a body would say them: `true` and `false` are flags."""
    said = {name: req.params[name] for name in names if req.params.get(name)}
    return {name: text.lower() == "true" if text.lower() in ("true", "false") else text for name, text in said.items()}


def refused(path: str, message: str) -> RequestProblems:
    """The refusal of one parameter or header."""
    return RequestProblems([Problem(path=path, code="invalid_value", message=message)])
