"""azure-mgmt-monitor against the local Azure: autoscale settings, made, changed and refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.mgmt.monitor import models as m

from local.cloud.cloud import LocalCloud
from local.cloud.world import REGION, RESOURCE_GROUP, RESOURCE_GROUP_ID, WORKSPACE_ID
from tests.local.clients.autoscale_bodies import IN, OUT, instances, profile, rule, setting
from tests.local.clients.refusals import refused
from tests.local.clients.watched import BLUE, ENDPOINT, MINUTE, PLACE


def test_a_setting_lives(monitor: Any, scale: Any) -> None:
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


def test_the_documents_own_example_is_taken(monitor: Any, ml: Any, scale: Any) -> None:
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
    weekend = m.RecurrentSchedule(time_zone="Pacific Standard Time", days=["Saturday", "Sunday"], hours=[], minutes=[])
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
    scale: Any, properties: dict[str, Any], code: str, status: int, text: str
) -> None:
    with refused(code, status, text):
        scale(**properties)


def test_a_resource_has_one_setting_and_keeps_it(monitor: Any, scale: Any, cloud: LocalCloud) -> None:
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
