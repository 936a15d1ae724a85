"""Autoscale settings and metric alerts of the Azure of random schedules, in the workspace's group."""

from __future__ import annotations

import re

from local.cloud.arm.errors import ArmError, resource_not_found
from local.cloud.insights.catalogue import METRICS
from tests.schedules.azure import Answer, Azure, route
from tests.schedules.records import WORKSPACE, Document

INSIGHTS = f"{WORKSPACE.resource_group_id}/providers/Microsoft.Insights"
EVERY = re.escape(f"{INSIGHTS}/") + "(?P<kind>autoscaleSettings|metricAlerts)"
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


def _key(kind: str, name: str) -> str:
    return f"{kind}/{name}".lower()
