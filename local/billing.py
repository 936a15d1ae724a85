"""What a run of the app would cost on Flex Consumption, from the host's record of invocations.

Azure bills an instance while at least one function runs: each such period counts at least 1 s and is rounded up to
100 ms (Microsoft Learn: Flex Consumption plan, billing). An invocation is placed at its virtual start and lasts as long
as it really took, so waits on durable timers, which run nothing, cost nothing however long they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

SHORTEST_PERIOD = timedelta(seconds=1)
ROUNDING = timedelta(milliseconds=100)


def billed(invocations: Iterable[Mapping[str, Any]]) -> timedelta:
    """The time one instance would be billed for these invocations (`/admin/local/invocations`)."""
    total = timedelta()
    period: tuple[datetime, datetime] | None = None
    for start, end in sorted(_interval(invocation) for invocation in invocations):
        if period and start <= period[1]:
            period = (period[0], max(period[1], end))
            continue
        total += _rounded(period)
        period = (start, end)
    return total + _rounded(period)


def _interval(invocation: Mapping[str, Any]) -> tuple[datetime, datetime]:
    start = datetime.fromisoformat(invocation["started"])
    return start, start + timedelta(milliseconds=invocation["duration_ms"])


def _rounded(period: tuple[datetime, datetime] | None) -> timedelta:
    if period is None:
        return timedelta()
    steps = math.ceil((period[1] - period[0]) / ROUNDING)
    return max(SHORTEST_PERIOD, steps * ROUNDING)
