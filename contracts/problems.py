"""Everything wrong with a request body, at once: path, stable code, and what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from contracts.base import Contract, Json
from contracts.request import NOT_CARRIED, DeploymentRequest

# Keys by which the Durable SDK marks objects to rebuild from JSON: never let through (operations: deserialization).
RESERVED_KEYS = frozenset({"__class__", "__module__", "__data__"})
MAX_DEPTH = 40

_CODES = {"missing": "required", "extra_forbidden": "unknown_field", "value_error": "invalid_value"}


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


def read_request(value: Json) -> DeploymentRequest:
    """`value` as a deployment request; raises RequestProblems with all that is wrong."""
    unsafe = list(_unsafe(value, "", 0))
    if unsafe:
        raise RequestProblems(unsafe)
    try:
        return DeploymentRequest.model_validate(value)
    except ValidationError as error:
        raise RequestProblems(problems_of(error, DeploymentRequest)) from error


def problems_of(error: ValidationError, contract: type[BaseModel]) -> list[Problem]:
    """pydantic's findings in the words of the request's author."""
    return [_problem(found, contract) for found in error.errors(include_url=False, include_input=False)]


def _problem(found: Any, contract: type[BaseModel]) -> Problem:
    parts = [str(part) for part in found["loc"] if not _is_branch(part)]
    path = ".".join(parts)
    code = _CODES.get(found["type"], "wrong_type" if found["type"].endswith("_type") else "invalid_value")
    message = str(found["msg"]).removeprefix("Value error, ")
    if code == "required":
        message = "add this field"
    if code == "unknown_field":
        carried = NOT_CARRIED.get(re.sub(r"\.\d+", "", path))
        code = "not_supported" if carried else code
        message = carried or _closest(parts, contract)
    return Problem(path=path or "(body)", code=code, message=message)


def _is_branch(part: object) -> bool:
    # Names of union branches and key checks that pydantic puts between field names.
    return part in ("text", "mapping", "[key]") or (isinstance(part, str) and "[" in part)


def _closest(parts: list[str], contract: type[BaseModel]) -> str:
    names = set(re.findall(r"[a-z_]+", " ".join(_fields(contract))))
    close = difflib.get_close_matches(parts[-1], names, n=1)
    return f"there is no such field{f'; did you mean {close[0]!r}?' if close else ': remove it'}"


def _fields(contract: type[BaseModel]) -> Iterable[str]:
    schema = contract.model_json_schema()
    yield from schema["properties"]
    for definition in schema.get("$defs", {}).values():
        yield from definition.get("properties", {})


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


def _unsafe_text(text: str, path: str) -> Iterable[Problem]:
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", text):
        message = "control characters and unpaired surrogates are not allowed"
        yield Problem(path=re.sub(r"[^\x20-\x7e]", "?", path), code="invalid_text", message=message)
