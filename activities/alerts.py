"""Metric alerts on a deployment: latency, errors, availability, and any other metric, told to action groups.

They are on the endpoint's metrics, which have the deployment as a dimension, or on the deployment's own. An alert
outlives what it is about, and is removed before it.
"""

from __future__ import annotations

from typing import Any

from activities.metrics import duration, leave_metric_unchecked
from activities.monitoring import Document, MonitorSettings, name_for
from activities.scene import Finding, Scene
from activities.scopes import judge_scope
from azure_api import versions
from azure_api.clients import clients
from contracts.alerts import AlertsRequest, OtherAlert, resource_of_alert
from contracts.ledger import arm_id, endpoint_and_deployment
from contracts.metrics import azure_word
from contracts.plan import Resolved

WRITE = "Microsoft.Insights/metricAlerts/write"
ONE_RESOURCE = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"


class Alerts(MonitorSettings[AlertsRequest]):
    """`alerts` of a request; an alert that it does not name stays."""

    kind = "alerts"
    rights = (WRITE,)
    words = AlertsRequest
    resource_type = "metricAlerts"
    api_version = versions.ALERTS
    called = "alert"

    def read(self, part: Any) -> AlertsRequest:
        """The alerts as asked for."""
        return AlertsRequest.from_wire(part)

    def documents(self, wanted: AlertsRequest, resolved: Resolved) -> dict[str, Document]:
        """One alert for each condition: several criteria of one would have to be met together."""
        base = name_for(resolved)
        deployment = endpoint_and_deployment(resolved.deployment)[1]
        return {
            f"{base}-{one.name}": {"location": "global", "properties": _properties(one, wanted, resolved)}
            for one in wanted.conditions(deployment)
        }

    def judge(self, wanted: AlertsRequest, scene: Scene, finding: Finding) -> None:
        """Whether there is somebody to tell, and something to look at."""
        for index, group in enumerate(wanted.action_groups):
            judge_scope(f"alerts.action_groups.{index}", group, finding)
        for index, one in enumerate(wanted.others):
            leave_metric_unchecked(f"alerts.others.{index}.metric", one.metric, resource_of_alert(one), finding)
        if wanted.availability and scene.order.part("traffic") == "none":
            message = f"{scene.order.deployment} gets no traffic, so that the alert on its availability fires at once"
            command = "slipway deploy <file> --traffic all_at_once"
            finding.warn("AlertWithoutTraffic", "alerts.availability", message, command)


def _properties(one: OtherAlert, wanted: AlertsRequest, resolved: Resolved) -> dict[str, Any]:
    about = {"deployment": resolved.deployment, "endpoint": resolved.endpoint}[resource_of_alert(one)]
    criterion = {
        "criterionType": "StaticThresholdCriterion",
        "name": one.name,
        "metricName": one.metric,
        "timeAggregation": azure_word(one.aggregation),
        "operator": azure_word(one.operator),
        "threshold": one.threshold,
        "dimensions": [
            {"name": each.name, "operator": "Exclude" if each.exclude else "Include", "values": each.values}
            for each in one.dimensions
        ],
    }
    return {
        "description": f"Slipway: {one.name} of {resolved.deployment}",
        "severity": wanted.severity if one.severity is None else one.severity,
        "enabled": True,
        "scopes": [arm_id(about, clients().settings.workspace_id)],
        "evaluationFrequency": duration(one.every),
        "windowSize": duration(one.window),
        "criteria": {"odata.type": ONE_RESOURCE, "allOf": [criterion]},
        "autoMitigate": True,
        "actions": [{"actionGroupId": group} for group in wanted.action_groups],
    }
