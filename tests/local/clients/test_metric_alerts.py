"""azure-mgmt-monitor against the local Azure: metric alerts that fire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.mgmt.monitor import models as m

from local.cloud.cloud import LocalCloud
from local.cloud.world import REGION, RESOURCE_GROUP, RESOURCE_GROUP_ID
from tests.local.clients.refusals import refused
from tests.local.clients.watched import BLUE, ENDPOINT, PLACE, traffic


def criterion(**changes: Any) -> dict[str, Any]:
    return {
        "criterionType": "StaticThresholdCriterion",
        "name": "one",
        "metricName": "RequestsPerMinute",
        "timeAggregation": "Average",
        "operator": "GreaterThan",
        "threshold": 0,
        **changes,
    }


ERRORS = criterion(
    dimensions=[
        {"name": "deployment", "operator": "Include", "values": ["blue"]},
        {"name": "statusCodeClass", "operator": "Exclude", "values": ["2xx"]},
    ]
)
DYNAMIC = m.DynamicMetricCriteria(
    name="one",
    metric_name="RequestsPerMinute",
    time_aggregation="Average",
    operator="GreaterThan",
    alert_sensitivity="Medium",
    failing_periods=m.DynamicThresholdFailingPeriods(number_of_evaluation_periods=4, min_failing_periods_to_alert=4),
)
ONE_RESOURCE = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"


def alert(location: str = "global", criteria: Any = (ERRORS,), **properties: Any) -> dict[str, Any]:
    given = {
        "severity": 2,
        "enabled": True,
        "scopes": [ENDPOINT],
        "evaluationFrequency": "PT1M",
        "windowSize": "PT5M",
        "criteria": {"odata.type": ONE_RESOURCE, "allOf": list(criteria)},
        "actions": [{"actionGroupId": f"{RESOURCE_GROUP_ID}/providers/Microsoft.Insights/actionGroups/on-call"}],
        **properties,
    }
    return {"location": location, "properties": given}


@pytest.fixture
def make(monitor: Any, cloud: LocalCloud) -> Iterator[Any]:
    yield lambda **changes: monitor.metric_alerts.create_or_update(*PLACE, alert(**changes))
    monitor.metric_alerts.delete(*PLACE)
    cloud._providers.insights.forget()


def test_an_alert_lives(monitor: Any, make: Any) -> None:
    made = make()
    assert (made.name, made.scopes, made.criteria.all_of[0].metric_name) == (
        "mine",
        [ENDPOINT],
        "RequestsPerMinute",
    )
    assert made.auto_mitigate
    names = [one.name for one in monitor.metric_alerts.list_by_resource_group(RESOURCE_GROUP)]
    assert names == [one.name for one in monitor.metric_alerts.list_by_subscription()] == ["mine"]
    changed = monitor.metric_alerts.update(*PLACE, m.MetricAlertResourcePatch(severity=4))
    assert (changed.severity, changed.scopes) == (4, [ENDPOINT])
    assert make(severity=1).severity == 1
    monitor.metric_alerts.delete(*PLACE)
    monitor.metric_alerts.delete(*PLACE)
    with pytest.raises(ResourceNotFoundError):
        monitor.metric_alerts.get(*PLACE)


def test_it_fires_when_its_condition_is_met_and_is_over_three_checks_after(
    monitor: Any, make: Any, cloud: LocalCloud
) -> None:
    make(windowSize="PT1M")

    def state() -> str:
        [status] = monitor.metric_alerts_status.list(*PLACE).value
        return str(status.properties.status)

    traffic(cloud, 1, 3)
    assert state() == "Healthy"
    traffic(cloud, 1, 1, status=424)
    assert state() == "Unhealthy"
    seen = []
    for _ in range(3):
        traffic(cloud, 1, 1)
        seen.append(state())
    assert seen == ["Unhealthy", "Unhealthy", "Healthy"]


@pytest.mark.parametrize(
    ("changes", "fires"),
    [
        ({"enabled": False}, False),
        ({"criteria": (ERRORS, criterion(name="two", threshold=100))}, False),
        ({"criteria": (criterion(metricName="RequestLatency_P95", threshold=15),)}, True),
        ({"criteria": (criterion(metricName="RequestLatency_P95", threshold=25),)}, False),
        ({"criteria": (criterion(timeAggregation="Total", threshold=2),)}, True),
        ({"criteria": (criterion(metricName="CpuUtilizationPercentage"),), "scopes": [BLUE]}, False),
        (
            {"criteria": (criterion(dimensions=[{"name": "deployment", "operator": "Include", "values": ["*"]}]),)},
            True,
        ),
        ({"criteria": (criterion(metricName="Nobody", skipMetricValidation=True),)}, False),
    ],
)
def test_what_its_condition_is(
    monitor: Any, make: Any, cloud: LocalCloud, changes: dict[str, Any], fires: bool
) -> None:
    make(**changes)
    traffic(cloud, 1, 3, status=500)
    [status] = monitor.metric_alerts_status.list(*PLACE).value
    assert (status.properties.status == "Unhealthy") == fires


@pytest.mark.parametrize(
    ("changes", "code", "status", "text"),
    [
        ({"location": REGION}, "BadRequest", 400, "must be global"),
        ({"scopes": [f"{ENDPOINT}s"]}, "BadRequest", 400, "Alert scope is invalid"),
        ({"scopes": [BLUE, ENDPOINT]}, "BadRequest", 400, "Alert scope is invalid"),
        ({"criteria": (criterion(metricName="Nobody"),)}, "BadRequest", 400, "find a metric named Nobody"),
        ({"criteria": (criterion(metricNamespace="Microsoft.Web/sites"),)}, "BadRequest", 400, "'metricnamespace'"),
        ({"criteria": ()}, "BadRequest", 400, "at least one"),
        (
            {"criteria": (criterion(dimensions=[{"name": "colour", "operator": "Include", "values": ["*"]}]),)},
            "BadRequest",
            400,
            "dimension colour",
        ),
        ({"windowSize": "PT2M"}, "BadRequest", 400, "windowSize PT2M"),
        ({"evaluationFrequency": "PT15M"}, "BadRequest", 400, "not the shorter one"),
        ({"severity": 5}, "InvalidRequestContent", 400, "maximum"),
        ({"criteria": (criterion(operator="NotEquals"),)}, "InvalidRequestContent", 400, "needs an operator"),
        ({"criteria": (DYNAMIC,)}, "NotEmulatedLocally", 501, "dynamic"),
    ],
)
def test_what_azure_refuses_is_refused(make: Any, changes: dict[str, Any], code: str, status: int, text: str) -> None:
    with refused(code, status, text):
        make(**changes)
