"""The files that are checked, read once."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from infra.check.reader import read_bicep
from infra.check.syntax import BicepFile, Module, Resource
from infra.check.tokens import BicepError

DATA = Path(__file__).with_name("data")
MAIN = "infra/main.bicep"
RBAC = "infra/app/rbac.bicep"
FUNCTION = "infra/app/function.bicep"
# Deployed as deployment stacks into the workspace's group, which is not ours.
STACKS = ("infra/workspace.bicep", "infra/events.bicep")


@functools.cache
def data(name: str) -> Any:
    """One of the tables beside this file."""
    return json.loads((DATA / name).read_text())


# Of one text there is one tree: many checks look at repositories that differ in a line.
_tree = functools.lru_cache(maxsize=64)(read_bicep)


@dataclass
class Sources:
    """Bicep files by their path from the root: their text, and the tree of each that could be read."""

    root: Path
    texts: dict[str, str] = field(default_factory=dict)
    trees: dict[str, BicepFile] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path) -> Sources:
        """Everything below `root`/infra."""
        found = cls(root)
        for path in sorted((root / "infra").rglob("*.bicep")):
            found.add(path.relative_to(root).as_posix(), path.read_text())
        return found

    def add(self, path: str, text: str) -> None:
        """One file; what cannot be read becomes a finding instead of a tree."""
        self.texts[path] = text
        try:
            self.trees[path] = _tree(text)
        except BicepError as error:
            self.unread.append(f"{path}: {error}")

    def beside(self, name: str) -> str | None:
        """The text of a file of the repository that Bicep must agree with, None where there is none."""
        path = self.root / name
        return path.read_text() if path.is_file() else None

    def target(self, path: str, module: Module) -> str:
        """The path of the file that a module of the file at `path` deploys."""
        return (PurePosixPath(path).parent / module.path).as_posix()

    def resources(self) -> list[tuple[str, BicepFile, Resource]]:
        """Every resource with the file it is in."""
        return [(path, tree, one) for path, tree in self.trees.items() for one in tree.resources.values()]

    def deployed(self, path: str) -> list[tuple[str, Resource]]:
        """What deploying the file at `path` makes, its modules opened; resources that are only looked at left out."""
        tree = self.trees.get(path)
        if tree is None:
            return []
        own = [(path, one) for one in tree.resources.values() if not one.existing]
        return own + [one for module in tree.modules.values() for one in self.deployed(self.target(path, module))]
