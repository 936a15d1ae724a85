"""Asking `uv` for an environment, and what its answers mean for Azure."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from local.cloud.images.interpreters import Interpreter
from local.cloud.images.problems import Refused, build_fails, cannot_build_here
from local.cloud.images.recipe import Recipe

PROGRAM = Path(sys.executable).with_name("uv")
# Real seconds. A registry build may take that long (recorded in a build's log: "Timeout(sec): 5400").
LIMIT = 5400.0
_BETWEEN_LOOKS = 0.1
# An index or a repository that did not answer says nothing about Azure, which may well reach it.
_UNREACHED = re.compile(r"failed to fetch|error sending request|dns error|failed to lookup|git operation failed", re.I)
# Azure's base images have a compiler and its headers; this machine need not.
_COMPILED = re.compile(r"failed to build|build backend", re.I)
_SETTINGS = {"NO_COLOR": "1", "UV_NO_PROGRESS": "1", "UV_PYTHON_DOWNLOADS": "never"}
_NOT_PASSED = {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME"}
_TOLD = 2000


class Stopped(Exception):
    """Nobody wants the environment any more."""


@dataclass(frozen=True)
class Run:
    """Where the log goes, the machine's environment, and who says whether to go on."""

    log: IO[str]
    variables: Mapping[str, str]
    go_on: Callable[[], bool]


def pause(go_on: Callable[[], bool]) -> bool:
    """Wait a moment; whether to go on."""
    time.sleep(_BETWEEN_LOOKS)
    return go_on()


def install(recipe: Recipe, python: Interpreter, folder: Path, run: Run, relaxed: str | None) -> Path:
    """A new environment in `folder` with what the recipe lists; its interpreter. `Refused` when that is not to be."""
    if not PROGRAM.exists():
        raise cannot_build_here(
            f"{PROGRAM.name} is missing, with which environments are built: run `make environments`"
        )
    made = folder / "bin" / "python"
    failed = _call(["venv", "--python", str(python.program), str(folder)], run)
    if failed is None and recipe.from_conda:
        failed = _call(_installing(made, recipe.from_conda, folder), run)
        if failed is not None:
            raise _not_as_conda(failed)
    rest = [one for one in recipe.requirements if one not in recipe.from_conda]
    if failed is None and rest:
        failed = _call(_installing(made, rest, folder), run)
    if failed is None:
        return made
    raise _means(failed, relaxed)


def _installing(python: Path, requirements: Iterable[str], folder: Path) -> list[str]:
    listed = folder / "requirements.txt"
    listed.write_text("".join(f"{one}\n" for one in requirements))
    return ["pip", "install", "--python", str(python), "-r", str(listed)]


def _call(arguments: list[str], run: Run) -> str | None:
    """What uv said when it failed, or None; the log has it either way."""
    variables = {name: value for name, value in run.variables.items() if name not in _NOT_PASSED}
    run.log.write(f"uv {' '.join(arguments)}\n")
    run.log.flush()
    begins = Path(run.log.name).stat().st_size
    process = subprocess.Popen(
        [str(PROGRAM), *arguments],
        env={**variables, **_SETTINGS},
        stdin=subprocess.DEVNULL,
        stdout=run.log,
        stderr=subprocess.STDOUT,
    )
    deadline = time.monotonic() + LIMIT
    try:
        while process.poll() is None:
            if not pause(run.go_on):
                raise Stopped
            if time.monotonic() > deadline:
                return f"the build took longer than {LIMIT:.0f} s"
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode == 0:
        return None
    said = Path(run.log.name).read_bytes()[begins:].decode(errors="replace")
    return said[said.find("error:") :].strip() if "error:" in said else said.strip()


def _means(said: str, relaxed: str | None) -> Refused:
    """Whether what uv could not do is Azure's failure as well."""
    short = said[-_TOLD:]
    if relaxed:
        return cannot_build_here(f"the environment: {relaxed}, and with it {short}")
    if _UNREACHED.search(said):
        return cannot_build_here(f"the environment: the package index was not reached from this machine. {short}")
    if _COMPILED.search(said):
        return cannot_build_here(
            f"the environment: a package has to be compiled, which failed on this machine. {short}"
        )
    return build_fails(short)


def _not_as_conda(said: str) -> Refused:
    return cannot_build_here(
        "the environment: what its conda file lists outside of pip is looked for on PyPI here, and was not found so. "
        f"Conda's channels may have it. {said[-_TOLD:]}"
    )
