"""azure-mgmt-monitor against the local Azure: metrics."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError

from local.cloud.cloud import LocalCloud
from local.cloud.world import WORKSPACE_ID
from tests.local.clients.refusals import refused
from tests.local.clients.watched import BLUE, ENDPOINT, MINUTE, traffic


def test_what_was_seen_is_told_by_minute(monitor: Any, cloud: LocalCloud) -> None:
    cloud.clock.advance(MINUTE)
    start = cloud.clock.now()
    traffic(cloud, 2, 3)
    traffic(cloud, 1, 1, status=424, took=80)
    span = f"{start:%Y-%m-%dT%H:%M:%SZ}/{cloud.clock.now():%Y-%m-%dT%H:%M:%SZ}"

    def values(name: str, of: str = ENDPOINT, how: str = "average", **asked: Any) -> list[float | None]:
        found = monitor.metrics.list(of, timespan=span, metricnames=name, **asked)
        return [getattr(one, how) for one in found.value[0].timeseries[0].data]

    assert values("RequestsPerMinute") == [3, 3, 1]
    assert values("RequestsPerMinute", BLUE, interval="PT3M", aggregation="Total", how="total") == [7]
    others = "deployment eq 'blue' and statusCodeClass ne '2xx'"
    assert values("RequestsPerMinute", filter=others) == [0, 0, 1]
    assert values("RequestLatency") == values("RequestLatency_P95", BLUE) == [20, 20, 80]
    assert monitor.metrics.list(ENDPOINT).value[0].name.value == "RequestsPerMinute"
    cloud._providers.insights.forget()


def test_metrics_are_listed_as_documented(monitor: Any) -> None:
    of_deployments = {one.name.value: one for one in monitor.metric_definitions.list(BLUE)}
    assert {"CpuUtilizationPercentage", "GpuUtilizationPercentage", "DiskUtilization"} <= of_deployments.keys()
    [requests] = [one for one in monitor.metric_definitions.list(ENDPOINT) if one.name.value == "RequestsPerMinute"]
    assert "statusCodeClass" in [one.value for one in requests.dimensions]


@pytest.mark.parametrize(
    ("asked", "code", "status", "text"),
    [
        ({"metricnames": "Nobody"}, "BadRequest", 400, "no metric Nobody"),
        ({"metricnames": "NetworkBytes"}, "NotEmulatedLocally", 501, "NetworkBytes"),
        ({"interval": "PT90S"}, "BadRequest", 400, "PT90S"),
        ({"timespan": "yesterday"}, "BadRequest", 400, "yesterday"),
        ({"aggregation": "Median"}, "BadRequest", 400, "Median"),
        ({"filter": "deployment eq '*'"}, "NotEmulatedLocally", 501, "deployment eq"),
    ],
)
def test_what_cannot_be_told_is_refused(monitor: Any, asked: dict[str, Any], code: str, status: int, text: str) -> None:
    with refused(code, status, text):
        monitor.metrics.list(ENDPOINT, **asked)


def test_metrics_of_what_is_not_there(monitor: Any) -> None:
    with pytest.raises(ResourceNotFoundError):
        monitor.metrics.list(f"{ENDPOINT}s")
    with refused("NotEmulatedLocally", 501):
        monitor.metrics.list(WORKSPACE_ID)
