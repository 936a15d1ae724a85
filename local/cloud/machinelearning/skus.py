"""The sizes an online deployment may run on, and what they take from the subscription's core quota."""

from __future__ import annotations

import json
import math
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple


class Family(NamedTuple):
    """Sizes that share a quota of cores; `name` as sizes name it, such as `standardDSv2Family`."""

    name: str
    gpu: bool

    @property
    def counted_as(self) -> str:
        """What usages and quotas call it, such as `Standard DSv2 Family Cluster Dedicated vCPUs`.

        Words: the API specification's examples and the names that the studio lists.
        """
        middle = re.sub("^standard|Family$", "", self.name)
        return f"Standard {middle} Family Cluster Dedicated vCPUs"


class Size(NamedTuple):
    """One VM size: its name as the service lists it, its cores, whether it needs no upgrade reserve, its family."""

    name: str
    cores: int
    exempt: bool
    family: Family

    def cores_for(self, instances: int) -> int:
        """Cores of quota for `instances`: 20 % more instances are reserved for upgrades.

        Source: Microsoft Learn; three independent error texts agree (1 x F4s_v2 takes 8).
        """
        reserved = instances if self.exempt else math.ceil(1.2 * instances)
        return reserved * self.cores


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads((Path(__file__).parent / "skus.json").read_text())
    return table


@cache
def families() -> tuple[Family, ...]:
    """Every family of sizes that managed online endpoints offer."""
    return tuple(Family(name, bool(one["gpu"])) for name, one in _table()["families"].items())


@cache
def sizes() -> dict[str, Size]:
    """Every size that managed online endpoints offer, by its name in capitals."""
    table, exempt = _table(), set(_table()["exempt"])
    family_of = {name: family for family in families() for name in table["families"][family.name]["sizes"]}
    return {name.upper(): Size(name, cores, name in exempt, family_of[name]) for name, cores in table["cores"].items()}


def size_named(name: str) -> Size | None:
    """The size of that name (case does not matter), or None when managed online endpoints do not offer it."""
    return sizes().get(name.upper())
