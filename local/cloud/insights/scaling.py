"""What autoscale decides: how many instances there shall be, from one profile and the metrics of a time window.

Source: "Understand autoscale settings", "Best practices for autoscale" and "Flapping in autoscale" of Azure Monitor's
documents. Any rule scales out, to the most that one asks for; all rules together scale in, by the least; what would
scale out again at once is not scaled in, or by less. Never compared with live Azure.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean
from typing import Any

from local.cloud.arm.schema import span

Rule = dict[str, Any]
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "equals": operator.eq,
    "notequals": operator.ne,
    "greaterthan": operator.gt,
    "greaterthanorequal": operator.ge,
    "lessthan": operator.lt,
    "lessthanorequal": operator.le,
}
AGGREGATIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "average": fmean,
    "minimum": min,
    "min": min,
    "maximum": max,
    "max": max,
    "total": math.fsum,
    "sum": math.fsum,
    "count": lambda values: float(len(values)),
    "last": lambda values: values[-1],
}


@dataclass(frozen=True)
class Decision:
    """How many instances there shall be, and how long nothing is changed after that."""

    capacity: int
    cooldown: timedelta = timedelta()


def aggregated(samples: Sequence[float | None], how: str) -> float | None:
    """What samples are together; None when there is none."""
    known = [one for one in samples if one is not None]
    return AGGREGATIONS[how.lower()](known) if known else None


def window_value(samples: Sequence[float | None], trigger: dict[str, Any]) -> float | None:
    """What a trigger compares: minutes made into grains by its statistic, and those into one by its aggregation."""
    grain = max(1, round(span(trigger["timeGrain"]) / timedelta(minutes=1)))
    grains = [aggregated(samples[at : at + grain], trigger["statistic"]) for at in range(0, len(samples), grain)]
    return aggregated(grains, trigger["timeAggregation"])


def decide(profile: dict[str, Any], there: int, value_of: Callable[[Rule], float | None], *, cooling: bool) -> Decision:
    """What to do about `there` instances; `value_of` is what a rule's trigger compares, None without a metric."""
    least, most = int(profile["capacity"]["minimum"]), int(profile["capacity"]["maximum"])
    if not least <= there <= most:
        return Decision(min(max(there, least), most))
    if cooling:
        return Decision(there)
    values = [(rule, value_of(rule)) for rule in profile["rules"]]
    more = [(_asked(rule, there), rule) for rule, value in values if _is(rule, "increase") and _triggered(rule, value)]
    if more:
        wanted, rule = max(more, key=lambda one: one[0])
        return _changed(there, min(wanted, most), rule)
    if any(value is None for _, value in values):
        # Nothing can be read: no fewer than the default.
        return Decision(max(there, int(profile["capacity"]["default"])))
    return _less(values, there, least)


def _less(values: Sequence[tuple[Rule, float | None]], there: int, least: int) -> Decision:
    inwards = [(rule, value) for rule, value in values if _is(rule, "decrease")]
    if not inwards or not all(_triggered(rule, value) for rule, value in inwards):
        return Decision(there)
    wanted, rule = max(((_asked(rule, there), rule) for rule, _ in inwards), key=lambda one: one[0])
    outwards = [(rule, value) for rule, value in values if _is(rule, "increase") and value is not None]
    for target in range(max(wanted, least), there):
        if not any(_triggered(rule, value * there / target) for rule, value in outwards):
            return _changed(there, target, rule)
    return Decision(there)


def _changed(there: int, wanted: int, rule: Rule) -> Decision:
    return Decision(wanted, span(rule["scaleAction"]["cooldown"]) if wanted != there else timedelta())


def _asked(rule: Rule, there: int) -> int:
    """How many instances a rule asks for."""
    action = rule["scaleAction"]
    amount, sign = int(action.get("value") or 1), 1 if _is(rule, "increase") else -1
    if action["type"].lower() == "exactcount":
        return amount
    if action["type"].lower() == "percentchangecount":
        amount = max(1, round(there * amount / 100))
    return there + sign * amount


def _is(rule: Rule, direction: str) -> bool:
    return bool(rule["scaleAction"]["direction"].lower() == direction)


def _triggered(rule: Rule, value: float | None) -> bool:
    trigger = rule["metricTrigger"]
    return value is not None and COMPARISONS[trigger["operator"].lower()](value, float(trigger["threshold"]))
