"""Autoscale and alerts as end-to-end tests ask for them, and as Azure Monitor then has them."""

from __future__ import annotations

from typing import Any

from azure_api import versions
from azure_api.clients import clients
from local.cloud import world

INSIGHTS = f"{world.RESOURCE_GROUP_ID}/providers/Microsoft.Insights"
ON_CALL = world.ACTION_GROUP_ID
BLUE = f"{world.WORKSPACE_ID}/onlineEndpoints/credit-risk/deployments/blue"
OUT = {"metric": "RequestsPerMinute", "operator": "greater_than", "threshold": 3, "scale": "out", "cooldown": "PT1H"}
IN = {"metric": "RequestsPerMinute", "operator": "less_than", "threshold": 1, "scale": "in"}
AUTOSCALE: dict[str, Any] = {"minimum": 1, "maximum": 3, "rules": [OUT, IN]}
ALERTS: dict[str, Any] = {
    "action_groups": [ON_CALL],
    "latency": {"above_ms": 60_000},
    "errors": {"above_per_minute": 1},
    "availability": {"below_per_minute": 1, "window": "PT15M", "every": "PT5M"},
}
CPU = {"metric": "CpuUtilizationPercentage", "operator": "greater_than", "threshold": 80}
SATURDAYS = {"days": ["Saturday"], "start": "08:00", "end": "02:00"}
WEEKEND = {"name": "weekend", "minimum": 1, "maximum": 1, "weekly": SATURDAYS}
ONE_WAY = {"minimum": 1, "maximum": 3, "rules": [OUT]}


def settings(kind: str = "autoscaleSettings") -> list[dict[str, Any]]:
    """Those of the workspace's resource group, of one kind."""
    version = versions.AUTOSCALE if kind == "autoscaleSettings" else versions.ALERTS
    found: list[dict[str, Any]] = clients().get(f"{INSIGHTS}/{kind}", version)["value"]
    return found
