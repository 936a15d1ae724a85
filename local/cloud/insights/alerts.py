"""Microsoft.Insights/metricAlerts of online endpoints and deployments: kept, refused, and evaluated to a state.

Sources: the REST reference (2018-03-01), azure-mgmt-monitor, and texts quoted in public issues, named where they are
used. The state is that of the alert's status; nobody is notified: action groups are named and not acted on. Words of
the status (Healthy, Unhealthy) are those of the reference's example. Never compared with live Azure.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.places import in_group
from local.cloud.arm.route import ArmRoute
from local.cloud.arm.schema import span
from local.cloud.insights import bodies
from local.cloud.insights.alert_rules import check
from local.cloud.insights.catalogue import emitter_of
from local.cloud.insights.group_resources import GroupResources
from local.cloud.insights.meter import KEPT, Chosen, Meter, has, minute_of
from local.cloud.insights.records import ALERTS, MetricAlert
from local.cloud.insights.scaling import COMPARISONS, aggregated
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.moments import with_offset

# An alert that mitigates itself is over when its condition was not met so often in a row (Azure Monitor's documents).
CALM_ENOUGH = 3


class MetricAlerts(GroupResources[MetricAlert]):
    """The metric alerts of the group."""

    kind = ALERTS
    body = bodies.ALERT
    patch_body = bodies.ALERT_PATCH
    versions = ("2018-03-01",)

    def __init__(self, state: WorkspaceState, meter: Meter) -> None:
        super().__init__()
        self._state = state
        self._meter = meter

    def routes(self) -> list[ArmRoute]:
        """The provider's lines of the route table."""
        status = ArmRoute("GET", f"{self._one}/status", self.versions, in_group(self._status))
        return [*super().routes(), status]

    def catch_up(self, now: datetime) -> None:
        """Evaluate each alert as often as it asks for, up to now."""
        for alert in self._held.values():
            every = span(alert.properties["evaluationFrequency"])
            tick = max(alert.looked, minute_of(now - KEPT)) + every
            while tick <= now:
                self._evaluate(alert, tick)
                alert.looked = tick
                tick += every

    def _evaluate(self, alert: MetricAlert, now: datetime) -> None:
        if not alert.properties["enabled"]:
            return
        if self._is_met(alert, now):
            alert.fired, alert.calm = True, 0
            return
        alert.calm += 1
        if alert.properties.get("autoMitigate", True) and alert.calm >= CALM_ENOUGH:
            alert.fired = False

    def _is_met(self, alert: MetricAlert, now: datetime) -> bool:
        emitter = emitter_of(alert.properties["scopes"][0])
        window = span(alert.properties["windowSize"])
        for criterion in alert.properties["criteria"]["allOf"]:
            metric = emitter.metric(criterion["metricName"]) if emitter else None
            if emitter is None or metric is None:
                return False
            samples = self._meter.latest(emitter, metric, now, window, _chosen(criterion.get("dimensions") or []))
            value = aggregated(samples, criterion["timeAggregation"])
            compare = COMPARISONS[criterion["operator"].lower()]
            if value is None or not compare(value, float(criterion["threshold"])):
                return False
        return True

    def _status(self, call: Call) -> Answer:
        """The alert's state for its resource."""
        alert = self._found(call)
        name = base64.b64encode(f"resourceId={alert.properties['scopes'][0]}".encode()).decode()
        status: Json = {
            "id": f"{alert.identifier}/status/{name}",
            "name": name,
            "type": f"{ALERTS}/status",
            "properties": {
                "dimensions": {},
                "status": "Unhealthy" if alert.fired else "Healthy",
                "timestamp": with_offset(alert.looked),
            },
        }
        return Answer(200, {"value": [status]})

    def _put(self, call: Call) -> Answer:
        """Make an alert, or make another one of it: 200 either way."""
        name, properties = call.parameters["name"], {"autoMitigate": True, **as_json(call.body["properties"])}
        given = (str(call.body["location"]), as_json(call.body.get("tags")), properties)
        self._check(name, given[0], properties)
        known = self._held.get(name.lower())
        if known:
            known.location, known.tags, known.properties = given
        else:
            known = self._held[name.lower()] = MetricAlert(ALERTS, name, *given, looked=minute_of(call.now))
        return Answer(200, known.document())

    def _check(self, name: str, location: str, properties: dict[str, Any]) -> None:
        check(self._state, location, properties)


def _chosen(dimensions: list[dict[str, Any]]) -> Chosen:
    """Which requests a criterion's dimensions are about; `*` is every value."""
    return lambda request: all(
        "*" in one["values"] or has(request, one["name"], one["values"]) == (one["operator"].lower() == "include")
        for one in dimensions
    )
