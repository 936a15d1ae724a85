"""Every property of every resource, held against Azure's own type tables.

Stricter than the compiler in one thing: a value that is not listed is told even where Azure's table takes any string.
Not seen: what an expression comes to, and what the service demands beyond its table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.check.sources import Sources, data
from infra.check.syntax import Array, BicepFile, Call, Literal, Name, Node, Object, Operation, Resource, Text

# What stands in a resource's body and is Bicep's, not the type's.
ENVELOPE = {"dependsOn", "scope", "parent", "name"}
PYTHON = {"string": str, "int": int, "bool": bool}
KINDS = {"string": "string", "int": "int", "bool": "bool", "array": "array", "object": "object"}

Table = Mapping[str, Any]


def schema_findings(sources: Sources) -> list[str]:
    """Unknown types, and properties that are unknown, missing, read-only, of the wrong type or not on the list."""
    types: Mapping[str, Table] = data("types.json")
    findings = []
    for path, tree, resource in sources.resources():
        reference = f"{resource.type}@{resource.version}"
        where = f"{path}: {resource.symbol}"
        if reference not in types:
            findings.append(f"{where}: {reference} is not in data/types.json: no such type or version, or `make facts`")
        elif not resource.existing:
            found = [*Body(tree, resource).problems(types[reference]), *_needed(resource)]
            findings += [f"{where}: {problem}" for problem in found]
    return findings


def _needed(resource: Resource) -> list[str]:
    wanted: list[str] = data("needed.json").get(resource.type, [])
    return [
        f"{path}: missing, and the service wants it" for path in wanted if resource.body.get(*path.split(".")) is None
    ]


class Body:
    """One resource's body, walked along its table."""

    def __init__(self, tree: BicepFile, resource: Resource) -> None:
        self._tree = tree
        self._body = resource.body

    def problems(self, table: Table) -> Iterator[str]:
        """Each problem as `path: what is wrong`."""
        written = {key for key, _ in self._body.items if isinstance(key, str)}
        if "name" not in written:
            yield "name: missing"
        yield from self._object(self._body, table, "", ENVELOPE)

    def _value(self, node: Node | None, table: Table, path: str) -> Iterator[str]:
        if isinstance(node, Name) and node.name in self._tree.variables:
            node = self._tree.variables[node.name]
        if isinstance(node, Operation) and node.sign == "?:":
            yield from self._value(node.operands[1], table, path)
            yield from self._value(node.operands[2], table, path)
        elif isinstance(node, Call) and node.name == "union" and node.of is None:
            for part in node.arguments:
                yield from self._value(part, table, path)
        elif isinstance(node, Object):
            yield from self._object(node, table, path) if _is(table, "object") else [f"{path}: wrong type"]
        elif isinstance(node, Array):
            yield from self._array(node, table, path) if _is(table, "array") else [f"{path}: wrong type"]
        elif isinstance(node, Literal | Text):
            yield from _scalar(node, table, path)
        elif isinstance(node, Name) and node.name in self._tree.parameters:
            yield from self._parameter(node.name, table, path)

    def _parameter(self, name: str, table: Table, path: str) -> Iterator[str]:
        if not _is(table, self._tree.parameters[name].kind):
            yield f"{path}: wrong type: parameter {name} is of type {self._tree.parameters[name].kind}"

    def _array(self, node: Array, table: Table, path: str) -> Iterator[str]:
        for index, item in enumerate(node.items):
            yield from self._value(item, table.get("items", {}), f"{path}[{index}]")

    def _object(self, node: Object, table: Table, path: str, besides: set[str] | None = None) -> Iterator[str]:
        if table.get("type") == "any" or "cut" in table:
            return
        known = dict(table.get("properties", {}))
        if "variants" in table:
            chosen = _variant(node, table)
            if chosen is None:
                yield f"{_at(path, table['discriminator'])}: no such variant"
                return
            known |= chosen
        for key, value in node.items:
            if isinstance(key, str) and key in (besides or ()):
                continue
            yield from self._property(key, value, known, table, path)
        written = {key for key, _ in node.items if isinstance(key, str)} | (besides or set())
        for name, part in known.items():
            if part.get("required") and not part.get("readOnly") and name not in written:
                yield f"{_at(path, name)}: missing"

    def _property(self, key: str | Text, value: Node, known: Table, table: Table, path: str) -> Iterator[str]:
        if isinstance(key, str) and key in known:
            if known[key].get("readOnly"):
                yield f"{_at(path, key)}: read-only"
            yield from self._value(value, known[key], _at(path, key))
        elif "additionalProperties" in table:
            yield from self._value(value, table["additionalProperties"], _at(path, str(key)))
        elif isinstance(key, str):
            yield f"{_at(path, key)}: unknown"


def _variant(node: Object, table: Table) -> Table | None:
    """The properties that the discriminator's value adds; None if there is no such value."""
    chosen = node.get(table["discriminator"])
    if not isinstance(chosen, Literal):
        return {}
    variant = table["variants"].get(chosen.value)
    return None if variant is None else variant.get("properties", {})


def _scalar(node: Literal | Text, table: Table, path: str) -> Iterator[str]:
    value = node.value if isinstance(node, Literal) else ""
    if value is None:
        return
    kind = PYTHON.get(table.get("type", ""))
    if kind is None:
        if table.get("type") in ("object", "array"):
            yield f"{path}: wrong type"
    elif type(value) is not kind:
        yield f"{path}: wrong type"
    elif isinstance(node, Literal) and table.get("enum") and value not in table["enum"]:
        yield f"{path}: {value!r} is not one of {', '.join(map(str, table['enum']))}"


def _is(table: Table, kind: str) -> bool:
    return table.get("type") in (None, "any", KINDS.get(kind, kind))


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
