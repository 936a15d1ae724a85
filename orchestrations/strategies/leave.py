"""Traffic is left as it is."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.base import Json
from contracts.plan import Percentages


class Leave:
    """`traffic: none`."""

    def knows(self, traffic: Json) -> bool:
        """The word."""
        return bool(traffic == "none")

    def splits(self, traffic: Json, deployment: str) -> Sequence[Percentages]:
        """None."""
        return []
