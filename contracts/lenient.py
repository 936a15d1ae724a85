"""The same contract, read leniently: for what was judged at the front door and has been stored since.

A turn of an orchestration reads its input again; running the front door's validators each time costs up to 294 ms (a
schema of 900 keywords), and a rule that a later release adds would break instances in flight. So validators and
constraints are taken out of a contract's core schema (pydantic-core's own, documented data structure) and unknown
fields are ignored; types, defaults and aliases stay.
"""

from __future__ import annotations

from typing import Any, cast

from pydantic_core import CoreSchema

# Wrappers that run code of ours; `function-plain` makes a value out of nothing else, so it stays.
_VALIDATORS = frozenset({"function-before", "function-after", "function-wrap"})
_CONSTRAINTS = frozenset(
    {
        "strict",
        "pattern",
        "min_length",
        "max_length",
        "ge",
        "gt",
        "le",
        "lt",
        "multiple_of",
        "allow_inf_nan",
        "fail_fast",
        "to_lower",
        "strip_whitespace",
    }
)
# What is not a schema, however it looks: a default may be any value.
_VALUES = frozenset({"default", "default_factory", "expected", "metadata", "serialization", "cls", "discriminator"})
# Schemas by names that callers chose, so that a field may be called `default` or `type`.
_BY_NAME = frozenset({"fields", "choices"})


def lenient(schema: CoreSchema) -> CoreSchema:
    """`schema` without validators and constraints, and with unknown fields ignored."""
    return cast(CoreSchema, _without_rules(schema))


def _without_rules(part: Any) -> Any:
    if isinstance(part, list | tuple):
        return [_without_rules(one) for one in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") in _VALIDATORS:
        inner = _without_rules(part["schema"])
        return {**inner, "ref": part["ref"]} if "ref" in part else inner
    clean = {key: _cleaned(key, value) for key, value in part.items() if key not in _CONSTRAINTS}
    if "extra_fields_behavior" in clean:
        clean["extra_fields_behavior"] = "ignore"
    return clean


def _cleaned(key: str, value: Any) -> Any:
    if key in _VALUES:
        return value
    if key in _BY_NAME and isinstance(value, dict):
        return {name: _without_rules(schema) for name, schema in value.items()}
    return _without_rules(value)
