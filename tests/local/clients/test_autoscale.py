"""azure-mgmt-monitor against the local Azure: what an autoscale setting does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local.cloud.cloud import LocalCloud
from tests.local.clients.autoscale_bodies import IN, OUT, instances, profile, rule
from tests.local.clients.watched import BLUE, ENDPOINT, MINUTE, traffic


def test_traffic_scales_out_within_the_cooldown_and_the_maximum_and_in_again(
    ml: Any, scale: Any, cloud: LocalCloud
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


def test_what_was_not_looked_at_has_happened_all_the_same(ml: Any, scale: Any, cloud: LocalCloud) -> None:
    scale(profiles=[profile([OUT])])
    traffic(cloud, 30, 20)
    assert instances(ml) == 6


def test_a_count_outside_the_limits_is_brought_inside_at_once(ml: Any, scale: Any, cloud: LocalCloud) -> None:
    scale(profiles=[profile(least=2, default=2)])
    cloud.clock.advance(MINUTE)
    assert instances(ml) == 2


def test_a_disabled_setting_does_nothing(ml: Any, scale: Any, cloud: LocalCloud) -> None:
    scale(profiles=[profile(least=2, default=2)], enabled=False)
    cloud.clock.advance(5 * MINUTE)
    assert instances(ml) == 1


def test_without_a_metric_there_are_no_fewer_than_the_default(ml: Any, scale: Any, cloud: LocalCloud) -> None:
    used = {"metricName": "CpuUtilizationPercentage"}
    scale(profiles=[profile([rule("Increase", "GreaterThan", 70, **used)], default=3)])
    cloud.clock.advance(MINUTE)
    assert instances(ml) == 3


def test_a_metric_that_is_told_counts(ml: Any, scale: Any, cloud: LocalCloud) -> None:
    used = {"metricName": "CpuUtilizationPercentage", "timeAggregation": "Last"}
    scale(profiles=[profile([rule("Increase", "GreaterThan", 70, **used)])])
    cloud._providers.insights.tell(BLUE, "CpuUtilizationPercentage", 90)
    cloud.clock.advance(MINUTE)
    assert instances(ml) == 2
    with pytest.raises(ValueError, match="measured here"):
        cloud._providers.insights.tell(BLUE, "RequestsPerMinute", 90)


def test_nothing_is_scaled_in_that_would_be_scaled_out_again(ml: Any, scale: Any, cloud: LocalCloud) -> None:
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
def test_how_a_rule_counts(ml: Any, scale: Any, cloud: LocalCloud, change: Any, expected: int) -> None:
    scale(profiles=[profile([change])])
    traffic(cloud, 1, 3)
    assert instances(ml) == expected


def test_a_fixed_date_and_a_recurring_profile_come_before_the_default_one(
    ml: Any, scale: Any, cloud: LocalCloud
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


def test_what_the_subscription_may_not_have_is_not_scaled_out_to(ml: Any, scale: Any, cloud: LocalCloud) -> None:
    cloud.state.quota.cores = 8
    try:
        scale(profiles=[profile(least=2, default=2)])
        cloud.clock.advance(MINUTE)
        assert instances(ml) == 1
    finally:
        cloud.state.quota.cores = 1000
