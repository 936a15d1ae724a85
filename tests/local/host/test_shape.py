"""How the host's modules depend on each other, and on what."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

from tests.local.host.driver import ROOT

FOLDER = ROOT / "local" / "host"


def imported(path: Path) -> set[str]:
    """The modules a file imports, wherever in it; with each the packages it lies in, which Python runs first."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    parts = [name.split(".") for name in names]
    return {".".join(part[:length]) for part in parts for length in range(1, len(part) + 1)}


def module(path: Path) -> str:
    """The name a file is imported by."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_no_modules_of_the_host_import_each_other_in_a_circle() -> None:
    modules = {module(path): path for path in FOLDER.rglob("*.py")}
    graph = {name: imported(path) & modules.keys() - {name} for name, path in modules.items()}
    graph["local.host"] = imported(FOLDER / "__init__.py") & modules.keys() - {"local.host"}

    # Raises CycleError, which names the circle.
    assert set(TopologicalSorter(graph).static_order()) == modules.keys()


def test_the_host_serves_http_with_the_same_framework_as_the_local_azure() -> None:
    assert not [path.name for path in FOLDER.rglob("*.py") if "aiohttp" in imported(path)]
