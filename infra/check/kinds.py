"""What kind of value an expression comes to, where that can be told without deploying."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.check.references import RESOURCE, chain
from infra.check.sources import Sources, data
from infra.check.syntax import Array, BicepFile, Call, Literal, Member, Name, Node, Object, Operation, Text

KINDS: Mapping[type, str] = {bool: "bool", int: "int", str: "string"}
JUDGING = {"==", "!=", "<", ">", "<=", ">=", "&&", "||", "!"}
CALCULATING = {"+", "-", "*", "/", "%"}
WRITTEN: Mapping[type, str] = {Text: "string", Array: "array", Object: "object"}


def kind_of(sources: Sources, path: str, tree: BicepFile, node: Node) -> str | None:
    """string, int, bool, array or object; None where it is not known."""
    if isinstance(node, Name) and node.name in tree.variables:
        node = tree.variables[node.name]
    if isinstance(node, Name):
        return tree.parameters[node.name].kind if node.name in tree.parameters else None
    if isinstance(node, Member):
        return _of_member(sources, path, tree, node)
    if isinstance(node, Operation):
        return _of_operation(sources, path, tree, node)
    if isinstance(node, Call):
        _, _, result = data("language.json")["functions"].get(node.name, (0, None, None))
        return result if node.of is None else None
    return KINDS.get(type(node.value)) if isinstance(node, Literal) else WRITTEN.get(type(node))


def _of_operation(sources: Sources, path: str, tree: BicepFile, node: Operation) -> str | None:
    if node.sign in JUDGING:
        return "bool"
    if node.sign in CALCULATING:
        return "int"
    kinds = {kind_of(sources, path, tree, one) for one in node.operands[-2:]}
    return kinds.pop() if len(kinds) == 1 else None


def _of_member(sources: Sources, path: str, tree: BicepFile, node: Member) -> str | None:
    symbol, names = chain(node)
    if symbol in tree.modules:
        target = sources.trees.get(sources.target(path, tree.modules[symbol]))
        output = target.outputs.get(names[-1]) if target and names[0] == "outputs" else None
        return output.kind if output else None
    if symbol not in tree.resources:
        return None
    if names[0] in RESOURCE:
        return "string"
    one = tree.resources[symbol]
    table: Mapping[str, Any] = data("types.json").get(f"{one.type}@{one.version}", {})
    for name in names:
        table = table.get("properties", {}).get(name, {})
    return table.get("type") if table.get("type") in (*KINDS.values(), *WRITTEN.values()) else None
