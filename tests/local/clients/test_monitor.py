"""azure-mgmt-monitor against the local Azure: autoscale settings that scale, metric alerts that fire, and metrics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.monitor import models as m

from local.cloud.cloud import LocalCloud
from local.cloud.machinelearning.records import Deployment, Operation, Stamps
from local.cloud.serving.answered import Answered
from local.cloud.world import REGION, RESOURCE_GROUP, RESOURCE_GROUP_ID, WORKSPACE, WORKSPACE_ID
from tests.local.clients.conftest import Connect
from tests.local.clients.test_machine_learning import endpoint as endpoint_body

ENDPOINT = f"{WORKSPACE_ID}/onlineEndpoints/watched"
BLUE = f"{ENDPOINT}/deployments/blue"
MINUTE = timedelta(minutes=1)
PLACE = (RESOURCE_GROUP, "mine")


@contextmanager
def refused(code: str, status: int = 400, text: str = "") -> Iterator[None]:
    with pytest.raises(HttpResponseError) as raised:
        yield
    assert (raised.value.status_code, raised.value.error.code if raised.value.error else None) == (status, code)
    assert text in str(raised.value)


@pytest.fixture(scope="module")
def monitor(connect: Connect[MonitorManagementClient], ml: Any, cloud: LocalCloud) -> MonitorManagementClient:
    """A client, and an endpoint with a deployment that serves as far as the service knows."""
    ml.online_endpoints.begin_create_or_update(RESOURCE_GROUP, WORKSPACE, "watched", endpoint_body()).result()
    endpoint = cloud.state.endpoint("watched")
    assert endpoint is not None
    now = cloud.clock.now()
    endpoint.deployments["blue"] = Deployment(
        name="blue",
        tags={},
        capacity=1,
        properties={"endpointComputeType": "Managed", "instanceType": "Standard_DS3_v2"},
        stamps=Stamps.new(now, "developer"),
        operation=Operation("done", "2024-04-01", now, "Succeeded", now),
        state="Succeeded",
    )
    cloud.state.quota.cores = 1000
    return connect(MonitorManagementClient)


@pytest.fixture
def scale(monitor: Any, cloud: LocalCloud) -> Iterator[Any]:
    """Makes the setting; afterwards there is none, one instance, and nothing was seen."""

    def make(**properties: Any) -> Any:
        return monitor.autoscale_settings.create_or_update(*PLACE, setting(**properties))

    yield make
    monitor.autoscale_settings.delete(*PLACE)
    cloud._providers.insights.forget()
    with cloud.state.lock:
        endpoint = cloud.state.endpoint("watched")
        assert endpoint is not None
        endpoint.deployments["blue"].capacity = 1


def setting(**properties: Any) -> dict[str, Any]:
    given = {"targetResourceUri": BLUE, "enabled": True, "profiles": [profile()], **properties}
    return {"location": REGION, "properties": given}


def profile(rules: Any = (), least: int = 1, most: int = 6, default: int = 1, **times: Any) -> dict[str, Any]:
    capacity = {"minimum": str(least), "maximum": str(most), "default": str(default)}
    return {"name": "usual", "capacity": capacity, "rules": list(rules), **times}


def rule(direction: str, operator: str, threshold: float, *, value: str = "1", **trigger: Any) -> dict[str, Any]:
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


def traffic(cloud: LocalCloud, minutes: int, requests: int, *, status: int = 200, took: float = 20.0) -> None:
    """So many requests in each of the next minutes."""
    for _ in range(minutes):
        for _ in range(requests):
            cloud._providers.insights.seen("watched", Answered("blue", status, status, took))
        cloud.clock.advance(MINUTE)


def instances(ml: Any) -> int:
    return int(ml.online_deployments.get(RESOURCE_GROUP, WORKSPACE, "watched", "blue").sku.capacity)


class TestAutoscale:
    def test_a_setting_lives(self, monitor: Any, scale: Any) -> None:
        settings = monitor.autoscale_settings
        made = scale(profiles=[profile([OUT, IN])])
        assert (made.name, made.target_resource_uri, made.enabled) == ("mine", BLUE, True)
        assert settings.get(*PLACE).profiles[0].rules[0].metric_trigger.time_window == timedelta(minutes=5)
        names = [one.name for one in settings.list_by_resource_group(RESOURCE_GROUP)]
        assert names == [one.name for one in settings.list_by_subscription()] == ["mine"]
        changed = settings.update(*PLACE, m.AutoscaleSettingResourcePatch(enabled=False, tags={"team": "risk"}))
        assert (changed.enabled, changed.tags, len(changed.profiles[0].rules)) == (False, {"team": "risk"}, 2)
        settings.delete(*PLACE)
        settings.delete(*PLACE)
        with pytest.raises(ResourceNotFoundError):
            settings.get(*PLACE)

    def test_the_documents_own_example_is_taken(self, monitor: Any, ml: Any, scale: Any) -> None:
        """As how-to-autoscale-endpoints writes it, with models of the SDK, metrics of both and a weekend."""
        trigger: dict[str, Any] = {
            "metric_name": "CpuUtilizationPercentage",
            "metric_resource_uri": BLUE,
            "time_grain": MINUTE,
            "statistic": "Average",
            "operator": "GreaterThan",
            "time_aggregation": "Last",
            "time_window": 5 * MINUTE,
            "threshold": 70,
        }
        action = m.ScaleAction(direction="Increase", type="ChangeCount", value="2", cooldown=timedelta(hours=1))
        latency: dict[str, Any] = {**trigger, "metric_name": "RequestLatency", "metric_resource_uri": ENDPOINT}
        rules = [m.ScaleRule(metric_trigger=m.MetricTrigger(**one), scale_action=action) for one in (trigger, latency)]
        capacity = m.ScaleCapacity(minimum="2", maximum="5", default="2")
        weekend = m.RecurrentSchedule(
            time_zone="Pacific Standard Time", days=["Saturday", "Sunday"], hours=[], minutes=[]
        )
        always = m.AutoscaleProfile(name="my-scale-settings", capacity=capacity, rules=rules)
        on_weekends = m.AutoscaleProfile(
            name="weekend",
            capacity=m.ScaleCapacity(minimum="2", maximum="2", default="2"),
            rules=[],
            recurrence=m.Recurrence(frequency="Week", schedule=weekend),
        )
        body = m.AutoscaleSettingResource(location=REGION, profiles=[always, on_weekends], target_resource_uri=BLUE)
        made = monitor.autoscale_settings.create_or_update(*PLACE, body)

        assert (made.enabled, len(made.profiles[0].rules), instances(ml)) == (False, 2, 1)

    def test_traffic_scales_out_within_the_cooldown_and_the_maximum_and_in_again(
        self, ml: Any, scale: Any, cloud: LocalCloud
    ) -> None:
        scale(profiles=[profile([OUT, IN])])
        seen = []
        for _ in range(13):
            traffic(cloud, 1, 20)
            seen.append(instances(ml))
        assert seen == [1, 1, 3, 3, 3, 3, 3, 5, 5, 5, 5, 5, 6]  # after 20 + 20 of five minutes; then each cooldown
        seen = []
        for _ in range(20):
            traffic(cloud, 1, 0)
            seen.append(instances(ml))
        assert seen == [6] * 4 + [5] * 5 + [4] * 5 + [3] * 5 + [2]  # the window and the cooldown pass; one at a time

    def test_what_was_not_looked_at_has_happened_all_the_same(self, ml: Any, scale: Any, cloud: LocalCloud) -> None:
        scale(profiles=[profile([OUT])])
        traffic(cloud, 30, 20)
        assert instances(ml) == 6

    def test_a_count_outside_the_limits_is_brought_inside_at_once(self, ml: Any, scale: Any, cloud: LocalCloud) -> None:
        scale(profiles=[profile(least=2, default=2)])
        cloud.clock.advance(MINUTE)
        assert instances(ml) == 2

    def test_a_disabled_setting_does_nothing(self, ml: Any, scale: Any, cloud: LocalCloud) -> None:
        scale(profiles=[profile(least=2, default=2)], enabled=False)
        cloud.clock.advance(5 * MINUTE)
        assert instances(ml) == 1

    def test_without_a_metric_there_are_no_fewer_than_the_default(self, ml: Any, scale: Any, cloud: LocalCloud) -> None:
        used = {"metricName": "CpuUtilizationPercentage"}
        scale(profiles=[profile([rule("Increase", "GreaterThan", 70, **used)], default=3)])
        cloud.clock.advance(MINUTE)
        assert instances(ml) == 3

    def test_a_metric_that_is_told_counts(self, ml: Any, scale: Any, cloud: LocalCloud) -> None:
        used = {"metricName": "CpuUtilizationPercentage", "timeAggregation": "Last"}
        scale(profiles=[profile([rule("Increase", "GreaterThan", 70, **used)])])
        cloud._providers.insights.tell(BLUE, "CpuUtilizationPercentage", 90)
        cloud.clock.advance(MINUTE)
        assert instances(ml) == 2
        with pytest.raises(ValueError, match="measured here"):
            cloud._providers.insights.tell(BLUE, "RequestsPerMinute", 90)

    def test_nothing_is_scaled_in_that_would_be_scaled_out_again(self, ml: Any, scale: Any, cloud: LocalCloud) -> None:
        used = {"metricName": "CpuUtilizationPercentage", "timeAggregation": "Last"}
        inwards = rule("Decrease", "LessThan", 60, value="3", **used)
        scale(profiles=[profile([rule("Increase", "GreaterThan", 70, **used), inwards], least=1, default=4)])
        cloud.clock.advance(MINUTE)
        assert instances(ml) == 4
        cloud._providers.insights.tell(BLUE, "CpuUtilizationPercentage", 50)
        cloud.clock.advance(MINUTE)
        assert instances(ml) == 3  # 50 % of 4 would be 100 % of 2

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (rule("Increase", "GreaterThan", 0.5, value="200", kind="PercentChangeCount"), 3),
            (rule("Increase", "GreaterThan", 0.5, value="4", kind="ExactCount"), 4),
            (rule("Increase", "GreaterThan", 0.5, dividePerInstance=True), 2),
            (rule("Increase", "GreaterThan", 2.5, timeAggregation="Total"), 2),
            (rule("Increase", "GreaterThan", 5, timeGrain="PT5M", statistic="Sum"), 1),
            (rule("Increase", "GreaterThan", 0, metricName="RequestLatency_P95"), 2),
            (rule("Increase", "GreaterThan", 15, metricName="RequestLatency", metricResourceUri=ENDPOINT), 2),
            (rule("Increase", "GreaterThan", 25, metricName="RequestLatency", metricResourceUri=ENDPOINT), 1),
            (
                rule(
                    "Increase",
                    "GreaterThan",
                    0,
                    metricResourceUri=ENDPOINT,
                    dimensions=[{"DimensionName": "statusCodeClass", "Operator": "NotEquals", "Values": ["2xx"]}],
                ),
                1,
            ),
        ],
    )
    def test_how_a_rule_counts(self, ml: Any, scale: Any, cloud: LocalCloud, change: Any, expected: int) -> None:
        scale(profiles=[profile([change])])
        traffic(cloud, 1, 3)
        assert instances(ml) == expected

    def test_a_fixed_date_and_a_recurring_profile_come_before_the_default_one(
        self, ml: Any, scale: Any, cloud: LocalCloud
    ) -> None:
        now = cloud.clock.now()
        local = {
            "timeZone": "UTC",
            "start": f"{now:%Y-%m-%dT%H:%M:%S}",
            "end": f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}",
        }
        later = now + timedelta(hours=2)
        weekly = {"timeZone": "UTC", "days": [f"{later:%A}"], "hours": [later.hour], "minutes": [later.minute]}
        profiles = [
            profile(least=1),
            profile(least=2, default=2, fixedDate=local) | {"name": "once"},
            profile(least=3, default=3, recurrence={"frequency": "Week", "schedule": weekly}) | {"name": "weekly"},
        ]
        # The recurring one began a week ago last, and goes on until it begins again.
        scale(profiles=profiles)
        cloud.clock.advance(MINUTE)
        assert instances(ml) == 2
        cloud.clock.advance(timedelta(hours=2))
        assert instances(ml) == 3

    def test_what_the_subscription_may_not_have_is_not_scaled_out_to(
        self, ml: Any, scale: Any, cloud: LocalCloud
    ) -> None:
        cloud.state.quota.cores = 8
        try:
            scale(profiles=[profile(least=2, default=2)])
            cloud.clock.advance(MINUTE)
            assert instances(ml) == 1
        finally:
            cloud.state.quota.cores = 1000

    @pytest.mark.parametrize(
        ("properties", "code", "status", "text"),
        [
            ({"targetResourceUri": None}, "UnsupportedRequestContent", 400, "not well formed"),
            ({"targetResourceUri": f"{ENDPOINT}/deployments/nobody"}, "TargetResourceNotFound", 404, "nobody"),
            ({"targetResourceUri": WORKSPACE_ID}, "NotEmulatedLocally", 501, "online deployment"),
            ({"profiles": [profile(least=3)]}, "BadRequest", 400, "less than '1'"),
            ({"profiles": [profile(default=9)]}, "BadRequest", 400, "greater than the maximum"),
            (
                {"profiles": [profile([rule("Increase", "GreaterThan", 1, value="9")])]},
                "InvalidActionValue",
                400,
                "'9'",
            ),
            (
                {"profiles": [profile([rule("Increase", "GreaterThan", 1, metricName="Nobody")])]},
                "UnsupportedMetric",
                400,
                "metricname: Nobody",
            ),
            ({"profiles": [profile()] * 2}, "BadRequest", 400, "one default profile"),
            ({"profiles": [profile()] * 21}, "InvalidRequestContent", 400, "too long"),
            ({"profiles": [profile([OUT] * 11)]}, "InvalidRequestContent", 400, "too long"),
            (
                {"profiles": [profile([rule("Increase", "GreaterThan", 1, timeWindow="PT1M")])]},
                "InvalidRequestContent",
                400,
                "out of range",
            ),
            ({"predictiveAutoscalePolicy": {"scaleMode": "Enabled"}}, "NotEmulatedLocally", 501, "predictive"),
            (
                {"profiles": [profile([rule("Increase", "GreaterThan", 1, metricResourceUri=RESOURCE_GROUP_ID)])]},
                "NotEmulatedLocally",
                501,
                "metrics of",
            ),
            (
                {"profiles": [profile([rule("None", "GreaterThan", 1)])]},
                "NotEmulatedLocally",
                501,
                "neither add nor remove",
            ),
            (
                {"profiles": [profile(fixedDate={"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"})]},
                "BadRequest",
                400,
                "end after",
            ),
            (
                {
                    "profiles": [
                        profile(
                            recurrence={
                                "frequency": "Month",
                                "schedule": {"timeZone": "UTC", "days": [], "hours": [], "minutes": []},
                            }
                        )
                    ]
                },
                "NotEmulatedLocally",
                501,
                "each Month",
            ),
            (
                {
                    "profiles": [
                        profile(
                            recurrence={
                                "frequency": "Week",
                                "schedule": {"timeZone": "Mars", "days": [], "hours": [], "minutes": []},
                            }
                        )
                    ]
                },
                "NotEmulatedLocally",
                501,
                "time zone 'Mars'",
            ),
        ],
    )
    def test_what_azure_refuses_is_refused(
        self, scale: Any, properties: dict[str, Any], code: str, status: int, text: str
    ) -> None:
        with refused(code, status, text):
            scale(**properties)

    def test_a_resource_has_one_setting_and_keeps_it(self, monitor: Any, scale: Any, cloud: LocalCloud) -> None:
        scale()
        with refused("Conflict", 409):
            monitor.autoscale_settings.create_or_update(RESOURCE_GROUP, "second", setting())
        endpoint = cloud.state.endpoint("watched")
        assert endpoint is not None
        endpoint.deployments["green"] = endpoint.deployments["blue"]
        try:
            with refused("TargetResourceIdIsImmutable", 400, "is immutable"):
                scale(targetResourceUri=BLUE.replace("blue", "green"))
        finally:
            del endpoint.deployments["green"]


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


class TestAlerts:
    @pytest.fixture
    def make(self, monitor: Any, cloud: LocalCloud) -> Iterator[Any]:
        yield lambda **changes: monitor.metric_alerts.create_or_update(*PLACE, alert(**changes))
        monitor.metric_alerts.delete(*PLACE)
        cloud._providers.insights.forget()

    def test_an_alert_lives(self, monitor: Any, make: Any) -> None:
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
        self, monitor: Any, make: Any, cloud: LocalCloud
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
        self, monitor: Any, make: Any, cloud: LocalCloud, changes: dict[str, Any], fires: bool
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
    def test_what_azure_refuses_is_refused(
        self, make: Any, changes: dict[str, Any], code: str, status: int, text: str
    ) -> None:
        with refused(code, status, text):
            make(**changes)


class TestMetrics:
    def test_what_was_seen_is_told_by_minute(self, monitor: Any, cloud: LocalCloud) -> None:
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

    def test_metrics_are_listed_as_documented(self, monitor: Any) -> None:
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
    def test_what_cannot_be_told_is_refused(
        self, monitor: Any, asked: dict[str, Any], code: str, status: int, text: str
    ) -> None:
        with refused(code, status, text):
            monitor.metrics.list(ENDPOINT, **asked)

    def test_metrics_of_what_is_not_there(self, monitor: Any) -> None:
        with pytest.raises(ResourceNotFoundError):
            monitor.metrics.list(f"{ENDPOINT}s")
        with refused("NotEmulatedLocally", 501):
            monitor.metrics.list(WORKSPACE_ID)
