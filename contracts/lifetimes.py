"""How long things stay, as a request says it: superseded deployments, and endpoints that were made for a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from contracts.base import Contract, Duration
from contracts.values import Whole

# Whoever wants something to stay for longer wants it to stay.
LONGEST = timedelta(days=30)
# Less is over before a deployment is.
SHORTEST_TTL = timedelta(minutes=30)
MOST_KEPT = 20


def _in_time(value: timedelta) -> timedelta:
    if not timedelta(0) <= value <= LONGEST:
        raise ValueError("write a duration from PT0S to P30D")
    return value


def _long_enough(value: timedelta) -> timedelta:
    if not SHORTEST_TTL <= value <= LONGEST:
        raise ValueError("write a duration from PT30M to P30D")
    return value


Ttl = Annotated[
    Duration,
    AfterValidator(_long_enough),
    Field(
        description="for trials: so long after this deployment, the endpoint goes with everything that Slipway made for"
        " it; a later deployment says anew how long"
    ),
]


class RetireRequest(Contract):
    """`retire` of a request: what becomes of deployments that have lost their traffic to this one, or before it."""

    keep: Annotated[Whole, Field(ge=0, le=MOST_KEPT, description="how many superseded ones stay, the newest")] = 1
    after: Annotated[
        Duration, AfterValidator(_in_time), Field(description="so long after they were superseded the others go")
    ] = timedelta(hours=1)


class Lifetime(Contract):
    """How long an endpoint stays, in the order of the operation that takes it."""

    ttl: Ttl
