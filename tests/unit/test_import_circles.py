"""No module needs itself: the import graph of the whole repository has no circle, not even a deferred one.

An import under `TYPE_CHECKING` or inside a function does not fail at run time, but the two modules still cannot be
understood or changed one without the other. So every import counts; the failure says which links are deferred.
"""

import ast
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Module -> what it imports, and whether only deferred.
Graph = dict[str, dict[str, bool]]


class Import(NamedTuple):
    """`module` is imported; `deferred` when only for types, or when a function is called."""

    module: str
    deferred: bool


def modules(root: Path) -> dict[str, Path]:
    """Every module below `root` by its dotted name; hidden folders are environments and tools."""
    found = {}
    for folder, below, names in os.walk(root):
        # Not walked through, let alone read: an environment has more modules than a hundred repositories.
        below[:] = [name for name in below if not name.startswith(".")]
        for path in (Path(folder, name) for name in names if name.endswith(".py") and not name.startswith(".")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return dict(sorted(found.items()))


def packages_of(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def imports(tree: ast.AST, known: dict[str, Path], *, deferred: bool = False) -> Iterator[Import]:
    """The modules that import statements name; a name that is no module is taken from its package."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, deferred) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield Import(module if module in known else str(node.module), deferred)
        else:
            function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            types_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            yield from imports(node, known, deferred=deferred or function or types_only)


def graph_of(root: Path) -> Graph:
    known = modules(root)
    graph: Graph = {name: {} for name in known}
    for name, links in graph.items():
        around = {name, *packages_of(name)}
        for one in imports(ast.parse(known[name].read_text()), known):
            # A module brings the packages above it; those around the importing module are under way already.
            for target in {one.module, *packages_of(one.module)} - (around - {one.module}):
                if target in known and target != name:
                    links[target] = links.get(target, True) and one.deferred
    return graph


def circle_in(graph: Graph, *, deferred: bool) -> list[str]:
    """The modules along one circle, the first again at the end; empty when there is none."""
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name not in done:
            for target, later in sorted(graph[name].items()):
                circle = visit(target, [*trail, name]) if deferred or not later else []
                if circle:
                    return circle
            done.add(name)
        return []

    return next((circle for name in sorted(graph) if (circle := visit(name, []))), [])


def described(graph: Graph, circle: list[str]) -> str:
    links = itertools.pairwise(circle)
    return "\n".join(f"{one} -> {other}{' (deferred)' if graph[one][other] else ''}" for one, other in links)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return graph_of(ROOT)


@pytest.mark.parametrize("deferred", [False, True], ids=["at import", "deferred as well"])
def test_no_module_imports_itself_by_a_detour(graph: Graph, deferred: bool) -> None:
    circle = circle_in(graph, deferred=deferred)

    assert not circle, f"these modules need each other:\n{described(graph, circle)}"


@pytest.mark.parametrize(
    ("back", "deferred"),
    [
        ("from shop.till import total", False),
        ("import shop.till", False),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.till import total", True),
        ("def late():\n    from shop import till", True),
    ],
)
def test_a_circle_is_named(tmp_path: Path, back: str, deferred: bool) -> None:
    (tmp_path / "shop").mkdir()
    for name, text in (("__init__", ""), ("till", "from shop.price import cost"), ("price", back)):
        (tmp_path / "shop" / f"{name}.py").write_text(text)

    graph = graph_of(tmp_path)

    assert circle_in(graph, deferred=True) == ["shop.price", "shop.till", "shop.price"]
    assert bool(circle_in(graph, deferred=False)) is not deferred
    assert ("(deferred)" in described(graph, ["shop.price", "shop.till"])) is deferred
