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
from local.cloud.arm.errors import resource_not_found
from local.cloud.arm.places import GROUP_PATTERN, SUBSCRIPTION_PATTERN, in_group
from local.cloud.arm.route import ArmRoute
from local.cloud.arm.schema import span
from local.cloud.insights import bodies
from local.cloud.insights.alert_rules import check
from local.cloud.insights.autoscale import LOOKED_BACK
from local.cloud.insights.catalogue import GRAIN, emitter_of
from local.cloud.insights.meter import Chosen, Meter, has, minute_of
from local.cloud.insights.records import ALERTS, MetricAlert
from local.cloud.insights.scaling import COMPARISONS, aggregated
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.moments import with_offset

API_VERSIONS = ("2018-03-01",)
# An alert that mitigates itself is over when its condition was not met so often in a row (Azure Monitor's documents).
CALM_ENOUGH = 3


class MetricAlerts:
    """The metric alerts of the group."""

    def __init__(self, state: WorkspaceState, meter: Meter) -> None:
        self._state = state
        self._meter = meter
        self._alerts: dict[str, MetricAlert] = {}

    def routes(self) -> list[ArmRoute]:
        """The provider's lines of the route table."""
        every, everywhere = (f"{place}/providers/{ALERTS}" for place in (GROUP_PATTERN, SUBSCRIPTION_PATTERN))
        one = f"{every}/{{name}}"
        return [
            ArmRoute("GET", everywhere, API_VERSIONS, in_group(self._list)),
            ArmRoute("GET", every, API_VERSIONS, in_group(self._list)),
            ArmRoute("GET", one, API_VERSIONS, in_group(self._get)),
            ArmRoute("GET", f"{one}/status", API_VERSIONS, in_group(self._status)),
            ArmRoute("PUT", one, API_VERSIONS, in_group(self._put), body=bodies.ALERT),
            ArmRoute("PATCH", one, API_VERSIONS, in_group(self._patch), body=bodies.ALERT_PATCH),
            ArmRoute("DELETE", one, API_VERSIONS, in_group(self._delete)),
        ]

    def forget(self) -> None:
        """There are none."""
        self._alerts.clear()

    def catch_up(self, now: datetime) -> None:
        """Evaluate each alert as often as it asks for, up to now."""
        for alert in self._alerts.values():
            every = span(alert.properties["evaluationFrequency"])
            tick = max(alert.looked, minute_of(now - LOOKED_BACK)) + every
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
        start = now - round(span(alert.properties["windowSize"]) / GRAIN) * GRAIN
        for criterion in alert.properties["criteria"]["allOf"]:
            metric = emitter.metric(criterion["metricName"]) if emitter else None
            if emitter is None or metric is None:
                return False
            samples = self._meter.samples(emitter, metric, start, now, _chosen(criterion.get("dimensions") or []))
            value = aggregated(samples, criterion["timeAggregation"])
            compare = COMPARISONS[criterion["operator"].lower()]
            if value is None or not compare(value, float(criterion["threshold"])):
                return False
        return True

    def _list(self, call: Call) -> Answer:
        return Answer(200, {"value": [one.document() for one in self._alerts.values()]})

    def _get(self, call: Call) -> Answer:
        return Answer(200, self._found(call).document())

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
        check(self._state, str(call.body["location"]), properties)
        known = self._alerts.get(name.lower())
        given = (str(call.body["location"]), as_json(call.body.get("tags")), properties)
        if known:
            known.location, known.tags, known.properties = given
        else:
            known = self._alerts[name.lower()] = MetricAlert(ALERTS, name, *given, looked=minute_of(call.now))
        return Answer(200, known.document())

    def _patch(self, call: Call) -> Answer:
        """Change what is named, leave the rest."""
        known = self._found(call)
        properties: dict[str, Any] = {**known.properties, **as_json(call.body.get("properties"))}
        check(self._state, known.location, properties)
        known.properties, known.tags = properties, as_json(call.body.get("tags", known.tags))
        return Answer(200, known.document())

    def _delete(self, call: Call) -> Answer:
        """Remove an alert: 200, or 204 when there is none."""
        return Answer(204 if self._alerts.pop(call.parameters["name"].lower(), None) is None else 200)

    def _found(self, call: Call) -> MetricAlert:
        found = self._alerts.get(call.parameters["name"].lower())
        if found is None:
            raise resource_not_found(f"{ALERTS}/{call.parameters['name']}", call.parameters["group"])
        return found


def _chosen(dimensions: list[dict[str, Any]]) -> Chosen:
    """Which requests a criterion's dimensions are about; `*` is every value."""
    return lambda request: all(
        "*" in one["values"] or has(request, one["name"], one["values"]) == (one["operator"].lower() == "include")
        for one in dimensions
    )
