"""The sizes an online deployment may run on, and what they take from the subscription's core quota."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Size(NamedTuple):
    """One VM size: its name as the service lists it, its cores, and whether it needs no upgrade reserve."""

    name: str
    cores: int
    exempt: bool

    def cores_for(self, instances: int) -> int:
        """Cores of quota for `instances`: 20 % more instances are reserved for upgrades.

        Source: Microsoft Learn; three independent error texts agree (1 x F4s_v2 takes 8).
        """
        reserved = instances if self.exempt else math.ceil(1.2 * instances)
        return reserved * self.cores


@cache
def _sizes() -> dict[str, Size]:
    table = json.loads((Path(__file__).parent / "skus.json").read_text())
    exempt = set(table["exempt"])
    return {name.upper(): Size(name, cores, name in exempt) for name, cores in table["cores"].items()}


def size_named(name: str) -> Size | None:
    """The size of that name (case does not matter), or None when managed online endpoints do not offer it."""
    return _sizes().get(name.upper())
