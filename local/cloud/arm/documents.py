"""JSON documents as Azure Resource Manager carries them."""

from __future__ import annotations

from typing import TypeAlias

Json: TypeAlias = dict[str, object]


def as_json(value: object) -> Json:
    """`value` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}
