"""Autoscale settings as they are sent, and how many instances there are."""

from __future__ import annotations

from typing import Any

from local.cloud.world import REGION, RESOURCE_GROUP, WORKSPACE
from tests.local.clients.watched import BLUE


def setting(**properties: Any) -> dict[str, Any]:
    """A setting of the deployment: one profile without rules, or what is said otherwise."""
    given = {"targetResourceUri": BLUE, "enabled": True, "profiles": [profile()], **properties}
    return {"location": REGION, "properties": given}


def profile(rules: Any = (), least: int = 1, most: int = 6, default: int = 1, **times: Any) -> dict[str, Any]:
    """A profile, and when it counts."""
    capacity = {"minimum": str(least), "maximum": str(most), "default": str(default)}
    return {"name": "usual", "capacity": capacity, "rules": list(rules), **times}


def rule(direction: str, operator: str, threshold: float, *, value: str = "1", **trigger: Any) -> dict[str, Any]:
    """A rule on requests per minute, over five of them, by one instance."""
    action = {
        "direction": direction,
        "type": trigger.pop("kind", "ChangeCount"),
        "value": value,
        "cooldown": trigger.pop("cooldown", "PT5M"),
    }
    metric = {
        "metricName": "RequestsPerMinute",
        "metricResourceUri": BLUE,
        "timeGrain": "PT1M",
        "statistic": "Average",
        "timeWindow": "PT5M",
        "timeAggregation": "Average",
        "operator": operator,
        "threshold": threshold,
    }
    return {"metricTrigger": metric | trigger, "scaleAction": action}


OUT, IN = rule("Increase", "GreaterThan", 10, value="2"), rule("Decrease", "LessThan", 2)


def instances(ml: Any) -> int:
    """How many the deployment has as of now."""
    return int(ml.online_deployments.get(RESOURCE_GROUP, WORKSPACE, "watched", "blue").sku.capacity)
