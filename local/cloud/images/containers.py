"""What a deployment's container is on this machine: a built environment, or a command that somebody named for it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from local.cloud.images import own
from local.cloud.images.building import Builder, Plan
from local.cloud.images.own import NAME, OwnImage
from local.cloud.images.problems import cannot_build_here
from local.cloud.images.recipe import Asked, recipe_of


class Containers:
    """Finds out how an environment is run here, and remembers which images the workspace's registry has by now.

    `cache` keeps built environments, `scoring_python` is the prebuilt one's interpreter, `images` is the file of own
    images, `variables` the environment of the machine.
    """

    def __init__(self, cache: Path, scoring_python: Path, *, images: Path, variables: Mapping[str, str]) -> None:
        self.builder = Builder(cache, scoring_python, variables)
        self._own = own.read(images)
        self._in_registry: set[str] = set()
        self._lock = threading.Lock()

    def plan(self, asked: Asked) -> Plan | OwnImage:
        """How the environment is run; `Refused` when it is not."""
        named = own.match(asked.image, self._own)
        if named:
            return named
        recipe = recipe_of(asked)
        if recipe is None:
            raise cannot_build_here(
                f"image {asked.image!r}: nothing is known here of what is in it, and there is no container engine. Say "
                f"in {NAME} which command serves it on this machine, use an image of mcr.microsoft.com/azureml with a "
                "code_configuration, or deploy this one in Azure."
            )
        return self.builder.plan(recipe)

    def first_build(self, plan: Plan) -> bool:
        """Whether Azure would have to build the image now: the workspace's registry has not got it yet.

        The images of the prebuilt scoring environment count as there, so that what everybody tries first is no slower.
        """
        with self._lock:
            if plan.packages is not None or plan.key in self._in_registry:
                return False
            self._in_registry.add(plan.key)
            return True

    def forget(self) -> None:
        """Empty the workspace's registry; what was built on this machine stays."""
        with self._lock:
            self._in_registry.clear()
