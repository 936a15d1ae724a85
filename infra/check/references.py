"""Symbols, parameters and outputs: everything that is named is there, and everything that is declared is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.check.sources import Sources, data
from infra.check.syntax import BicepFile, Member, Module, Name, Node, Object, Resource, walk

NAMESPACES = {"az", "sys"}
# What every resource has, beside what its type's table says.
RESOURCE = {"id", "name", "type", "apiVersion"}


def reference_findings(sources: Sources) -> list[str]:
    """What Bicep itself would say about names: unknown ones, unused ones, and modules that do not fit."""
    findings = []
    for path, tree in sources.trees.items():
        for node in nodes(tree):
            findings += [f"{path}: line {node.line}: {problem}" for problem in _unknown(sources, path, tree, node)]
        findings += [f"{path}: {name} is declared and never used" for name in _unused(tree)]
        for module in tree.modules.values():
            findings += [f"{path}: module {module.symbol}: {text}" for text in _misfits(sources, path, module)]
    return findings


def roots(tree: BicepFile) -> Iterator[Node]:
    """Every expression at the top of a declaration."""
    yield from (parameter.default for parameter in tree.parameters.values() if parameter.default is not None)
    yield from tree.variables.values()
    for one in tree.bodies:
        yield one.body
        if one.condition is not None:
            yield one.condition
    yield from (output.value for output in tree.outputs.values())


def nodes(tree: BicepFile) -> Iterator[Node]:
    """Every node of a file."""
    for root in roots(tree):
        yield from walk(root)


def chain(node: Node) -> tuple[str, list[str]]:
    """The symbol that `a.b.c` begins with and the names after it; an empty symbol for what is no such chain."""
    names: list[str] = []
    while isinstance(node, Member):
        names.insert(0, node.name)
        node = node.of
    return (node.name, names) if isinstance(node, Name) else ("", names)


def _unknown(sources: Sources, path: str, tree: BicepFile, node: Node) -> Iterator[str]:
    if isinstance(node, Name) and node.name not in tree.symbols | NAMESPACES:
        yield f"there is no {node.name}"
    if not isinstance(node, Member):
        return
    symbol, names = chain(node)
    if symbol in tree.modules:
        yield from _unknown_output(sources, path, tree.modules[symbol], names)
    elif symbol in tree.resources:
        yield from _unknown_property(tree.resources[symbol], names)


def _unknown_output(sources: Sources, path: str, module: Module, names: list[str]) -> Iterator[str]:
    target = sources.trees.get(sources.target(path, module))
    if names[0] not in ("outputs", "name"):
        yield f"a module has outputs and a name, not {names[0]}"
    elif target and len(names) > 1 and names[1] not in target.outputs:
        yield f"{module.path} has no output {names[1]}"


def _unknown_property(resource: Resource, names: list[str]) -> Iterator[str]:
    table: Mapping[str, Any] = data("types.json").get(f"{resource.type}@{resource.version}", {"cut": True})
    for at, name in enumerate(names):
        if not at and name in RESOURCE:
            return
        if "properties" not in table or "additionalProperties" in table or "cut" in table or "variants" in table:
            return
        if name not in table["properties"]:
            yield f"{resource.type} has no {'.'.join(names[: at + 1])}"
            return
        table = table["properties"][name]


def _unused(tree: BicepFile) -> list[str]:
    used = {node.name for node in nodes(tree) if isinstance(node, Name)}
    looked_at = [one.symbol for one in tree.resources.values() if one.existing]
    return [name for name in (*tree.parameters, *tree.variables, *looked_at) if name not in used]


def _misfits(sources: Sources, path: str, module: Module) -> Iterator[str]:
    target = sources.trees.get(sources.target(path, module))
    if target is None:
        if sources.target(path, module) not in sources.texts:
            yield f"there is no {module.path}"
        return
    written = module.body.get("params")
    given = {key for key, _ in written.items if isinstance(key, str)} if isinstance(written, Object) else set()
    needed = {name for name, parameter in target.parameters.items() if parameter.default is None}
    yield from (f"{module.path} needs a parameter {name}" for name in sorted(needed - given))
    yield from (f"{module.path} has no parameter {name}" for name in sorted(given - set(target.parameters)))
