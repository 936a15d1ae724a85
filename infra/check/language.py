"""What the language itself refuses: functions, decorators, types and scopes that are not there, values of other kinds.

Of a value's type only the kind is looked at: string, int, bool, array or object. What a resource may hold is
`schema.py`'s, and which symbols there are is `references.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.check.kinds import kind_of
from infra.check.references import nodes
from infra.check.sources import Sources, data
from infra.check.syntax import BicepFile, Call, Literal, Member, Module, Name, Node, Object, Operation, Resource


def language_findings(sources: Sources) -> list[str]:
    """What the compiler would refuse of the language, by its own tables."""
    findings = []
    for path, tree in sources.trees.items():
        problems = [*_declarations(sources, path, tree), *_expressions(sources, tree)]
        names = [module.body.get("name") for module in tree.modules.values()]
        written = [name.value for name in names if isinstance(name, Literal)]
        problems += [
            f"two modules are named {name}"
            for name in sorted({str(name) for name in written if written.count(name) > 1})
        ]
        for module in tree.modules.values():
            problems += [f"module {module.symbol}: {text}" for text in _module(sources, path, tree, module)]
        for resource in tree.resources.values():
            problems += [f"{resource.symbol}: {text}" for text in _resource(tree, resource)]
        findings += [f"{path}: {problem}" for problem in problems]
    return findings


def _table(name: str) -> Any:
    return data("language.json")[name]


def _declarations(sources: Sources, path: str, tree: BicepFile) -> Iterator[str]:
    if tree.scope not in _table("scopes"):
        yield f"there is no target scope {tree.scope}"
    declared = [(one.name, one.kind) for one in tree.parameters.values()]
    for name, kind in declared + [(one.name, one.kind) for one in tree.outputs.values()]:
        if kind not in _table("types"):
            yield f"{name}: there is no type {kind}"
    for parameter in tree.parameters.values():
        for decorator in sorted(set(parameter.decorators) - set(_table("decorators"))):
            yield f"{parameter.name}: there is no decorator @{decorator}"
        if parameter.default is not None:
            yield from _misfit(sources, path, tree, parameter.default, parameter.name, parameter.kind)
            yield from _not_allowed(parameter.default, allowed(tree, parameter.name), parameter.name)
    for output in tree.outputs.values():
        yield from _misfit(sources, path, tree, output.value, f"output {output.name}", output.kind)


def _misfit(sources: Sources, path: str, tree: BicepFile, value: Node, name: str, kind: str) -> Iterator[str]:
    found = kind_of(sources, path, tree, value)
    if found and found != kind and kind in _table("types"):
        yield f"{name} is of type {kind}, and is given {found}"


def allowed(tree: BicepFile, name: str) -> list[Any]:
    """What `@allowed` lets through; empty where everything is."""
    listed = tree.parameters[name].decorators.get("allowed", ()) if name in tree.parameters else ()
    return [item.value for one in listed for item in getattr(one, "items", ()) if isinstance(item, Literal)]


def _not_allowed(value: Node, listed: list[Any], name: str) -> Iterator[str]:
    if isinstance(value, Literal) and listed and value.value not in listed:
        yield f"{name} may not be {value.value!r}, but {', '.join(map(str, listed))}"


def _expressions(sources: Sources, tree: BicepFile) -> Iterator[str]:
    for node in nodes(tree):
        problems: Iterator[str] = iter(())
        if isinstance(node, Call) and node.of is None:
            problems = _call(node)
        elif isinstance(node, Member):
            problems = _unknown_member(node)
        elif isinstance(node, Operation) and node.sign in ("==", "!="):
            problems = _comparison(sources, tree, node)
        yield from (f"line {node.line}: {problem}" for problem in problems)


def _call(node: Call) -> Iterator[str]:
    functions: Mapping[str, tuple[int, int | None, str | None]] = _table("functions")
    if node.name not in functions:
        if not node.name.startswith("list"):  # of a resource type, not of the language; a key, which `keys.py` tells
            yield f"there is no function {node.name}"
        return
    least, most, _ = functions[node.name]
    count = len(node.arguments)
    if count < least or (most is not None and count > most):
        yield f"{node.name}() does not take {count} arguments"


def _unknown_member(node: Member) -> Iterator[str]:
    members: Mapping[str, list[str]] = _table("members")
    call = node.of
    if isinstance(call, Call) and call.of is None and node.name not in members.get(call.name, [node.name]):
        yield f"{call.name}() has no {node.name}"


def _comparison(sources: Sources, tree: BicepFile, node: Operation) -> Iterator[str]:
    """A condition that can never hold; a parameter handed on takes what it takes where it comes from."""
    left, right = node.operands
    if isinstance(left, Name) and left.name in tree.parameters:
        listed = allowed(tree, left.name) or [
            value for other in sources.trees.values() for value in allowed(other, left.name)
        ]
        yield from _not_allowed(right, listed, left.name)


def _module(sources: Sources, path: str, tree: BicepFile, module: Module) -> Iterator[str]:
    for key, _ in module.body.items:
        if key not in _table("moduleKeys"):
            yield f"a module has no {key}"
    target = sources.trees.get(sources.target(path, module))
    if target is None:
        return
    if target.scope != tree.scope and module.body.get("scope") is None:
        yield f"{module.path} is for a {target.scope} and must be given a scope"
    given = module.body.get("params")
    for key, value in given.items if isinstance(given, Object) else ():
        if isinstance(key, str) and key in target.parameters:
            yield from _misfit(sources, path, tree, value, key, target.parameters[key].kind)
            yield from _not_allowed(value, allowed(target, key), key)


def _resource(tree: BicepFile, resource: Resource) -> Iterator[str]:
    written = {key for key, _ in resource.body.items if isinstance(key, str)}
    if resource.existing:
        yield from (
            f"an existing resource has no {key} to be given" for key in sorted(written - set(_table("existingKeys")))
        )
        if "name" not in written:
            yield "name: missing"
    name = resource.body.get("name")
    nested = isinstance(name, Literal) and "/" in str(name.value)
    if resource.type.count("/") > 1 and "parent" not in written and not nested:
        yield "parent: missing, of a resource below another"
    at_subscription = resource.type in _table("subscriptionTypes")
    if not resource.existing and at_subscription != (tree.scope == "subscription"):
        yield f"{resource.type} cannot be deployed to a {tree.scope}"
