"""Which profile of an autoscale setting is in force at a moment.

Source: "Understand autoscale settings" and "Autoscale with multiple profiles" of Azure Monitor's documents: fixed dates
first, then the recurring profile that began last, then the default one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from local.cloud.insights.zones import zone_named

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEK = 7


def profile_at(profiles: Sequence[dict[str, Any]], now: datetime) -> dict[str, Any] | None:
    """The one profile that is executed; None where none is for that moment."""
    for profile in profiles:
        fixed = profile.get("fixedDate")
        if fixed and moment_of(fixed["start"], fixed) <= now < moment_of(fixed["end"], fixed):
            return profile
    began = [(start, profile) for profile in profiles if (start := _last_start(profile, now))]
    if began:
        return max(began, key=lambda one: one[0])[1]
    return next((one for one in profiles if not one.get("fixedDate") and not one.get("recurrence")), None)


def moment_of(text: str, fixed: dict[str, Any]) -> datetime:
    """A moment of a fixed date: in its time zone, where it says none of its own."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone_named(str(fixed.get("timeZone") or "UTC")))


def _last_start(profile: dict[str, Any], now: datetime) -> datetime | None:
    """When a recurring profile began last."""
    recurrence = profile.get("recurrence")
    return max(_starts(recurrence["schedule"], now), default=None) if recurrence else None


def _starts(schedule: dict[str, Any], now: datetime) -> Iterator[datetime]:
    zone = zone_named(str(schedule["timeZone"]))
    days = {str(day).lower() for day in schedule["days"]}
    # Without an hour, the day begins at midnight: the example of Azure ML's document on autoscale has none.
    for back in range(_WEEK + 1):
        day = now.astimezone(zone).date() - timedelta(days=back)
        if DAYS[day.weekday()].lower() not in days:
            continue
        for hour in schedule["hours"] or [0]:
            for minute in schedule["minutes"] or [0]:
                start = datetime.combine(day, time(hour, minute), zone)
                if start <= now:
                    yield start
