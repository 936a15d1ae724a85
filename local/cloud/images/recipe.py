"""The recipe of an environment: a Python, pip's requirements, and what has to be said about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from local.cloud.images import conda, dockerfile
from local.cloud.images.known import Brings, brought_by
from local.cloud.images.problems import WITH_AN_ENGINE, cannot_build_here


@dataclass(frozen=True)
class Asked:
    """The environment that a deployment names: an image, perhaps with a conda file, or a folder with a Dockerfile.

    `note` is what has to be said of how it was come by.
    """

    image: str
    conda_file: str | None = None
    context: Path | None = None
    dockerfile: str = "Dockerfile"
    note: str = ""

    @property
    def is_built(self) -> bool:
        """Whether Azure builds an image for it, rather than pull the one it names."""
        return self.conda_file is not None or self.context is not None


@dataclass(frozen=True)
class Recipe:
    """What is built. `python` is a set of version clauses, `notes` is what differs from the image in Azure."""

    python: str
    requirements: tuple[str, ...]
    from_conda: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def recipe_of(asked: Asked) -> Recipe | None:
    """How to build the environment; None when its image is of a registry that nobody here knows. `Refused` if not."""
    if asked.context is not None:
        return _of_context(asked.context, asked.dockerfile)
    brings = brought_by(asked.image, to_build=asked.is_built)
    if brings is None:
        return None
    if asked.conda_file is None:
        return _of_image(brings)
    return replace(_of_conda(asked.conda_file), notes=(asked.note,) if asked.note else ())


def _of_image(brings: Brings) -> Recipe:
    if brings.unknown:
        raise cannot_build_here(brings.unknown)
    return Recipe(f"=={brings.python}.*" if brings.python else "", brings.packages)


def _of_conda(text: str) -> Recipe:
    wanted = conda.read(text)
    from_conda = (*wanted.tools, *wanted.from_conda)
    return Recipe(wanted.python, (*from_conda, *wanted.from_pip), from_conda)


def _of_context(context: Path, name: str) -> Recipe:
    steps = dockerfile.read(context, name)
    brings = brought_by(steps.image, to_build=True)
    if brings is None:
        raise cannot_build_here(
            f"the environment's Dockerfile begins with FROM {steps.image}, an image of which nothing is known here: it "
            f"takes a container engine. {WITH_AN_ENGINE}"
        )
    base = _of_image(brings)
    for text in steps.conda_files:
        update = _of_conda(text)
        python = update.python or base.python
        base = replace(base, python=python, from_conda=(*base.from_conda, *update.from_conda))
        base = replace(base, requirements=(*base.requirements, *update.requirements))
    requirements = (*base.requirements, *steps.requirements)
    return replace(base, requirements=requirements, variables=steps.variables, notes=steps.notes)
