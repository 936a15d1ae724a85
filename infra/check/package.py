"""What azd packs and sends to Azure: the function app, and nothing that lies beside it."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from pathlib import Path

CODE = ("activities", "azure_api", "contracts", "orchestrations", "triggers")
MODULES = ("function_app.py", "settings.py", "version.py")
POLICIES = "policies"
# The suffixes that belong to the app, by folder; files of the root are named.
SUFFIXES = {**{folder: {".py"} for folder in CODE}, POLICIES: {".yml", ".yaml"}}
ROOT_FILES = {*MODULES, "host.json", "requirements.txt"}


def patterns(funcignore: str) -> list[str]:
    """The patterns of a `.funcignore`, comments aside."""
    return [line for line in map(str.strip, funcignore.splitlines()) if line and not line.startswith("#")]


def is_ignored(path: str, ignored: list[str]) -> bool:
    """Whether the file or folder at `path` is left out; a pattern with a leading slash is for the root alone."""
    name = path.rsplit("/", 1)[-1]
    return any(
        fnmatch.fnmatchcase(path, pattern[1:]) if pattern.startswith("/") else fnmatch.fnmatchcase(name, pattern)
        for pattern in ignored
    )


def packed(root: Path) -> Iterator[str]:
    """The files that azd would pack from `root`: everything on the disk, in Git or not, that no pattern leaves out."""
    ignored = patterns((root / ".funcignore").read_text())
    for folder, folders, files in os.walk(root, followlinks=True):
        here = Path(folder).relative_to(root).as_posix()
        prefix = "" if here == "." else f"{here}/"
        folders[:] = sorted(name for name in folders if not is_ignored(prefix + name, ignored))
        yield from (prefix + name for name in sorted(files) if not is_ignored(prefix + name, ignored))


def package_findings(root: Path) -> list[str]:
    """Files that would be sent to Azure and are not the app's, and files of the app that would not be."""
    files = set(packed(root))
    strangers = sorted(name for name in files if not _is_of_the_app(name))
    findings = [f"{name}: would be deployed; leave it out in .funcignore, or move it" for name in strangers]
    return findings + [f"{name}: would not be deployed" for name in sorted(ROOT_FILES - files)]


def _is_of_the_app(name: str) -> bool:
    folder, _, rest = name.partition("/")
    return Path(name).suffix.lower() in SUFFIXES.get(folder, set()) if rest else name in ROOT_FILES
