"""Which JSON schemas an answer may be compared with: those that are checked in a time that can be told beforehand.

A schema comes from a caller and an answer from a model. Python's regular expressions can take for ever on a text of
forty letters, and hold the interpreter meanwhile; comparing all items of a list with each other takes the square of
its length. So neither is taken, references (which could be fetched, or go round in circles) are not, and the number
of keywords is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.base import Json

# Checking a schema takes some 0.2 ms for each of its keywords, on the thread that answers all callers.
MAX_KEYWORDS = 1000

NOT_TAKEN = {
    **dict.fromkeys(("$ref", "$dynamicRef", "$id", "$anchor", "$dynamicAnchor"), "write the schema out"),
    **dict.fromkeys(("pattern", "patternProperties"), "a regular expression can take for ever: use enum or minLength"),
    "uniqueItems": "comparing all items with each other can take for ever: leave it out",
}
_BY_NAME = ("properties", "$defs", "definitions", "dependentSchemas")
_NO_SCHEMAS = ("const", "enum", "default", "examples", "required", "dependentRequired")


def keywords(schema: Json) -> Iterator[str]:
    """Every keyword of the schema and of those in it, as often as it stands; names of properties are none."""
    if isinstance(schema, list):
        for one in schema:
            yield from keywords(one)
    elif isinstance(schema, dict):
        for keyword, value in schema.items():
            yield keyword
            if keyword in _BY_NAME and isinstance(value, dict):
                yield from keywords([*value.values()])
            elif keyword not in _NO_SCHEMAS:
                yield from keywords(value)


def check_schema(schema: dict[str, Any]) -> None:
    """Raise ValueError, saying what to write instead, for a schema that is none or is not taken."""
    from jsonschema import Draft202012Validator, SchemaError

    found = list(keywords(schema))
    for keyword in found:
        if keyword in NOT_TAKEN:
            raise ValueError(f"{keyword} is not taken: {NOT_TAKEN[keyword]}")
    if len(found) > MAX_KEYWORDS:
        raise ValueError(f"{len(found)} keywords: at most {MAX_KEYWORDS} are taken")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = ".".join(map(str, error.absolute_path)) or "the schema"
        raise ValueError(
            f"not a JSON schema (2020-12): {where[:200]} has a value that JSON Schema does not take there"
        ) from error
