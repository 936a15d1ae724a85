"""Local folders that a request names: what is in them, and one name for the same content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

# az ml would leave out what these name. They are not followed here, so they must not silently mean nothing.
IGNORE_FILES = (".amlignore", ".gitignore")


class UnusableFolder(Exception):
    """A folder that cannot be uploaded; the message says why."""


def code_files(folder: Path) -> list[Path]:
    """The files of a code folder that are uploaded: neither hidden nor compiled, in a fixed order."""
    for name in IGNORE_FILES:
        if (folder / name).exists():
            raise UnusableFolder(f"{name} is not followed: keep what must not be uploaded outside the folder")
    return [path for path in _files(folder) if not _left_out(path.relative_to(folder))]


def model_files(path: Path) -> list[Path]:
    """The files of a model: the file itself, or everything in the folder, as the SDK uploads it."""
    return [path] if path.is_file() else list(_files(path))


def content_digest(folder: Path, files: list[Path]) -> str:
    """SHA-256 over names and content: the same for the same files wherever they lie."""
    digest = hashlib.sha256()
    for path in files:
        content = hashlib.sha256(path.read_bytes()).digest()
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + content)
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    inside = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if not path.resolve().is_relative_to(inside):
            raise UnusableFolder(f"{path.relative_to(folder)} leads out of the folder: only files in it are uploaded")
        if path.is_file():
            yield path


def _left_out(relative: Path) -> bool:
    return relative.suffix == ".pyc" or any(part == "__pycache__" or part.startswith(".") for part in relative.parts)
