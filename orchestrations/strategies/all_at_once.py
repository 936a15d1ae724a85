"""Everything to the new deployment in one step."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.base import Json
from contracts.plan import Percentages


class AllAtOnce:
    """`traffic: all_at_once`, and what a request that says nothing gets."""

    def knows(self, traffic: Json) -> bool:
        """The word, or nothing."""
        return traffic is None or traffic == "all_at_once"

    def splits(self, traffic: Json, deployment: str) -> Sequence[Percentages]:
        """One split."""
        return [{deployment: 100}]
