"""What to write instead: each finding of the validation in the words of who wrote the body, never in the library's."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin

from contracts.base import Contract, Json
from contracts.names import MEANT

_CODES = {"missing": "required", "extra_forbidden": "unknown_field"}
# What the files of `az ml` called it while that was a preview (2021), and public ones still do; where it is now.
_OLDER = {
    "local_path": "path",
    "model_format": "type",
    "scale_type": "type",
    "docker": "image",
    "deployments": "deployment",
}
# Nobody mistypes longer names, and comparing takes its time.
_LONGEST_NAME = 64

_DURATION = "write an ISO 8601 duration such as PT15M (15 minutes) or PT1H"
_MAPPING = "write a mapping (key: value)"
_WRITE = {
    "missing": "add this field",
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "list_type": "write a list",
    "string_type": "write text (numbers and true or false in quotes)",
    "int_type": "write a whole number",
    "float_type": "write a number",
    "bool_type": "write true or false",
    "finite_number": "write a finite number",
    "time_delta_type": _DURATION,
    "time_delta_parsing": _DURATION,
}

# What the finding itself says of the limit.
_LIMITS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda limit: f"write at least {limit['ge']:g}",
    "less_than_equal": lambda limit: f"write at most {limit['le']:g}",
    "string_too_short": lambda limit: f"write at least {_counted(limit['min_length'], 'character')}",
    "string_too_long": lambda limit: f"write at most {_counted(limit['max_length'], 'character')}",
    "too_short": lambda limit: f"give at least {limit['min_length']} of them",
    "too_long": lambda limit: f"give at most {limit['max_length']} of them",
    "literal_error": lambda limit: f"write {limit['expected']}",
    "string_pattern_mismatch": lambda limit: MEANT[limit["pattern"]],
    "value_error": lambda limit: str(limit["error"]),
}

# Fields that are text or a mapping: after them the location names the branch taken.
_EITHER = {
    ("model",): "write azureml:<name>:<version>, or a mapping with path, name and version",
    ("traffic",): "write all_at_once, none, or a mapping of deployments to percentages",
    ("deployment", "environment"): "write azureml:<name>:<version>, or a mapping with image or build",
}


# What a location names besides fields: the branches of unions, and that a key is meant.
_NO_FIELDS = ("text", "mapping", "[key]")


def correction(finding: Any, body: Json, contract: type[Contract]) -> tuple[list[str], str, str]:
    """Where in `body` one of pydantic's findings is, its code, and what to write instead."""
    parts = _path(finding, body)
    kind = finding["type"]
    code = _CODES.get(kind, "wrong_type" if kind.endswith("_type") else "invalid_value")
    if code == "unknown_field":
        return parts, code, _unknown(parts, body, contract)
    if code == "invalid_value" and parts and parts[-1] not in _written(body, parts[:-1]) and not parts[-1].isdigit():
        code = "required"  # left out, and its default will not do here
    if kind in ("model_type", "dict_type") and tuple(parts) in _EITHER:
        return parts, code, _EITHER[tuple(parts)]
    limit = _LIMITS.get(kind)
    return parts, code, limit(finding["ctx"]) if limit else _WRITE.get(kind, "this value is not taken here")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _path(finding: Any, body: Json) -> list[str]:
    """Where in the body a finding is; its location also names branches of unions and checks of keys."""
    location, parts, value = finding["loc"], [], body
    for index, part in enumerate(location):
        if location[:index] in _EITHER:
            continue
        if (isinstance(value, dict) and part in value) or (isinstance(value, list) and isinstance(part, int)):
            value = value[part]
        elif finding["type"] != "missing" and not _is_left_out(part, value, last=index + 1 == len(location)):
            continue
        parts.append(str(part))
    return parts


def _is_left_out(part: str | int, value: Json, *, last: bool) -> bool:
    """Whether a location ends at a field that is not there, whose default will not do."""
    return last and isinstance(value, dict) and part not in _NO_FIELDS


def _unknown(parts: list[str], body: Json, contract: type[Contract]) -> str:
    *place, name = parts
    older = _OLDER.get(name)
    if older in fields_at(contract, place):
        return f"there is no such field here since the preview of az ml: it is called {older!r}"
    if older in fields_at(contract, []):
        return f"there is no such field here since the preview of az ml: each {older} has a file of its own"
    free = fields_at(contract, place) - _written(body, place)
    close = difflib.get_close_matches(name, sorted(free), n=1) if len(name) <= _LONGEST_NAME else []
    return f"there is no such field here{f'; did you mean {close[0]!r}?' if close else ': remove it'}"


def fields_at(contract: type[Contract], place: list[str]) -> set[str]:
    """The fields that can be written at a place of a body, given by its path."""
    here: list[Any] = [contract]
    for part in place:
        if not part.isdigit():
            here = [inner for one in here for inner in _below(one, part)]
    contracts = [one for one in here if _is_contract(one)]
    return {field.alias or name for one in contracts for name, field in one.model_fields.items()}


def _below(kind: Any, part: str) -> list[Any]:
    """What can stand under a name: below a contract a field's types, below a mapping those of its values."""
    if _is_contract(kind):
        named = [field for name, field in kind.model_fields.items() if part == (field.alias or name)]
        return [inner for field in named for inner in _kinds(field.annotation)]
    return _kinds(get_args(kind)[1])


def _kinds(annotation: Any) -> list[Any]:
    """The contracts and mappings that an annotation is made of; what a list holds counts as the list."""
    if _is_contract(annotation) or get_origin(annotation) is dict:
        return [annotation]
    return [inner for part in get_args(annotation) for inner in _kinds(part)]


def _is_contract(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Contract)


def _written(body: Json, place: list[str]) -> set[str]:
    for part in place:
        body = body[int(part)] if isinstance(body, list) else body[part]
    return set(body) if isinstance(body, dict) else set()
