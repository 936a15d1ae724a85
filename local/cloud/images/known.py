"""Which images and curated environments are known, and what they bring: `data/families.yml` says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from local.cloud.images.own import NAME
from local.cloud.images.problems import NOT_PULLED, Refused, StartupProblem, build_fails, cannot_build_here

_DATA = Path(__file__).with_name("data") / "families.yml"
# A name with its tag or digest, and that of an environment with its version or label.
_TAGGED = re.compile(r"(?P<name>[^@\s]+?)(?::(?P<tag>[\w.-]+))?(?:@sha256:[0-9a-f]+)?", re.IGNORECASE)
_VERSIONED = re.compile(r"(?P<name>[^/\s]+)/(?:versions/[\w.-]+|labels/latest)", re.IGNORECASE)


@dataclass(frozen=True)
class Brings:
    """What an image has before anything is built upon it: a Python (None: whichever is asked for), and packages.

    Of one of which that is not known, `unknown` says so: what a conda file is built into does not depend on it.
    """

    python: str | None
    packages: tuple[str, ...]
    unknown: str = ""


@cache
def _data() -> Any:
    return yaml.safe_load(_DATA.read_text())


def _in_known_registry(image: str) -> bool:
    """Whether all images of that registry are known, so that another name is a mistake."""
    return any(image.lower().startswith(registry) for registry in _data()["registries"])


def brought_by(image: str, *, to_build: bool) -> Brings | None:
    """What a known image brings; None for one of a registry that nobody here knows.

    `Refused` for one that is known not to exist, in the words of a build (`to_build`) or of a pull, and for one that
    is known and cannot be had without a container engine.
    """
    if not _in_known_registry(image):
        return None
    kind, name = _name(image)
    for family in _data()["families"]:
        found = re.fullmatch(family[kind], name, re.IGNORECASE) if kind in family else None
        if found:
            return _brings(family, image)
    missing = f"manifest for {image} not found: manifest unknown"
    if to_build:
        raise build_fails(f"{missing}. No such image is published there; check its name.")
    raise Refused(
        StartupProblem(NOT_PULLED, f"Unable to download user container image: {missing}. Check the image's name.")
    )


def is_curated(name: str) -> bool:
    """Whether the registry `azureml` has an environment of that name, be it one that is not built here."""
    known = (family["environments"] for family in _data()["families"] if "environments" in family)
    return any(re.fullmatch(names, name, re.IGNORECASE) for names in known)


def _name(image: str) -> tuple[str, str]:
    """Where to look (`images` or `environments`), and the name without registry, tag, version or label."""
    registry = next(one for one in _data()["registries"] if image.lower().startswith(one))
    rest = image[len(registry) :]
    kind, form = ("environments", _VERSIONED) if registry.startswith("azureml:") else ("images", _TAGGED)
    found = form.fullmatch(rest)
    return kind, found["name"] if found else ""


def _brings(family: Any, image: str) -> Brings:
    why_not = family.get("why_not") or family.get("why_not_alone") or ""
    reason = (
        f"image {image!r} is known, and {why_not}: the local Azure cannot build it. Use an image with a "
        f"conda file, name a command for this one in {NAME}, or deploy it in Azure."
    )
    if "why_not" in family:
        raise cannot_build_here(reason)
    python = family.get("python")
    if family.get("python_of_name"):
        found = re.search(r"-py(\d)(\d+)-", image)
        python = f"{found[1]}.{found[2]}" if found else None
    return Brings(None if python == "any" else python, tuple(family["packages"]), reason if why_not else "")
