"""The Pythons of this machine, by minor version. None is fetched: what is not here is said to be missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from local.waiting import PATIENCE

# The oldest that any inference server runs on, and the newest worth looking for.
_MINORS = range(7, 20)
_ASK = "import platform; print(platform.python_version())"


@dataclass(frozen=True)
class Interpreter:
    """One Python: its program, and its version in full."""

    program: Path
    version: str

    @property
    def minor(self) -> str:
        """The version as `3.11`."""
        return ".".join(self.version.split(".")[:2])


def satisfies(minor: str, clauses: str) -> bool:
    """Whether a minor version is what the clauses ask for, whatever the patch: `==3.11.7` is any 3.11."""
    exact = re.fullmatch(r"={2,3}(\d+\.\d+)(?:\.[\d*]+)*", clauses)
    if exact:
        return exact[1] == minor
    try:
        return any(SpecifierSet(clauses).contains(f"{minor}.{patch}") for patch in (0, 99))
    except InvalidSpecifier:
        return False


def choose(clauses: str, at_hand: Interpreter) -> Interpreter | None:
    """The Python at hand if it is what the clauses ask for, else the newest of this machine that is; or None."""
    if satisfies(at_hand.minor, clauses):
        return at_hand
    fitting = (minor for minor in reversed(_MINORS) if satisfies(f"3.{minor}", clauses))
    return next((found for minor in fitting if (found := of(minor))), None)


@cache
def ask(program: Path) -> Interpreter | None:
    """The interpreter behind a program, or None when it is none that works; asked once per run of this process."""
    try:
        command = [str(program), "-I", "-c", _ASK]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Interpreter(program, answer.stdout.strip()) if answer.returncode == 0 else None


@cache
def of(minor: int) -> Interpreter | None:
    """The Python 3.`minor` of this machine, from the search path, pyenv's folder or uv's; None without one."""
    answers = (ask(program) for program in _programs(f"python3.{minor}"))
    return next((found for found in answers if found), None)


def _programs(name: str) -> Iterator[Path]:
    on_path = shutil.which(name)
    if on_path:
        yield Path(on_path)
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local" / "share" / "uv" / "python")
    for folder in (pyenv, uv):
        yield from sorted(folder.glob(f"*/bin/{name}"), reverse=True)
