"""What Bicep and ARM templates come to: expressions, and the resources that deploying them would make.

Two ways to one result: `of_bicep` reads the sources, `of_template` what a compiler made of them. Both give the same
list, or the template is not that of the sources. `guid` is Azure's own; `uniqueString` only keeps its form.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.check.reader import read_expression
from infra.check.sources import Sources
from infra.check.syntax import Array, BicepFile, Call, Index, Literal, Member, Name, Node, Object, Operation, Text

GUIDS = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")  # Azure Resource Manager's namespace of `guid`
ARM_STRING = re.compile(r"'((?:[^']|'')*)'")
OPERATORS: dict[str, Callable[..., Any]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "&&": lambda left, right: left and right,
    "||": lambda left, right: left or right,
    ">": lambda left, right: left > right,
    "!": lambda value: not value,
}


@dataclass(frozen=True)
class Runtime:
    """Something that only a deployment knows: a property of a resource."""

    id: str
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"<{'.'.join(self.path)} of {self.id}>"


@dataclass(frozen=True)
class Place:
    """Where a template is deployed: a subscription and a resource group."""

    subscription: str
    group: str

    @property
    def group_id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"


@dataclass(frozen=True)
class Made:
    """One resource that a deployment makes, fully evaluated; `scope` is what an extension resource is of."""

    type: str
    version: str
    name: str
    scope: str
    body: Mapping[str, Any]


def resource_id(base: str, kind: str, name: str) -> str:
    """The ID of a resource of type a/b/c named x/y below `base`."""
    provider, *kinds = kind.split("/")
    pairs = [f"{one}/{part}" for one, part in zip(kinds, name.split("/"), strict=True)]
    return f"{base}/providers/{provider}/{'/'.join(pairs)}"


def functions(place: Place) -> dict[str, Callable[..., Any]]:
    """The template functions that `infra/` uses, by their names in ARM and in Bicep."""
    subscription = f"/subscriptions/{place.subscription}"
    return {
        "createArray": lambda *items: list(items),
        "createObject": lambda *pairs: dict(zip(pairs[::2], pairs[1::2], strict=True)),
        "and": lambda *values: all(values),
        "empty": lambda value: not value,
        "equals": lambda left, right: left == right,
        "if": lambda condition, yes, no: yes if condition else no,
        "format": lambda text, *values: text.format(*map(str, values)),
        "greater": lambda left, right: left > right,
        "guid": lambda *parts: str(uuid.uuid5(GUIDS, "-".join(parts))),
        "join": lambda parts, between: between.join(parts),
        "resourceGroup": lambda: {"id": place.group_id, "name": place.group},
        "resourceId": lambda kind, *names: resource_id(place.group_id, kind, "/".join(names)),
        "subscription": lambda: {"id": subscription, "subscriptionId": place.subscription},
        "subscriptionResourceId": lambda kind, *names: resource_id(subscription, kind, "/".join(names)),
        "reference": lambda of, _version, full="": Runtime(of, () if full else ("properties",)),
        "uniqueString": lambda *parts: _unique("-".join(parts)),
        "union": lambda *parts: {name: value for part in parts for name, value in part.items()},
    }


def _unique(text: str) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:13]


class Expressions:
    """Evaluates nodes with functions and symbols."""

    def __init__(self, known: Mapping[str, Callable[..., Any]], symbols: Callable[[str], Any]) -> None:
        self._functions = known
        self._symbols = symbols

    def value(self, node: Node) -> Any:
        """What a node comes to."""
        reading: dict[type, Callable[[Any], Any]] = {
            Literal: lambda one: one.value,
            Text: lambda one: "".join(part if isinstance(part, str) else str(self.value(part)) for part in one.parts),
            Name: lambda one: self._symbols(one.name),
            Member: lambda one: _member(self.value(one.of), one.name),
            Index: lambda one: self.value(one.of)[self.value(one.key)],
            Call: lambda one: self._functions[one.name](*map(self.value, one.arguments)),
            Operation: self._operation,
            Array: lambda one: [self.value(item) for item in one.items],
            Object: self._object,
        }
        return reading[type(node)](node)

    def _operation(self, node: Operation) -> Any:
        if node.sign == "?:":
            condition, yes, no = node.operands
            return self.value(yes if self.value(condition) else no)
        return OPERATORS[node.sign](*map(self.value, node.operands))

    def _object(self, node: Object) -> dict[str, Any]:
        return {key if isinstance(key, str) else self.value(key): self.value(part) for key, part in node.items}


def _member(of: Any, name: str) -> Any:
    if isinstance(of, Runtime):
        return Runtime(of.id, (*of.path, name))
    return of[name]


# Of a resource, what is known before it is there.
KNOWN = ("id", "name", "type", "apiVersion")


class _Resource(dict[str, str]):
    def __missing__(self, name: str) -> Runtime:
        return Runtime(self["id"], (name,))


def of_bicep(sources: Sources, path: str, place: Place, parameters: Mapping[str, Any]) -> list[Made]:
    """What deploying the file at `path` makes, its modules included."""
    tree = sources.trees[path]
    evaluation = _Bicep(tree, place, parameters)
    found = list(evaluation.made())
    for module in tree.modules.values():
        given = module.body.get("params")
        inner = {} if given is None else evaluation.value(given)
        found += of_bicep(sources, sources.target(path, module), place, inner)
    return found


class _Bicep(Expressions):
    def __init__(self, tree: BicepFile, place: Place, parameters: Mapping[str, Any]) -> None:
        super().__init__(functions(place), self._symbol)
        self._tree = tree
        self._place = place
        self._given = parameters

    def _symbol(self, name: str) -> Any:
        tree = self._tree
        if name in tree.parameters:
            default = tree.parameters[name].default
            return self._given[name] if name in self._given or default is None else self.value(default)
        if name in tree.variables:
            return self.value(tree.variables[name])
        resource = tree.resources[name]
        full, base = self._full_name(name), self._place.group_id
        return _Resource(
            id=resource_id(base, resource.type, full),
            name=full.rsplit("/", 1)[-1],
            type=resource.type,
            apiVersion=resource.version,
        )

    def _full_name(self, symbol: str) -> str:
        body = self._tree.resources[symbol].body
        own, parent = body.get("name"), body.get("parent")
        assert own is not None
        name = str(self.value(own))
        return f"{self._full_name(parent.name)}/{name}" if isinstance(parent, Name) else name

    def made(self) -> Iterator[Made]:
        for symbol, one in self._tree.resources.items():
            if one.existing or (one.condition is not None and not self.value(one.condition)):
                continue
            scope = one.body.get("scope")
            body = {
                key: self.value(part)
                for key, part in one.body.items
                if isinstance(key, str) and key not in ("name", "parent", "scope", "dependsOn")
            }
            of = self._place.group_id if scope is None else self.value(scope)["id"]
            yield Made(one.type, one.version, self._full_name(symbol), of, _plain(body))


def of_template(template: Mapping[str, Any], place: Place, parameters: Mapping[str, Any]) -> list[Made]:
    """What deploying a compiled template makes, nested ones included."""
    evaluation = _Template(template, place, parameters)
    found = []
    for resource in template["resources"]:
        if not evaluation.text(resource.get("condition", True)):
            continue
        if resource["type"] == "Microsoft.Resources/deployments":
            given = evaluation.text(resource["properties"].get("parameters", {}))
            inner = {name: part["value"] for name, part in given.items()}
            found += of_template(resource["properties"]["template"], place, inner)
            continue
        body = {
            key: evaluation.text(part)
            for key, part in resource.items()
            if key not in ("type", "apiVersion", "name", "scope", "condition", "dependsOn")
        }
        scope = evaluation.text(resource["scope"]) if "scope" in resource else place.group_id
        found.append(
            Made(resource["type"], resource["apiVersion"], evaluation.text(resource["name"]), scope, _plain(body))
        )
    return found


class _Template(Expressions):
    def __init__(self, template: Mapping[str, Any], place: Place, parameters: Mapping[str, Any]) -> None:
        named = {"parameters": self._parameter, "variables": self._variable}
        super().__init__(functions(place) | named, lambda name: name)
        self._template = template
        self._given = parameters

    def _parameter(self, name: str) -> Any:
        return (
            self._given[name] if name in self._given else self.text(self._template["parameters"][name]["defaultValue"])
        )

    def _variable(self, name: str) -> Any:
        return self.text(self._template["variables"][name])

    def text(self, value: Any) -> Any:
        """A part of a template with its expressions evaluated, keys included."""
        if isinstance(value, Mapping):
            return {self.text(name): self.text(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.text(part) for part in value]
        if isinstance(value, str) and value.startswith("[") and not value.startswith("[["):
            return self.value(read_expression(ARM_STRING.sub(_as_bicep, value[1:-1])))
        return value


def _as_bicep(found: re.Match[str]) -> str:
    text = found[1].replace("\\", "\\\\").replace("''", "\\'").replace("$", "\\$").replace("\n", "\\n")
    return f"'{text}'"


def _plain(value: Any) -> Any:
    """The same with what only a deployment knows as text."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Runtime) else value
