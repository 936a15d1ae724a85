"""What Azure Monitor has in random schedules: autoscale settings, metric alerts, and answered requests."""

from __future__ import annotations

import re

from local.cloud.arm.errors import ArmError, resource_not_found
from local.cloud.insights.catalogue import METRICS
from tests.schedules.azure import Answer, Azure, route
from tests.schedules.records import WORKSPACE, Document

INSIGHTS = f"{WORKSPACE.resource_group_id}/providers/Microsoft.Insights"
EVERY = re.escape(f"{INSIGHTS}/") + "(?P<kind>autoscaleSettings|metricAlerts)"
ZONES = {"UTC", "W. Europe Standard Time", "w. europe standard time"}
KNOWN = {metric.name for metrics in METRICS.values() for metric in metrics}


@route("GET", EVERY, inside=False)
def _list(azure: Azure, kind: str) -> Answer:
    return 200, {"value": [one for key, one in azure.settings.items() if key.startswith(_key(kind, ""))]}


@route("GET", EVERY + "/{name}", inside=False)
def _get(azure: Azure, kind: str, name: str) -> Answer:
    if _key(kind, name) not in azure.settings:
        raise resource_not_found(name, WORKSPACE.resource_group)
    return 200, azure.settings[_key(kind, name)]


@route("PUT", EVERY + "/{name}", inside=False)
def _put(azure: Azure, kind: str, name: str, body: Document) -> Answer:
    unknown = set(re.findall(r"'metricName': '([^']+)'", str(body))) - KNOWN
    nowhere = set(re.findall(r"'timeZone': '([^']+)'", str(body))) - ZONES
    if nowhere:
        raise ArmError(400, "InvalidTimeZone", f"{nowhere.pop()} is no time zone")
    if unknown:
        raise ArmError(400, "UnsupportedMetric", f"metricname: {unknown.pop()}")
    identifier = f"{INSIGHTS}/{kind}/{name}"
    azure.settings[_key(kind, name)] = {"id": identifier, "name": name, **body}
    azure.act("put", identifier)
    return 200, azure.settings[_key(kind, name)]


@route("DELETE", EVERY + "/{name}", inside=False)
def _delete(azure: Azure, kind: str, name: str) -> Answer:
    if azure.settings.pop(_key(kind, name), None) is not None:
        azure.act("delete", _key(kind, name))
    return 200, None


@route("GET", "onlineEndpoints/{endpoint}/providers/Microsoft.Insights/metrics")
def _metrics(azure: Azure, endpoint: str) -> Answer:
    """A hundred requests in every span; some of them failed, with 424."""
    azure.found(endpoint)
    count = azure.weather.failing() if "424" in azure.query else 0 if "5xx" in azure.query else 100
    return 200, {"value": [{"timeseries": [{"data": [{"average": count}]}]}]}


def _key(kind: str, name: str) -> str:
    return f"{kind}/{name}".lower()
