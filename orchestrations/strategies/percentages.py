"""The shares that the request names."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.base import Json
from contracts.plan import Percentages


class FixedShares:
    """`traffic: {blue: 90, green: 10}`."""

    def knows(self, traffic: Json) -> bool:
        """A mapping."""
        return isinstance(traffic, dict)

    def splits(self, traffic: Json, deployment: str) -> Sequence[Percentages]:
        """One split; Azure ML keeps no shares of nothing."""
        return [{name: percent for name, percent in traffic.items() if percent}]
