"""How traffic comes to a new deployment: the first strategy that knows the request's `traffic` is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from contracts.base import Json
from contracts.plan import Percentages
from orchestrations.strategies.all_at_once import AllAtOnce
from orchestrations.strategies.leave import Leave
from orchestrations.strategies.percentages import FixedShares


class Strategy(Protocol):
    """One way to shift traffic."""

    def knows(self, traffic: Json) -> bool:
        """Whether `traffic`, as the request has it, asks for this strategy."""

    def splits(self, traffic: Json, deployment: str) -> Sequence[Percentages]:
        """The splits to give the endpoint, one after the other; deployments with nothing are left out."""


STRATEGIES: tuple[Strategy, ...] = (Leave(), AllAtOnce(), FixedShares())


def splits(traffic: Json, deployment: str) -> Sequence[Percentages]:
    """The traffic splits that a request asks for, in order; none when it leaves traffic as it is."""
    return next(one for one in STRATEGIES if one.knows(traffic)).splits(traffic, deployment)
