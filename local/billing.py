"""What a run of the app would cost on Flex Consumption, from the host's record of invocations.

Rule (Microsoft Learn, "Estimating consumption-based costs", Flex Consumption, on-demand instances): an instance is
billed while at least one function runs on it; each such active period counts at least 1,000 ms and is rounded up to
100 ms. Never compared with a bill. One instance is assumed: what overlaps is billed once.

The record gives each invocation's virtual start and end and how long it really ran, and a bill is about how the two
would follow one another in Azure, where timers take as long as they say and code as long as it really takes. So
invocations are laid out on one line of such time:

* an invocation is as long as it really ran, however far a scaled clock went on meanwhile;
* on a scaled clock a gap shorter than `SHORTEST_TIMER` cannot be a durable timer: it is the host going from one
  function to the next, and counts as the real time that it was. A longer gap is taken for a timer and counts in full,
  even where a busy machine made it: this can only raise the bill;
* on a stepped clock time stands still while anything runs, so every gap is a wait, and invocations of one moment are
  laid end to end, as if none overlapped.

An invocation that begins within time already billed (the running period, or the first second of a shorter one) extends
that period; any other begins a new one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

SHORTEST_PERIOD = timedelta(seconds=1)
ROUNDING = timedelta(milliseconds=100)
# The shortest pause in orchestrations/policies.py.
SHORTEST_TIMER = timedelta(seconds=5)
# Functions that answer whoever watches: they are called as often as somebody looks, whatever a deployment needs.
WATCHING = frozenset({"get_deployment", "list_deployments", "list_events"})


def billed(invocations: Iterable[Mapping[str, Any]], *, speed: float | None = None) -> timedelta:
    """The time one instance is billed for these invocations (`/admin/local/invocations`), those of watchers left out.

    `speed` is that of the clock they were recorded on: virtual seconds per real second, None for a stepped clock.
    """
    return sum(map(rounded, active_periods(invocations, speed=speed)), timedelta())


def active_periods(invocations: Iterable[Mapping[str, Any]], *, speed: float | None = None) -> list[timedelta]:
    """How long each active period lasts, in order; arguments as for `billed`."""
    lines = sorted(_moments(one, speed) for one in invocations if one["function"] not in WATCHING)
    if not lines:
        return []
    periods = [timedelta()]
    # Where the last invocation ended, counted from the beginning of its period; and when that was by the clock.
    end, virtual_end = timedelta(), lines[0][0]
    for began, ended, ran in lines:
        begin = end + _waited(began - virtual_end, speed)
        if begin > max(end, SHORTEST_PERIOD):
            periods.append(timedelta())
            begin = end = timedelta()
        end = periods[-1] = max(end, begin + ran)
        virtual_end = max(virtual_end, ended)
    return periods


def rounded(period: timedelta) -> timedelta:
    """What one active period is billed as."""
    return max(SHORTEST_PERIOD, math.ceil(period / ROUNDING) * ROUNDING)


def _moments(invocation: Mapping[str, Any], speed: float | None) -> tuple[datetime, datetime, timedelta]:
    """Virtual start, virtual end, and how long it would run in Azure."""
    began, ended = (datetime.fromisoformat(invocation[name]) for name in ("started", "ended"))
    ran = timedelta(milliseconds=invocation["duration_ms"])
    # On a stepped clock, time that passes within an invocation is a wait of its own.
    return began, ended, ran if speed is not None else max(ran, ended - began)


def _waited(gap: timedelta, speed: float | None) -> timedelta:
    return gap / speed if speed is not None and gap < SHORTEST_TIMER else gap
