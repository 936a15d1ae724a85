"""Everything wrong with a request body, at once: path, stable code, and what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar, overload

from pydantic import ValidationError

from contracts.base import Contract, Json
from contracts.request import NOT_CARRIED, DeploymentRequest

C = TypeVar("C", bound=Contract)

# Keys by which the Durable SDK marks objects to rebuild from JSON: never let through (operations: deserialization).
RESERVED_KEYS = frozenset({"__class__", "__module__", "__data__"})
MAX_DEPTH = 40
# Enough to correct a file with; a body made of unknown fields would be answered with megabytes.
MAX_PROBLEMS = 100

_CODES = {"missing": "required", "extra_forbidden": "unknown_field", "value_error": "invalid_value"}

# What to write instead, by the type of pydantic's finding, where its own words speak of Python.
_WRITE = {
    "missing": "add this field",
    "dict_type": "write a mapping (key: value)",
    "model_type": "write a mapping (key: value)",
    "list_type": "write a list",
    "string_type": "write text (numbers and true or false in quotes)",
    "int_type": "write a whole number",
    "float_type": "write a number",
    "bool_type": "write true or false",
}

# Fields that are text or a mapping: pydantic puts the name of the branch taken after them.
_UNIONS = {("model",), ("traffic",), ("deployment", "environment")}


class Problem(Contract):
    """One thing wrong with a request."""

    path: str
    code: str
    message: str


class RequestProblems(Exception):
    """A request body that is refused."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = problems


@overload
def read_request(value: Json) -> DeploymentRequest: ...
@overload
def read_request(value: Json, contract: type[C]) -> C: ...
def read_request(value: Json, contract: Any = DeploymentRequest) -> Any:
    """`value` as a request of that contract; raises RequestProblems with all that is wrong."""
    unsafe = list(_unsafe(value, "", 0))
    if unsafe:
        raise RequestProblems(_first(unsafe))
    try:
        return contract.model_validate(value)
    except ValidationError as error:
        found = _first(error.errors(include_url=False, include_input=False))
        raise RequestProblems([one if isinstance(one, Problem) else _problem(one, value) for one in found]) from error


def _first(found: list[Any]) -> list[Any]:
    more = len(found) - MAX_PROBLEMS
    if more <= 0:
        return found
    return [*found[:MAX_PROBLEMS], Problem(path="(body)", code="more_problems", message=f"and {more} more")]


def _problem(found: Any, body: Json) -> Problem:
    """One of pydantic's findings in the words of the request's author."""
    parts = _path(found, body)
    path = ".".join(parts)
    code = _CODES.get(found["type"], "wrong_type" if found["type"].endswith("_type") else "invalid_value")
    message = _WRITE.get(found["type"]) or str(found["msg"]).removeprefix("Value error, ")
    if code == "unknown_field":
        carried = NOT_CARRIED.get(re.sub(r"\.\d+", "", path))
        code = "not_supported" if carried else code
        message = carried or _closest(parts[-1])
    return Problem(path=path or "(body)", code=code, message=message)


def _path(found: Any, body: Json) -> list[str]:
    """Where in the body a finding is; pydantic's location also names branches of unions and checks of keys."""
    location, parts, value = found["loc"], [], body
    for index, part in enumerate(location):
        if location[:index] in _UNIONS:
            continue
        if (isinstance(value, dict) and part in value) or (isinstance(value, list) and isinstance(part, int)):
            value = value[part]
        elif found["type"] != "missing":
            continue
        parts.append(str(part))
    return parts


def _closest(name: str) -> str:
    close = difflib.get_close_matches(name, _field_names(), n=1)
    return f"there is no such field{f'; did you mean {close[0]!r}?' if close else ': remove it'}"


@cache
def _field_names() -> frozenset[str]:
    schema = DeploymentRequest.model_json_schema()
    return frozenset(name for part in (schema, *schema["$defs"].values()) for name in part.get("properties", {}))


def _unsafe(value: Json, path: str, depth: int) -> Iterable[Problem]:
    """What must not even reach validation: reserved keys, bottomless nesting, text that is no text."""
    if depth > MAX_DEPTH:
        yield Problem(path=path, code="too_deep", message=f"nest at most {MAX_DEPTH} levels")
    elif isinstance(value, dict):
        for key, item in value.items():
            here = f"{path}.{key}" if path else str(key)
            if key in RESERVED_KEYS:
                yield Problem(path=here, code="reserved_key", message="this key is not allowed anywhere: remove it")
            elif not isinstance(key, str):
                yield Problem(path=here, code="invalid_value", message="keys must be text: put it in quotes")
            else:
                yield from _unsafe_text(key, here)
                yield from _unsafe(item, here, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unsafe(item, f"{path}.{index}" if path else str(index), depth + 1)
    elif isinstance(value, str):
        yield from _unsafe_text(value, path)
    elif isinstance(value, int) and not -(2**63) <= value < 2**64:
        yield Problem(path=path, code="invalid_value", message="a whole number has at most 64 bits: write it as text")


def _unsafe_text(text: str, path: str) -> Iterable[Problem]:
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", text):
        message = "control characters and unpaired surrogates are not allowed"
        yield Problem(path=re.sub(r"[^\x20-\x7e]", "?", path), code="invalid_text", message=message)
