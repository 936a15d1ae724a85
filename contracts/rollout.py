"""`rollout` of a request: a new deployment gets its traffic step by step, and each step is watched before the next."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field

from contracts.base import Contract, Duration
from contracts.plan import Percentages
from contracts.shares import scaled
from contracts.values import ONCE, Percent, Whole

MOST_STEPS = 10
# Azure Monitor tells of requests some minutes after they were answered: in less time a step would see next to nothing.
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=1)


def _rising(value: list[int]) -> list[int]:
    if any(later <= earlier for earlier, later in pairwise(value)):
        raise ValueError("write shares that rise from step to step, e.g. [10, 50]")
    return value


def _in_time(value: timedelta) -> timedelta:
    if not SHORTEST <= value <= LONGEST:
        raise ValueError("write a duration from PT5M to P1D")
    return value


class Rollout(Contract):
    """How a new deployment comes to its traffic while others serve; what fails on the way has the old traffic back."""

    steps: Annotated[
        list[Annotated[Whole, Field(ge=1, le=99)]],
        ONCE,
        Field(min_length=1, max_length=MOST_STEPS, description="its shares in percent, before the one of `traffic`"),
        AfterValidator(_rising),
    ]
    pause: Annotated[
        Duration,
        AfterValidator(_in_time),
        Field(description="so long each share stays; then its answers are counted, and it is tested anew"),
    ] = timedelta(minutes=10)
    tolerated_failures: Annotated[
        Percent, Field(description="so many percent of its live answers may be failures (424, 5xx) in each of them")
    ] = 1

    def splits(self, before: Percentages, now: Percentages, last: Percentages, deployment: str) -> list[Percentages]:
        """The traffic of each step; none where nothing else serves, or `last` gives that deployment no more.

        Args:
            before: as it was before the run; what has traffic then shares the rest as it did.
            now: as it is; steps below that were taken before the run was interrupted.
            last: as it is to be in the end.
            deployment: the new one.
        """
        others = {name: share for name, share in before.items() if name != deployment and share}
        reached, goal = max(now.get(deployment, 0), 1), last.get(deployment, 0)
        shares = [share for share in self.steps if reached <= share < goal]
        return [{**scaled(others, 100 - share), deployment: share} for share in shares] if others else []


class AnswersInput(Contract):
    """Count what a deployment has answered to live requests."""

    endpoint: str
    deployment: str
    since: datetime
    until: datetime


class AnswersSeen(Contract):
    """How many live requests a deployment has answered, and how many of them with a failure."""

    requests: int
    failed: Annotated[int, Field(description="with 424, the model's own failure, or 5xx")] = 0
