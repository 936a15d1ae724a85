"""What a conda file asks for, in pip's words. `data/conda.yml` says which conda packages PyPI has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from local.cloud.images.problems import build_fails, cannot_build_here
from local.cloud.images.requirement import read_requirement

_DATA = Path(__file__).with_name("data") / "conda.yml"
# `channel::name`, then a version in any of conda's forms, then perhaps a build.
_SPEC = re.compile(r"(?:[\w./-]+::)?(?P<name>[\w.-]+?)(?:\[(?P<inside>[^]]*)\]|(?P<rest>[\s=<>!~].*)?)")
_RELATION = re.compile(r"(?P<sign>===|==|=|>=|<=|>|<|!=|~=)?\s*(?P<version>[\d*][\w.+!*-]*)")


@dataclass(frozen=True)
class CondaFile:
    """`python` is a set of version clauses (`>=3.9,<3.11`, `==3.9.*`; empty: any); the rest are pip's requirements.

    `from_conda` are those whose versions conda would have looked for in its channels, and not on PyPI. `tools` are
    there whether they are listed or not: conda puts pip beside every Python.
    """

    python: str
    from_conda: tuple[str, ...]
    from_pip: tuple[str, ...]
    tools: tuple[str, ...]


@cache
def _data() -> Any:
    return yaml.safe_load(_DATA.read_text())


@cache
def _names() -> tuple[dict[str, str], dict[str, list[str]], frozenset[str]]:
    data = _data()
    pypi = {name: name for name in data["same"].split()} | data["renamed"]
    return pypi, data["with"], frozenset(data["conda_only"].split())


def read(text: str) -> CondaFile:
    """Read a conda file. `Refused` for one that conda does not take, and for what is not on PyPI, all at once."""
    python = ""
    conda: list[str] = []
    pips_version = ""
    pip: list[str] = []
    unknown: list[str] = []
    for entry in _dependencies(text):
        if isinstance(entry, dict):
            pip += _pip_section(entry)
            continue
        name, clauses = _spec(str(entry))
        if name == "python":
            python = clauses
        elif name == "pip":
            pips_version = clauses
        elif (requirements := _on_pypi(name, clauses)) is None:
            unknown.append(_unknown(name))
        else:
            conda += requirements
    if unknown:
        raise cannot_build_here(
            f"the environment's conda file: {'; '.join(unknown)}. The local Azure has no conda: list what PyPI has "
            "under pip, or deploy this environment in Azure."
        )
    _, along, _ = _names()
    return CondaFile(python, (*conda, *_numpy_1(conda)), tuple(pip), (f"pip{pips_version}", *along["pip"]))


def _numpy_1(requirements: Iterable[str]) -> list[str]:
    """The bound on numpy that conda-forge's builds of these versions bring with them, where one does."""
    first: dict[str, str] = _data()["numpy_1_before"]
    listed = [read_requirement(one) for one in requirements]
    bounded = any(one.name == "numpy" and _is_older(one, "2") for one in listed)
    old = any(one.name in first and _is_older(one, first[one.name]) for one in listed)
    return ["numpy<2"] if old and not bounded else []


def _is_older(requirement: Requirement, than: str) -> bool:
    """Whether every version that is wanted is older."""
    ends = [one.version.removesuffix(".*") for one in requirement.specifier if one.operator in ("==", "===", "~=")]
    bounds = [one.version for one in requirement.specifier if one.operator in ("<", "<=")]
    return any(Version(one) < Version(than) for one in ends) or any(Version(one) <= Version(than) for one in bounds)


def _dependencies(text: str) -> list[Any]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as reason:
        raise build_fails(f"The conda file is not YAML: {reason}") from None
    listed = document.get("dependencies", []) if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise build_fails("The conda file has no list of dependencies.")
    return listed


def _pip_section(entry: dict[Any, Any]) -> Iterable[str]:
    lines = entry.get("pip") if set(entry) == {"pip"} else None
    if not isinstance(lines, list):
        raise build_fails(f"The conda file lists {entry!r}, which is neither a package nor a list under pip.")
    return [str(line).strip() for line in lines]


def _spec(text: str) -> tuple[str, str]:
    found = _SPEC.fullmatch(text.strip())
    if found is None:
        raise build_fails(f"The conda file lists {text!r}, which is not a package specification.")
    inside = re.search(r"version\s*=\s*['\"]?([^'\"\]]+)", found["inside"] or "")
    rest = inside[1] if inside else (found["rest"] or "")
    return re.sub(r"[_.]", "-", found["name"].lower()), clauses_of(rest.strip(), text)


def clauses_of(version: str, whole: str) -> str:
    """Conda's version as pip's: `=1.2` and `1.2.*` are any 1.2, `==1.2` and `1.2` exactly that."""
    if "|" in version:
        raise cannot_build_here(f"the environment's conda file: {whole!r} offers alternatives, which are not read here")
    return ",".join(_clause(part.strip(), whole) for part in version.split(",") if part.strip(" *="))


def _clause(part: str, whole: str) -> str:
    found = _RELATION.match(part)
    if found is None:
        raise build_fails(f"The conda file lists {whole!r}, whose version cannot be read.")
    sign, number = found["sign"] or "==", found["version"]
    behind = part[found.end() :].strip()
    # A second `=` begins the build, which PyPI does not know: `numpy=1.21=py39h_0`.
    if behind and not behind.startswith("=") and not re.fullmatch(r"[\w*]+", behind):
        raise build_fails(f"The conda file lists {whole!r}, whose version cannot be read.")
    if sign == "=" or number.endswith("*"):
        return f"{'!=' if sign == '!=' else '=='}{number.rstrip('*').rstrip('.')}.*"
    return f"{sign}{number}"


def _on_pypi(name: str, clauses: str) -> list[str] | None:
    pypi, along, conda_only = _names()
    if name in along:
        return [f"{name}{clauses}", *along[name]]
    return None if name in conda_only or name not in pypi else [f"{pypi[name]}{clauses}"]


def _unknown(name: str) -> str:
    _, _, conda_only = _names()
    if name in conda_only:
        return f"{name} is a conda package that PyPI does not have"
    return f"it is not known here whether PyPI has the conda package {name}"
