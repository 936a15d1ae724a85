"""What the descriptions of all calls are made of."""

from __future__ import annotations

from typing import Any

from contracts.names import APPLICATION, COMPUTE, LONGEST_ONLINE_NAME, ONLINE_NAME, SHORTEST_ONLINE_NAME
from triggers.answers import ProblemBody

NAME = {
    "type": "string",
    "minLength": SHORTEST_ONLINE_NAME,
    "maxLength": LONGEST_ONLINE_NAME,
    "pattern": f"^{ONLINE_NAME}$",
}
REF = "#/components/schemas/{model}"


# What else than an endpoint or a deployment a path may name.
OTHER_NAMES = {
    "compute": {"type": "string", "pattern": COMPUTE},
    "name": {"type": "string", "pattern": APPLICATION},
}


def named_in_path(what: str) -> dict[str, Any]:
    """A name in a path: that of an endpoint or a deployment, where it is no other."""
    return {"name": what, "in": "path", "required": True, "schema": OTHER_NAMES.get(what, NAME)}


def schema_of(model: type[Any]) -> dict[str, Any]:
    """A contract, where its schema is wanted."""
    return {"$ref": REF.format(model=model.__name__)}


def json_of(description: str, model: type[Any], headers: dict[str, Any] | None = None) -> dict[str, Any]:
    """An answer that is a contract."""
    answer = {"description": description, "content": {"application/json": {"schema": schema_of(model)}}}
    return answer | ({"headers": headers} if headers else {})


def problem_of(description: str) -> dict[str, Any]:
    """An answer that is a problem."""
    return {"description": description, "content": {"application/problem+json": {"schema": schema_of(ProblemBody)}}}


UNAUTHORIZED = {"401": {"description": "no function key, or a wrong one"}}
NO_PARAMETERS = {"422": problem_of("there is no such parameter")}
