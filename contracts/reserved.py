"""Keys by which the Durable SDK marks a mapping that it rebuilds as a Python object when it reads JSON.

A caller's body with one of them is refused (`problems.py`); a model or Azure may answer what it likes, so there such a
mapping is kept as its text, in which the SDK looks for nothing.
"""

from __future__ import annotations

import json

from contracts.base import Json

RESERVED_KEYS = frozenset({"__class__", "__module__", "__data__"})


def is_marked(value: Json) -> bool:
    """Whether a mapping in `value`, at any depth, has a reserved key."""
    if isinstance(value, dict):
        return not RESERVED_KEYS.isdisjoint(value) or any(is_marked(part) for part in value.values())
    return isinstance(value, list) and any(is_marked(part) for part in value)


def unmarked(value: Json) -> Json:
    """`value` with each mapping that has a reserved key as its JSON text."""
    if isinstance(value, dict):
        if not RESERVED_KEYS.isdisjoint(value):
            return json.dumps(value)
        return {key: unmarked(part) for key, part in value.items()}
    return [unmarked(part) for part in value] if isinstance(value, list) else value
