"""An autoscale request as the profiles of Azure Monitor, which have no end of the day.

Source: "Autoscale with multiple profiles": a recurring profile lasts until another one begins, so that beside each
schedule there is a copy of the usual limits that begins when it ends, named as the portal and the CLI name it; unless
another schedule begins at that moment, since nothing says which of the two would be in force.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from activities.metrics import duration
from contracts.autoscale import DAYS, AutoscaleRequest, AutoscaleRule, Capacity, Schedule, Weekly
from contracts.metrics import Of, azure_word, resource_of

USUAL = "usual"
_UNITS = {"instances": "ChangeCount", "percent": "PercentChangeCount", "exactly": "ExactCount"}


def profiles(wanted: AutoscaleRequest, ids: dict[Of, str]) -> list[dict[str, Any]]:
    """The profiles; `ids` are the ARM ids of the deployment and of its endpoint."""
    usual = _profile(USUAL, wanted, wanted.rules, ids)
    return [usual, *(one for schedule in wanted.schedules for one in _of(schedule, wanted, ids, usual))]


def _of(
    schedule: Schedule, wanted: AutoscaleRequest, ids: dict[Of, str], usual: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    own = _profile(schedule.name, schedule, wanted.rules_of(schedule), ids)
    if schedule.once:
        times = {"start": schedule.once.start.isoformat(), "end": schedule.once.end.isoformat()}
        yield {**own, "fixedDate": {"timeZone": schedule.time_zone, **times}}
    if schedule.weekly:
        weekly = schedule.weekly
        yield {**own, "recurrence": _recurrence(list(weekly.days), weekly.start, schedule.time_zone)}
        again = json.dumps({"name": USUAL, "for": schedule.name}, separators=(",", ":"))
        begun = _beginning(wanted, weekly.end, schedule.time_zone)
        days = [day for day in _last_days(weekly) if day not in begun]
        if days:
            yield {**usual, "name": again, "recurrence": _recurrence(days, weekly.end, schedule.time_zone)}


def _beginning(wanted: AutoscaleRequest, moment: str, zone: str) -> set[str]:
    """The days on which a schedule begins at that moment."""
    of_zone = [one.weekly for one in wanted.schedules if one.weekly and one.time_zone.lower() == zone.lower()]
    return {day for weekly in of_zone if weekly.start == moment for day in weekly.days}


def _last_days(weekly: Weekly) -> list[str]:
    """The days on which it ends: the next ones, where it goes on past midnight."""
    later = 1 if weekly.end < weekly.start else 0
    return [DAYS[(DAYS.index(day) + later) % len(DAYS)] for day in weekly.days]


def _recurrence(days: list[str], moment: str, zone: str) -> dict[str, Any]:
    hour, minute = moment.split(":")
    schedule = {
        "timeZone": zone,
        "days": [day.capitalize() for day in days],
        "hours": [int(hour)],
        "minutes": [int(minute)],
    }
    return {"frequency": "Week", "schedule": schedule}


def _profile(name: str, capacity: Capacity, rules: list[AutoscaleRule], ids: dict[Of, str]) -> dict[str, Any]:
    limits = {"minimum": capacity.minimum, "maximum": capacity.maximum, "default": capacity.usual}
    return {
        "name": name,
        "capacity": {limit: str(count) for limit, count in limits.items()},
        "rules": [_rule(one, ids) for one in rules],
    }


def _rule(rule: AutoscaleRule, ids: dict[Of, str]) -> dict[str, Any]:
    trigger = {
        "metricName": rule.metric,
        "metricResourceUri": ids[resource_of(rule.metric, rule.of)],
        "timeGrain": duration(rule.grain),
        "statistic": azure_word(rule.statistic),
        "timeWindow": duration(rule.window),
        "timeAggregation": azure_word(rule.aggregation),
        "operator": azure_word(rule.operator),
        "threshold": rule.threshold,
        "dividePerInstance": rule.per_instance,
    }
    action = {
        "direction": "Increase" if rule.scale == "out" else "Decrease",
        "type": _UNITS[rule.unit],
        "value": str(rule.by),
        "cooldown": duration(rule.cooldown),
    }
    return {"metricTrigger": trigger, "scaleAction": action}
