"""What the answer to a delivery means: done, tried again later, or dropped.

Source: Microsoft Learn, "Event Grid message delivery and retry" (2026-02). The schedule
is best effort in Azure, with randomness and skipped steps for unhealthy endpoints; here it is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from local.cloud.eventgrid.subscriptions import RetryPolicy

RETRY_SCHEDULE = [timedelta(seconds=s) for s in (10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200)]
DELIVERED = frozenset({200, 201, 202, 203, 204})
NEVER_RETRIED = frozenset({400, 401, 403, 413})
# A failed attempt waits at least this long, by status.
LEAST_DELAY = {404: timedelta(minutes=5), 408: timedelta(minutes=2), 503: timedelta(seconds=30)}

Outcome = Literal["delivered", "retrying", "dropped"]


@dataclass(frozen=True)
class DeliveryRecord:
    """One attempt. `attempt` counts from 1; `status` None means there was no HTTP answer; `reason` says why not."""

    at: datetime
    subscription: str
    event_id: str
    subject: str
    attempt: int
    status: int | None
    outcome: Outcome
    reason: str


def judge(status: int | None, attempt: int, age: timedelta, policy: RetryPolicy) -> tuple[Outcome, str, timedelta]:
    """What an answer to attempt number `attempt` leads to: outcome, reason, and the wait before the next attempt."""
    if status in DELIVERED:
        return "delivered", "", timedelta()
    if status in NEVER_RETRIED:
        return "dropped", f"a webhook's {status} is never retried", timedelta()
    if attempt >= policy.max_attempts:
        return "dropped", "MaxDeliveryAttemptsExceeded", timedelta()
    least = LEAST_DELAY.get(status, timedelta()) if status is not None else timedelta()
    delay = max(RETRY_SCHEDULE[min(attempt, len(RETRY_SCHEDULE)) - 1], least)
    if age + delay > policy.time_to_live:
        return "dropped", "TimeToLiveExceeded", timedelta()
    return "retrying", "no answer" if status is None else f"answered {status}", delay
