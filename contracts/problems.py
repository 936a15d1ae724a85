"""Everything wrong with a request body, at once: path, stable code, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, overload

from pydantic import ValidationError

from contracts.base import Contract, Json
from contracts.corrections import correction
from contracts.gathering import Gathered, gathered
from contracts.redaction import redact
from contracts.request import DeploymentRequest, RequestBody
from contracts.reserved import RESERVED_KEYS
from contracts.secrets import secrets_in

MAX_DEPTH = 40
# Enough to correct a file with; a body made of unknown fields would be answered with megabytes.
MAX_PROBLEMS = 100

C = TypeVar("C", bound=Contract)


class Problem(Contract):
    """One thing wrong with a request."""

    path: str
    code: str
    message: str


class RequestProblems(Exception):
    """A request body that is refused. What its author wrote where no secret belongs is not repeated."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = [
            Problem(path=redact(problem.path), code=problem.code, message=redact(problem.message))
            for problem in _first(problems)
        ]
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in self.problems))


@overload
def read_request(value: Json) -> DeploymentRequest: ...
@overload
def read_request(value: Json, contract: type[C]) -> C: ...
def read_request(value: Json, contract: Any = DeploymentRequest) -> Any:
    """`value` as a request of that contract; raises RequestProblems with all that is wrong, secrets in it included.

    The only place where a request is judged: what was accepted is stored, and read back without a second look.
    """
    return judged(contract, value, secret_problems(value))


def judged(contract: type[C], value: Json, known: Iterable[Problem] = ()) -> C:
    """`value` as that contract; raises RequestProblems with what is wrong, and with the problems `known` before."""
    before = [*_unsafe(value, ()), *known]
    if any(problem.code != "looks_like_secret" for problem in before):
        raise RequestProblems(before)
    # Everything in its place; a policy's `match` and the like have only one.
    ordered = gathered(value) if issubclass(contract, RequestBody) else Gathered(value)
    before += [_problem(path, "contradiction", message) for path, message in ordered.contradictions]
    try:
        taken = contract.model_validate(ordered.body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        # No more corrections than are told: each of them takes a search for a similar name.
        corrected = (correction(one, ordered.body, contract) for one in found[:MAX_PROBLEMS])
        told = [_problem(ordered.origin(path), code, message) for path, code, message in corrected]
        more = [_problem([], "invalid_value", "")] * (len(found) - len(told))
        raise RequestProblems([*before, *told, *more]) from None
    if before:
        raise RequestProblems(before)
    return taken


def secret_problems(value: Json) -> Iterable[Problem]:
    """Every field of a body that looks like a secret."""
    for path, message in secrets_in(value, MAX_DEPTH):
        yield Problem(path=path, code="looks_like_secret", message=message)


def _problem(parts: Sequence[str], code: str, message: str) -> Problem:
    return Problem(path=".".join(map(redact, parts)) or "(body)", code=code, message=message)


def _first(found: list[Problem]) -> list[Problem]:
    more = len(found) - MAX_PROBLEMS
    if more <= 0:
        return found
    return [*found[:MAX_PROBLEMS], Problem(path="(body)", code="more_problems", message=f"and {more} more")]


def _unsafe(value: Json, path: tuple[str, ...]) -> Iterable[Problem]:
    """What must not even reach validation: reserved keys, bottomless nesting, text that is no text."""
    if len(path) > MAX_DEPTH:
        yield _problem(path, "too_deep", f"nest at most {MAX_DEPTH} levels")
    elif isinstance(value, dict):
        for key, item in value.items():
            here = (*path, str(key))
            if key in RESERVED_KEYS:
                yield _problem(here, "reserved_key", "this key is not allowed anywhere: remove it")
            elif not isinstance(key, str):
                yield _problem(here, "invalid_value", "keys must be text: put it in quotes")
            else:
                yield from _unsafe_text(key, here)
                yield from _unsafe(item, here)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unsafe(item, (*path, str(index)))
    elif isinstance(value, str):
        yield from _unsafe_text(value, path)
    elif isinstance(value, int) and not -(2**63) <= value < 2**64:
        yield _problem(path, "invalid_value", "a whole number has at most 64 bits: write it as text")


def _unsafe_text(text: str, path: tuple[str, ...]) -> Iterable[Problem]:
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", text):
        message = "control characters and unpaired surrogates are not allowed"
        yield _problem([re.sub(r"[^\x20-\x7e]", "?", part) for part in path], "invalid_text", message)
