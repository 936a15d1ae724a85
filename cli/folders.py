"""Local folders that a request names: what of them is uploaded, what is left out, and one name for the same content.

As `az ml` uploads them: everything, hidden files included, but what the folder's ignore file names. Besides, what only
a machine of its own needs (compiled Python, a repository's history) stays at home.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# The first of them that is there counts, and only at the root of the folder (azure-ai-ml, `get_ignore_file`).
IGNORE_FILES = (".amlignore", ".gitignore")
AT_HOME = ("__pycache__", ".git", ".venv", ".ipynb_checkpoints")


class UnusableFolder(Exception):
    """A folder that cannot be uploaded; the message says why."""


@dataclass(frozen=True)
class Contents:
    """The files of a folder, or a single file: those that are uploaded, in a fixed order, and those that are not."""

    files: list[Path]
    left_out: list[Path]

    @property
    def size(self) -> int:
        """Bytes that are uploaded."""
        return sum(path.stat().st_size for path in self.files)


def contents(path: Path, *, at_home: tuple[str, ...] = AT_HOME) -> Contents:
    """What is at `path`. Raises UnusableFolder when nothing of it is left, or a link leads out of it."""
    if path.is_file():
        return Contents([path], [])
    ignored = _ignored(path)
    files: list[Path] = []
    left_out: list[Path] = []
    for found in _files(path):
        relative = found.relative_to(path)
        compiled = found.suffix == ".pyc" and bool(at_home)
        out = compiled or not set(at_home).isdisjoint(relative.parts) or ignored(relative.as_posix())
        (left_out if out else files).append(found)
    if not files:
        raise UnusableFolder("there is nothing to upload in it")
    return Contents(files, left_out)


def content_digest(folder: Path, files: list[Path]) -> str:
    """SHA-256 over names and content: the same for the same files wherever they lie."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").digest()
        name = path.name if path == folder else path.relative_to(folder).as_posix()
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()


def _ignored(folder: Path) -> _Ignored:
    for name in IGNORE_FILES:
        if (folder / name).is_file():
            return _Ignored((folder / name).read_text(encoding="utf-8-sig").splitlines())
    return _Ignored([])


class _Ignored:
    """The rules of an ignore file."""

    def __init__(self, lines: list[str]) -> None:
        # Only where it is needed: it takes its time to import, and most folders have no rules.
        from pathspec import GitIgnoreSpec

        self._rules = GitIgnoreSpec.from_lines(line.rstrip() for line in lines) if lines else None

    def __call__(self, path: str) -> bool:
        return bool(self._rules and self._rules.match_file(path))


def _files(folder: Path) -> Iterator[Path]:
    inside = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if not path.resolve().is_relative_to(inside):
            raise UnusableFolder(f"{path.relative_to(folder)} leads out of the folder: only files in it are uploaded")
        if path.is_file():
            yield path
