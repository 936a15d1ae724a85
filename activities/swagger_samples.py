"""What a request looks like, by the description that a deployment gives of itself (swagger 2 and 3)."""

from __future__ import annotations

from typing import Any

from contracts.base import Json

# How deep an example is made; a schema may refer to itself.
DEPTH = 6
BY_TYPE: dict[str, Json] = {"string": "", "number": 0, "integer": 0, "boolean": False, "null": None}


def sample_request(swagger: Json) -> Json:
    """What the description says a request looks like: its example, else one made of its schema; None without any."""
    if not isinstance(swagger, dict):
        return None
    schema = _request_schema(swagger)
    made = _example(schema, swagger, DEPTH) if schema else None
    return made or None  # `{}` is what a script has that says nothing


def _request_schema(swagger: dict[str, Any]) -> dict[str, Any] | None:
    operation = _dict(_dict(_dict(swagger.get("paths")).get("/score")).get("post"))
    content = _dict(_dict(operation.get("requestBody")).get("content"))
    if content:
        schema = _dict(_dict(content.get("application/json")).get("schema"))
    else:
        bodies = [one for one in operation.get("parameters") or [] if _dict(one).get("in") == "body"]
        schema = _dict(bodies[0].get("schema")) if bodies else {}
    return schema or None


def _example(schema: Json, swagger: dict[str, Any], depth: int) -> Json:
    schema = _referred(_dict(schema), swagger)
    if depth == 0:
        return None
    for name in ("example", "default"):
        if name in schema:
            return schema[name]
    for several in ("examples", "enum", "oneOf", "anyOf"):
        if isinstance(schema.get(several), list) and schema[several]:
            first = schema[several][0]
            return first if several in ("examples", "enum") else _example(first, swagger, depth - 1)
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        parts = _dict(schema.get("properties"))
        return {name: _example(part, swagger, depth - 1) for name, part in parts.items()}
    if kind == "array":
        return [_example(schema["items"], swagger, depth - 1)] if schema.get("items") else []
    return BY_TYPE.get(str(kind))


def _referred(schema: dict[str, Any], swagger: dict[str, Any]) -> dict[str, Any]:
    for _ in range(DEPTH):
        where = schema.get("$ref")
        if not isinstance(where, str) or not where.startswith("#/"):
            break
        found: Json = swagger
        for part in where[2:].split("/"):
            found = _dict(found).get(part)
        schema = _dict(found)
    return schema


def _dict(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
