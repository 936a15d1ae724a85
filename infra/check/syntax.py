"""What a Bicep file says, as a tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Union


@dataclass(frozen=True)
class Literal:
    """A number, true, false, null, or a string without holes."""

    value: str | int | bool | None
    line: int = 0


@dataclass(frozen=True)
class Text:
    """A string with holes: what stands between them is a `str`."""

    parts: tuple[str | Node, ...]
    line: int = 0


@dataclass(frozen=True)
class Name:
    """A symbol: a parameter, variable, resource, module, or a namespace."""

    name: str
    line: int = 0


@dataclass(frozen=True)
class Member:
    """`of.name`."""

    of: Node
    name: str
    line: int = 0


@dataclass(frozen=True)
class Index:
    """`of[key]`."""

    of: Node
    key: Node
    line: int = 0


@dataclass(frozen=True)
class Call:
    """`name(arguments)`; a method's object is `of`."""

    name: str
    arguments: tuple[Node, ...]
    of: Node | None = None
    line: int = 0


@dataclass(frozen=True)
class Operation:
    """Operands joined by a sign; `?:` has three of them, `!` and a sign before a number one."""

    sign: str
    operands: tuple[Node, ...]
    line: int = 0


@dataclass(frozen=True)
class Array:
    """`[items]`."""

    items: tuple[Node, ...]
    line: int = 0


@dataclass(frozen=True)
class Object:
    """`{properties}` in their order; a key with holes is a Text."""

    items: tuple[tuple[str | Text, Node], ...]
    line: int = 0

    def get(self, *path: str) -> Node | None:
        """The value at a path of keys, None when there is none or something on the way is not an object."""
        found: Node | None = self
        for name in path:
            found = dict(found.items).get(name) if isinstance(found, Object) else None
        return found


Node = Union[Literal, Text, Name, Member, Index, Call, Operation, Array, Object]  # noqa: UP007 - refers to itself


@dataclass(frozen=True)
class Parameter:
    """`param name kind = default`, with what `@allowed` lets through."""

    name: str
    kind: str
    default: Node | None
    decorators: Mapping[str, tuple[Node, ...]]
    line: int


@dataclass(frozen=True)
class Resource:
    """`resource symbol 'type@version' = body`; `existing` ones are only looked at."""

    symbol: str
    type: str
    version: str
    existing: bool
    condition: Node | None
    body: Object
    line: int


@dataclass(frozen=True)
class Module:
    """`module symbol 'path' = body`."""

    symbol: str
    path: str
    condition: Node | None
    body: Object
    line: int


@dataclass(frozen=True)
class Output:
    """`output name kind = value`."""

    name: str
    kind: str
    value: Node
    line: int


@dataclass
class BicepFile:
    """One file: its declarations by symbol, in their order."""

    scope: str = "resourceGroup"
    parameters: dict[str, Parameter] = field(default_factory=dict)
    variables: dict[str, Node] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)

    @property
    def symbols(self) -> set[str]:
        """Every name that is declared and can be referred to."""
        return {*self.parameters, *self.variables, *self.resources, *self.modules}

    @property
    def bodies(self) -> list[Resource | Module]:
        """Everything that has a body."""
        return [*self.resources.values(), *self.modules.values()]


def children(node: Node) -> Iterator[Node]:
    """The nodes directly inside `node`."""
    if isinstance(node, Object):
        for key, value in node.items:
            yield from () if isinstance(key, str) else (key,)
            yield value
        return
    for one in fields(node):
        value = getattr(node, one.name)
        for part in value if isinstance(value, tuple) else (value,):
            if not isinstance(part, str | int | None):
                yield part


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything inside it."""
    yield node
    for child in children(node):
        yield from walk(child)
