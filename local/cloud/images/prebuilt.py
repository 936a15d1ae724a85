"""An environment made of the prebuilt scoring environment, when that has all of it: no download, a tenth of a second.

Only the packages that the deployment asks for are to be seen in it, so a script that imports another fails here as it
fails in Azure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from local.cloud.images.installed import Installed

# What installers bring rather than scripts use; the prebuilt environment was made without them.
_TOOL = re.compile(r"(?:pip|setuptools|wheel)(?:\s*[=<>!~;].*)?")


def is_tool(requirement: str) -> bool:
    """Whether a requirement is one of those."""
    return _TOOL.fullmatch(requirement) is not None


def make(installed: Installed, packages: frozenset[str], folder: Path) -> Path:
    """Lay an environment of these packages out in `folder`, linked to what is installed; its interpreter."""
    prefix = installed.interpreter.program.parent.parent
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text((prefix / "pyvenv.cfg").read_text())
    python = folder / "bin" / "python"
    python.symlink_to(installed.interpreter.program.resolve())
    inside = Path("lib") / f"python{installed.interpreter.minor}" / "site-packages"
    (folder / inside).mkdir(parents=True)
    wanted = {file for name in packages for file in installed.packages[name].files}
    others = {file for name, one in installed.packages.items() if name not in packages for file in one.files}
    for part in _whole(wanted, others):
        target = folder / inside / part
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(prefix / inside / part)
    return python


def _whole(wanted: Iterable[str], others: Iterable[str]) -> list[str]:
    """The fewest files and folders that are all of `wanted` and none of `others`: folders where nobody else is in."""
    shared = _folders(others)
    parts = set()
    for file in wanted:
        path = PurePosixPath(file)
        if ".." in path.parts:
            continue
        folders = [str(parent) for parent in reversed(path.parents) if str(parent) != "."]
        alone = (folder for folder in folders if folder not in shared)
        parts.add(next(alone, file))
    return sorted(parts)


def _folders(files: Iterable[str]) -> frozenset[str]:
    return frozenset(str(parent) for file in files for parent in PurePosixPath(file).parents)
