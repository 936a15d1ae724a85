"""What is installed in the virtual environment that deployed models run in."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ASK = """
import importlib.metadata as metadata, json, platform
found = {d.metadata["Name"]: [d.version, d.requires or []] for d in metadata.distributions() if d.metadata["Name"]}
print(json.dumps({"python": platform.python_version(), "packages": found}))
"""
# An interpreter that takes longer to list its packages is broken.
_ASK_TIMEOUT = 60.0


@dataclass(frozen=True)
class PythonEnvironment:
    """One interpreter: its version, and each package's version and requirements by canonical name."""

    interpreter: Path
    python: str
    packages: dict[str, tuple[str, tuple[str, ...]]]

    @property
    def minor(self) -> str:
        """The version as `3.11`."""
        return ".".join(self.python.split(".")[:2])

    def problem_with(self, requirement: Requirement) -> str | None:
        """Why a requirement is not satisfied here, or None; extras are followed."""
        if requirement.marker is not None and not requirement.marker.evaluate(self._markers()):
            return None
        if requirement.url is not None:
            return f"{requirement.name} comes from a URL, which is not compared with what is installed"
        installed = self.packages.get(canonicalize_name(requirement.name))
        if installed is None:
            return f"{requirement} is not installed"
        version, needs = installed
        if not requirement.specifier.contains(version, prereleases=True):
            return f"{requirement} is wanted and {version} is installed"
        return self._problem_with_extras(requirement, needs)

    def _problem_with_extras(self, requirement: Requirement, needs: tuple[str, ...]) -> str | None:
        for extra in sorted(requirement.extras):
            for need in map(Requirement, needs):
                marker = need.marker
                if marker is None or "extra" not in str(marker):
                    continue
                if marker.evaluate({**self._markers(), "extra": extra}):
                    need.marker = None
                    problem = self.problem_with(need)
                    if problem is not None:
                        return f"{problem} (for {requirement.name}[{extra}])"
        return None

    def _markers(self) -> dict[str, str]:
        known = {name: str(value) for name, value in default_environment().items()}
        return {**known, "python_version": self.minor, "python_full_version": self.python}


@cache
def inspect(interpreter: Path) -> PythonEnvironment:
    """Ask an interpreter what it has; once per run of this process.

    `FileNotFoundError` when there is no such interpreter, `RuntimeError` when it does not answer.
    """
    if not interpreter.exists():
        raise FileNotFoundError(interpreter)
    answer = subprocess.run(
        [str(interpreter), "-I", "-c", _ASK], capture_output=True, text=True, timeout=_ASK_TIMEOUT, check=False
    )
    if answer.returncode != 0:
        raise RuntimeError(f"{interpreter} could not list its packages: {answer.stderr[-500:]}")
    said = json.loads(answer.stdout)
    packages: dict[str, tuple[str, tuple[str, ...]]] = {
        canonicalize_name(name): (version, tuple(needs)) for name, (version, needs) in said["packages"].items()
    }
    return PythonEnvironment(interpreter, said["python"], packages)
