"""Billed seconds of Azure Functions on the Flex Consumption plan, from a record of invocations.

Rule (Microsoft Learn, "Estimating consumption-based costs", Flex Consumption, on-demand instances): an instance is
billed while at least one function executes on it, for at least 1,000 ms each time, then rounded up to 100 ms.
Never compared with a bill.

How it is applied here: one instance. On a stepped clock virtual time stands still while functions run, so invocations
of one virtual moment are one active period; its length is the sum of their real durations, as if none overlapped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

MINIMUM_MS = 1000
ROUNDED_TO_MS = 100
FORMULA = "sum over active periods of max(1000 ms, running time), rounded up to 100 ms; one instance"


def billed_seconds(
    invocations: Sequence[Mapping[str, Any]], calls: Iterable[datetime] = (), call_ms: float = 0
) -> float:
    """Seconds billed for `invocations`; `call_ms` is added for each ARM call, made at the moments in `calls`."""
    periods: dict[datetime, float] = {}
    for one in invocations:
        began, ended = (datetime.fromisoformat(one[name]) for name in ("started", "ended"))
        virtual_ms = (ended - began).total_seconds() * 1000
        periods[began] = periods.get(began, 0) + max(one["duration_ms"], virtual_ms)
    for moment in calls:
        periods[moment] = periods.get(moment, 0) + call_ms
    return sum(map(rounded_ms, periods.values())) / 1000


def active_periods(invocations: Sequence[Mapping[str, Any]]) -> int:
    """How often the instance is woken."""
    return len({one["started"] for one in invocations})


def rounded_ms(running_ms: float) -> int:
    """What one active period of `running_ms` is billed as, in ms."""
    return math.ceil(max(MINIMUM_MS, running_ms) / ROUNDED_TO_MS) * ROUNDED_TO_MS
