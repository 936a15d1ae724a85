"""What is installed in a virtual environment, and what of it a list of requirements would bring."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.markers import Marker, default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from local.cloud.images.interpreters import Interpreter
from local.cloud.images.requirement import read_requirement
from local.waiting import PATIENCE

_ASK = """
import importlib.metadata as metadata, json, platform
found = {}
for one in metadata.distributions():
    if one.metadata["Name"]:
        files = sorted({str(file) for file in one.files or ()})
        found[one.metadata["Name"]] = [one.version, one.requires or [], files]
print(json.dumps({"python": platform.python_version(), "packages": found}))
"""


def version_of(python: Path, package: str) -> str | None:
    """The version of a package, named as its folder is, beside an interpreter; None without it. Nothing is started."""
    found = next((python.parent.parent / "lib").glob(f"python*/site-packages/{package}-*.dist-info"), None)
    return found.name.removesuffix(".dist-info").removeprefix(f"{package}-") if found else None


@dataclass(frozen=True)
class Package:
    """One installed package; `files` are relative to the folder of packages."""

    version: str
    requires: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class Installed:
    """One interpreter, and its packages by canonical name."""

    interpreter: Interpreter
    packages: dict[str, Package]

    def closure(self, requirements: Iterable[str]) -> frozenset[str] | None:
        """The packages that these requirements bring with all they need, or None when any of it is not here."""
        wanted: set[str] = set()
        seen: set[str] = set()
        asked = list(requirements)
        while asked:
            line = asked.pop()
            if line in seen:
                continue
            seen.add(line)
            try:
                requirement = read_requirement(line)
            except InvalidRequirement:
                return None
            if requirement.marker is not None and not requirement.marker.evaluate(self._markers("")):
                continue
            package = self._satisfying(requirement)
            if package is None:
                return None
            wanted.add(canonicalize_name(requirement.name))
            asked += self._needs(package, requirement.extras)
        return frozenset(wanted)

    def _satisfying(self, requirement: Requirement) -> Package | None:
        package = self.packages.get(canonicalize_name(requirement.name))
        if package is None or requirement.url is not None:
            return None
        return package if requirement.specifier.contains(package.version, prereleases=True) else None

    def _needs(self, package: Package, extras: set[str]) -> list[str]:
        needs = []
        for text in package.requires:
            need, marker = _need(text)
            if marker is None or any(marker.evaluate(self._markers(extra)) for extra in ("", *extras)):
                needs.append(need)
        return needs

    def _markers(self, extra: str) -> dict[str, str]:
        known = {name: str(value) for name, value in default_environment().items()}
        python = {"python_version": self.interpreter.minor, "python_full_version": self.interpreter.version}
        return {**known, **python, "extra": extra}


@cache
def _need(text: str) -> tuple[str, Marker | None]:
    """What a package needs, and when. Kept: it is the same for each deployment, and reading it takes long."""
    need = read_requirement(text)
    marker, need.marker = need.marker, None
    return str(need), marker


@cache
def inspect(interpreter: Path) -> Installed:
    """Ask an interpreter what it has; once per run of this process.

    `FileNotFoundError` when there is no such interpreter, `RuntimeError` when it does not answer.
    """
    if not interpreter.exists():
        raise FileNotFoundError(interpreter)
    answer = subprocess.run(
        [str(interpreter), "-I", "-c", _ASK], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if answer.returncode != 0:
        raise RuntimeError(f"{interpreter} could not list its packages: {answer.stderr[-500:]}")
    said = json.loads(answer.stdout)
    packages = {
        str(canonicalize_name(name)): Package(version, tuple(needs), tuple(files))
        for name, (version, needs, files) in said["packages"].items()
    }
    return Installed(Interpreter(interpreter, said["python"]), packages)
