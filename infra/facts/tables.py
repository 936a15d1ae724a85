"""Azure's own type tables, cut down to the types that `infra/` uses.

Source: the `generated` folder of a clone of github.com/Azure/bicep-types-az, from which the compiler's tables are made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

DEPTH = 9
REQUIRED, READ_ONLY = 1, 2
PRIMITIVES = {"StringType": "string", "IntegerType": "int", "BooleanType": "bool", "AnyType": "any"}
LIMITS = ("minLength", "maxLength", "pattern", "minValue", "maxValue")


class TypeNotFound(LookupError):
    """The clone has no such type and version."""


def tables(generated: Path, wanted: Iterable[str]) -> dict[str, Any]:
    """The table of each `type@version`; raises TypeNotFound."""
    return {reference: table(generated, reference) for reference in sorted(wanted)}


def table(generated: Path, reference: str) -> dict[str, Any]:
    """What a resource of this type may hold: `properties`, each with `type` and what else is known of it."""
    kind, _, version = reference.partition("@")
    for path in sorted(generated.glob(f"*/{kind.split('/')[0].lower()}/{version}/types.json")):
        types = json.loads(path.read_text())
        for one in types:
            if one["$type"] == "ResourceType" and one["name"].lower() == reference.lower():
                return _Reader(types).read(one["body"], DEPTH)
    raise TypeNotFound(f"{reference} is not below {generated}")


class _Reader:
    def __init__(self, types: list[dict[str, Any]]) -> None:
        self._types = types

    def read(self, reference: dict[str, str], depth: int) -> dict[str, Any]:
        """The type behind a reference, as a table."""
        one = self._types[int(reference["$ref"].rsplit("/", 1)[-1])]
        kind = one["$type"]
        if kind in PRIMITIVES:
            return {"type": PRIMITIVES[kind], **{limit: one[limit] for limit in LIMITS if limit in one}}
        if kind == "StringLiteralType":
            return {"type": "string", "enum": [one["value"]], "closed": True}
        if kind == "UnionType":
            return self._union(one, depth)
        if kind == "ArrayType":
            return {"type": "array", **({"items": self.read(one["itemType"], depth - 1)} if depth else {"cut": True})}
        if not depth:
            return {"type": "object", "cut": True}
        return self._object(one, depth)

    def _union(self, one: dict[str, Any], depth: int) -> dict[str, Any]:
        parts = [self.read(part, depth) for part in one["elements"]]
        values = [value for part in parts for value in part.get("enum", ())]
        # A union of literals and of string lets every string through; what is listed is still what Azure documents.
        return {"type": "string", "enum": values, "closed": all("enum" in part for part in parts)}

    def _object(self, one: dict[str, Any], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "object"}
        properties = one.get("properties", one.get("baseProperties", {}))
        found["properties"] = {name: self._property(part, depth) for name, part in properties.items()}
        if "additionalProperties" in one:
            found["additionalProperties"] = self.read(one["additionalProperties"], depth - 1)
        if "discriminator" in one:
            found["discriminator"] = one["discriminator"]
            found["variants"] = {name: self.read(part, depth) for name, part in one["elements"].items()}
        return found

    def _property(self, part: dict[str, Any], depth: int) -> dict[str, Any]:
        flags = part.get("flags", 0)
        marks = {"required": REQUIRED, "readOnly": READ_ONLY}
        return {
            **{name: True for name, flag in marks.items() if flags & flag},
            **self.read(part["type"], depth - 1),
        }


def as_text(found: dict[str, Any]) -> str:
    """The tables as JSON with one type on a line, so that a change shows which type changed."""
    dense = {name: json.dumps(found[name], separators=(",", ":")) for name in sorted(found)}
    lines = ",\n".join(f"{json.dumps(name)}: {text}" for name, text in dense.items())
    return f"{{\n{lines}\n}}\n"
