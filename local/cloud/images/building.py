"""Environments, built for real and kept by content, so that runs share them.

What conda would install comes first and pip's section upon it, as in Azure's image: pip may change what conda chose.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from local.cloud.images import interpreters, prebuilt, uv
from local.cloud.images.installed import Installed, inspect
from local.cloud.images.interpreters import Interpreter
from local.cloud.images.problems import cannot_build_here
from local.cloud.images.recipe import Recipe

_LOG, _DONE, _LOCK = "build.log", "built.json", "lock"


@dataclass(frozen=True)
class Built:
    """An environment that is there: its interpreter, and what a deployment's log and properties say of it."""

    python: Path
    image_id: str
    notes: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """How an environment will be made. `packages` are those of the prebuilt environment when that has all of it."""

    recipe: Recipe
    interpreter: Interpreter
    packages: frozenset[str] | None
    relaxed: str | None
    key: str

    @property
    def image_id(self) -> str:
        """What its image would be called in the workspace's registry."""
        return f"azureml_{self.key}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Everything in which it differs from what Azure would build."""
        conda = [one for one in self.recipe.from_conda if not prebuilt.is_tool(one)]
        mapped = (f"taken from PyPI instead of conda: {', '.join(conda)}",) if conda else ()
        return (*((self.relaxed,) if self.relaxed else ()), *mapped, *self.recipe.notes)


class Builder:
    """Builds environments under `cache`; `scoring_python` is the prebuilt scoring environment's interpreter.

    `variables` is the environment of the machine, with which `uv` finds its package index.
    """

    def __init__(self, cache: Path, scoring_python: Path, variables: Mapping[str, str]) -> None:
        self._cache = cache
        self._scoring_python = scoring_python
        self._variables = dict(variables)

    def plan(self, recipe: Recipe) -> Plan:
        """Choose the Python, and whether the prebuilt environment is enough; takes a moment. `Refused` without one."""
        scoring = self._scoring()
        at_hand = scoring.interpreter
        chosen = interpreters.choose(recipe.python, at_hand)
        relaxed = None
        if chosen is None:
            chosen = at_hand
            relaxed = (
                f"Python {recipe.python} is wanted and is not on this machine: this is Python {chosen.version}, so "
                "nothing here shows that it works in Azure"
            )
        packages = None
        if chosen == at_hand:
            wanted = [one for one in recipe.requirements if not prebuilt.is_tool(one)]
            packages = scoring.closure(wanted)
        return Plan(recipe, chosen, packages, relaxed, _key(recipe, chosen, scoring if packages is not None else None))

    def build(self, plan: Plan, go_on: Callable[[], bool]) -> Built:
        """Make the environment, or take it from the cache. Asks `go_on` now and then, and stops on a no.

        `Refused` when it cannot be built, in Azure's words or in those of this machine; `log` then has the log.
        """
        home = self._cache / plan.key
        home.mkdir(parents=True, exist_ok=True)
        with _held(home / _LOCK, go_on):
            done = home / _DONE
            if not done.exists():
                python = self._made(plan, home, go_on)
                done.write_text(json.dumps({"python": str(python)}))
            python = Path(json.loads(done.read_text())["python"])
        return Built(python, plan.image_id, plan.notes, plan.recipe.variables)

    def log(self, plan: Plan) -> str:
        """The build's log, empty before the first try."""
        path = self._cache / plan.key / _LOG
        return path.read_text(errors="replace") if path.exists() else ""

    def _made(self, plan: Plan, home: Path, go_on: Callable[[], bool]) -> Path:
        for left in home.glob("env-*"):
            shutil.rmtree(left, ignore_errors=True)
        # A name of its own: what a killed run left behind may still be written to.
        folder = home / f"env-{secrets.token_hex(4)}"
        with (home / _LOG).open("w") as log:
            header = (f"image {plan.image_id}", f"python {plan.interpreter.version}", *plan.notes)
            log.writelines(f"{line}\n" for line in header)
            if plan.packages is None:
                run = uv.Run(log, self._variables, go_on)
                python = uv.install(plan.recipe, plan.interpreter, folder, run, plan.relaxed)
            else:
                python = prebuilt.make(self._scoring(), plan.packages, folder)
                content = ("taken from the prebuilt scoring environment:", *sorted(plan.packages))
                log.writelines(f"{line}\n" for line in content)
            log.write("Image build succeeded.\n")
        return python

    def _scoring(self) -> Installed:
        try:
            return inspect(self._scoring_python)
        except FileNotFoundError:
            raise cannot_build_here(
                f"there is no scoring environment at {self._scoring_python}: create it with the project's setup step."
            ) from None
        except RuntimeError as error:
            raise cannot_build_here(
                f"the scoring environment is broken: {error}. Create it again with the project's setup step."
            ) from None


def _key(recipe: Recipe, python: Interpreter, scoring: Installed | None) -> str:
    """What makes two environments the same: the recipe and the Python, and what it is taken from when prebuilt."""
    source = sorted((name, one.version) for name, one in scoring.packages.items()) if scoring else None
    content = [recipe.requirements, recipe.from_conda, python.version, str(python.program), source]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


@contextmanager
def _held(path: Path, go_on: Callable[[], bool]) -> Iterator[None]:
    """Hold an environment's lock: another run, or another deployment, may be building it just now."""
    with path.open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not uv.pause(go_on):
                    raise uv.Stopped from None
        yield
