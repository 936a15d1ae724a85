"""What a request may say of autoscale and alerts, and that what is sent for it is what Azure's own models know."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from azure.mgmt.monitor import models as m
from pydantic import TypeAdapter

from activities.alerts import Alerts
from activities.autoscale import Autoscale
from activities.autoscale_profiles import profiles
from activities.metrics import duration
from activities.scene import Finding, Scene
from contracts.autoscale import AutoscaleRequest, Weekly
from contracts.base import Duration
from contracts.metrics import METRICS, Of
from contracts.orders import DeployOrder
from contracts.plan import Resolved
from contracts.problems import RequestProblems
from contracts.time_zones import DOCUMENTED
from local.cloud import world
from local.cloud.arm.schema import problem
from local.cloud.insights.bodies import ALERT as ALERT_BODY
from local.cloud.insights.bodies import AUTOSCALE as AUTOSCALE_BODY
from local.cloud.insights.catalogue import DEPLOYMENTS, ENDPOINTS
from local.cloud.insights.catalogue import METRICS as EMULATED
from local.cloud.insights.profiles import profile_at
from tests import samples
from triggers.requests import judged

PAGE = Path(__file__).resolve().parents[2] / "docs" / "monitoring.md"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
ON_CALL = f"{GROUP}/providers/Microsoft.Insights/actionGroups/on-call"
RULE: dict[str, Any] = {
    "metric": "CpuUtilizationPercentage",
    "statistic": "max",
    "aggregation": "last",
    "operator": "greater_than_or_equal",
    "threshold": 70,
    "window": "PT10M",
    "grain": "PT5M",
    "scale": "out",
    "by": 50,
    "unit": "percent",
    "cooldown": "P1D",
}
LATENCY = {**RULE, "metric": "RequestLatency", "operator": "less_than", "scale": "in", "by": 1, "unit": "instances"}
NIGHTS = {"days": ["friday", "Saturday"], "start": "22:00", "end": "06:30"}
EVENT = {"start": "2026-12-24T00:00:00", "end": "2026-12-27T00:00:00"}
AUTOSCALE: dict[str, Any] = {
    "minimum": 2,
    "maximum": 5,
    "rules": [RULE, LATENCY],
    "schedules": [
        {"name": "nights", "minimum": 1, "maximum": 1, "weekly": NIGHTS, "time_zone": "W. Europe Standard Time"},
        {"name": "holidays", "minimum": 4, "maximum": 9, "default": 6, "once": EVENT, "rules": [RULE]},
    ],
}
OTHER = {
    "name": "busy",
    "metric": "CpuUtilizationPercentage",
    "operator": "greater_than",
    "threshold": 90,
    "dimensions": [{"name": "instanceId", "values": ["a"], "exclude": True}],
}
ALERTS: dict[str, Any] = {
    "action_groups": [ON_CALL],
    "severity": 3,
    "latency": {"above_ms": 500, "of": "average"},
    "errors": {"above_per_minute": 0.5, "severity": 0},
    "availability": {"below_per_minute": 1, "window": "PT1H", "every": "PT5M"},
    "others": [OTHER],
}
PLACE = Resolved(location="eastus", endpoint="onlineEndpoints/e1x", deployment="onlineEndpoints/e1x/deployments/d1x")


def part(kind: str, wanted: dict[str, Any]) -> Any:
    asked: Any = {kind: wanted}
    return DeployOrder(request=judged(samples.request(**asked))).part(kind)


def known_to_azure(model: Any, body: dict[str, Any]) -> dict[str, Any]:
    """The body as the official client sends it: without what its model does not know."""
    sent: dict[str, Any] = model.deserialize(body).serialize()
    return sent


def test_the_body_of_an_autoscale_setting_is_valid_by_the_official_schema() -> None:
    room = Autoscale()
    [body] = room.documents(room.read(part("autoscale", AUTOSCALE)), PLACE).values()

    sent = known_to_azure(m.AutoscaleSettingResource, body)
    # The client reads a local time as one in UTC; the documents' own example has no offset either.
    sent["properties"]["profiles"][3]["fixedDate"] = body["properties"]["profiles"][3]["fixedDate"]
    assert sent == body
    # What is required, and the words there are: these shapes are held to the official models by a test of their own.
    assert problem(AUTOSCALE_BODY, body) is None
    usual, nights, again, holidays = body["properties"]["profiles"]
    trigger, action = usual["rules"][0]["metricTrigger"], usual["rules"][0]["scaleAction"]
    assert trigger["metricResourceUri"] == body["properties"]["targetResourceUri"]
    assert (
        usual["rules"][1]["metricTrigger"]["metricResourceUri"] == trigger["metricResourceUri"].rpartition("/depl")[0]
    )
    assert (trigger["timeWindow"], trigger["operator"], trigger["statistic"]) == ("PT10M", "GreaterThanOrEqual", "Max")
    assert action == {"direction": "Increase", "type": "PercentChangeCount", "value": "50", "cooldown": "P1D"}
    assert nights["recurrence"]["schedule"] == {
        "timeZone": "W. Europe Standard Time",
        "days": ["Friday", "Saturday"],
        "hours": [22],
        "minutes": [0],
    }
    assert nights["rules"] == []
    assert again["name"] == '{"name":"usual","for":"nights"}'
    assert again["recurrence"]["schedule"]["days"] == ["Saturday", "Sunday"]
    assert (again["capacity"], again["rules"]) == (usual["capacity"], usual["rules"])
    assert holidays["fixedDate"] == {"timeZone": "UTC", **EVENT}
    assert holidays["capacity"] == {"minimum": "4", "maximum": "9", "default": "6"}


def test_the_bodies_of_alerts_are_valid_by_the_official_schema() -> None:
    room = Alerts()
    bodies = room.documents(room.read(part("alerts", ALERTS)), PLACE)

    assert [known_to_azure(m.MetricAlertResource, body) for body in bodies.values()] == [*bodies.values()]
    assert [problem(ALERT_BODY, body) for body in bodies.values()] == [None] * 4
    by_name = {name.rpartition("-")[2]: body["properties"] for name, body in bodies.items()}
    criteria = {name: one["criteria"]["allOf"][0] for name, one in by_name.items()}
    assert {name: one["severity"] for name, one in by_name.items()} == {
        "latency": 3,
        "errors": 0,
        "availability": 3,
        "busy": 3,
    }
    assert criteria["latency"]["metricName"] == "RequestLatency"
    assert criteria["errors"]["dimensions"][1] == {"name": "statusCodeClass", "operator": "Exclude", "values": ["2xx"]}
    assert criteria["availability"]["dimensions"][0]["values"] == ["d1x"]
    assert by_name["busy"]["scopes"][0].endswith("/deployments/d1x")
    assert by_name["errors"]["scopes"][0].endswith("/onlineEndpoints/e1x")
    assert len({name.rpartition("-")[0] for name in bodies}) == 1


def test_the_examples_of_the_documents_are_requests() -> None:
    autoscale, alerts = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    body = judged(samples.request(**yaml.safe_load(autoscale), **yaml.safe_load(alerts)))

    room = Autoscale()
    [setting] = room.documents(room.read(body["autoscale"]), PLACE).values()
    assert [len(one["rules"]) for one in setting["properties"]["profiles"]] == [3, 3, 3, 3]
    assert setting["properties"]["profiles"][1]["rules"][0]["scaleAction"]["value"] == "1"
    assert body["alerts"]["action_groups"] == [world.ACTION_GROUP_ID]


def test_metrics_are_the_same_ones_for_the_app_and_for_the_local_azure() -> None:
    kinds: dict[Of, str] = {"deployment": DEPLOYMENTS, "endpoint": ENDPOINTS}
    for of, kind in kinds.items():
        assert {one.name for one in EMULATED[kind]} == METRICS[of]


@pytest.mark.parametrize(
    ("start", "end", "days"), [("08:00", "18:00", ["Sunday"]), ("18:00", "08:00", ["Monday"])], ids=["day", "night"]
)
def test_a_schedule_ends_on_the_day_on_which_it_is_over(start: str, end: str, days: list[str]) -> None:
    weekly = Weekly(days=["sunday"], start=start, end=end)
    schedule = {"name": "s", "minimum": 1, "maximum": 1, "weekly": weekly.to_wire()}
    wanted = AutoscaleRequest.model_validate({"minimum": 1, "maximum": 2, "schedules": [schedule]})

    *_, again = profiles(wanted, {"deployment": "d", "endpoint": "e"})
    assert again["recurrence"]["schedule"]["days"] == days


def test_the_time_zones_are_those_that_the_reference_names() -> None:
    told = re.search(r"valid time zones are: (.*?)\. Required", " ".join(str(m.RecurrentSchedule.__doc__).split()))
    assert told is not None
    assert {name.lower() for name in told[1].split(", ")} == DOCUMENTED


def two(one: Any, other: Any, **more: Any) -> dict[str, Any]:
    """Two schedules, each weekly or for once."""
    named = [({"name": "a"} | one), ({"name": "b"} | other | more)]
    return {"minimum": 1, "maximum": 9, "schedules": [{"minimum": 2, "maximum": 3, **each} for each in named]}


def weekly(days: list[str], start: str, end: str) -> dict[str, Any]:
    return {"weekly": {"days": days, "start": start, "end": end}}


SUNDAY_NIGHT, MONDAY_MORNING = weekly(["sunday"], "22:00", "06:00"), weekly(["monday"], "05:59", "08:00")
ADVENT = {"once": {"start": "2026-12-26T00:00:00", "end": "2026-12-28T00:00:00"}}


@pytest.mark.parametrize(
    ("one", "other"), [(SUNDAY_NIGHT, MONDAY_MORNING), (MONDAY_MORNING, SUNDAY_NIGHT), ({"once": EVENT}, ADVENT)]
)
def test_schedules_of_which_nothing_says_which_is_in_force_are_refused(one: Any, other: Any) -> None:
    with pytest.raises(RequestProblems) as raised:
        part("autoscale", two(one, other))
    [found] = raised.value.problems
    assert (found.path, "schedules a and b overlap" in found.message) == ("autoscale", True)

    assert part("autoscale", two(one, other, time_zone="W. Europe Standard Time"))


def test_a_schedule_that_begins_when_another_one_ends_is_in_force() -> None:
    """As the local Azure has it too: of two profiles that begin at one moment nothing says which counts."""
    mornings = weekly(["saturday", "sunday"], "08:00", "12:00")
    wanted = AutoscaleRequest.model_validate(two(mornings, weekly(["sunday"], "12:00", "08:00")))

    written = profiles(wanted, {"deployment": "d", "endpoint": "e"})

    shown = {one["name"]: one["recurrence"]["schedule"]["days"] for one in written[1:]}
    assert shown == {
        "a": ["Saturday", "Sunday"],
        '{"name":"usual","for":"a"}': ["Saturday"],
        "b": ["Sunday"],
        '{"name":"usual","for":"b"}': ["Monday"],
    }
    noon = profile_at(written, datetime(2026, 11, 29, 13, tzinfo=UTC))
    assert noon is not None
    assert noon["name"] == "b"


@pytest.mark.parametrize(
    ("asked", "written"), [("PT5M", "PT5M"), ("PT90M", "PT1H30M"), ("PT24H", "P1D"), ("P1DT1M", "P1DT1M")]
)
def test_durations_are_written_as_azure_answers_them(asked: str, written: str) -> None:
    assert duration(TypeAdapter(Duration).validate_python(asked)) == written


def schedule(**changes: Any) -> dict[str, Any]:
    return {"minimum": 1, "maximum": 3, "schedules": [AUTOSCALE["schedules"][0] | changes]}


WRONG: list[tuple[str, Any, str]] = [
    ("autoscale", {"minimum": 3, "maximum": 2}, "autoscale"),
    ("autoscale", {"minimum": 1, "maximum": 3, "default": 4}, "autoscale"),
    ("autoscale", {"minimum": 0, "maximum": 3}, "autoscale.minimum"),
    ("autoscale", {"maximum": 3}, "autoscale.minimum"),
    ("autoscale", {**AUTOSCALE, "extra": 1}, "autoscale.extra"),
    ("autoscale", {**AUTOSCALE, "rules": [RULE] * 11}, "autoscale.rules"),
    ("autoscale", {**AUTOSCALE, "rules": [{**RULE, "unit": "instances", "by": 4}]}, "autoscale"),
    ("autoscale", {**AUTOSCALE, "rules": [{**RULE, "window": "PT1M"}]}, "autoscale.rules.0.window"),
    ("autoscale", {**AUTOSCALE, "rules": [{**RULE, "cooldown": "P8D"}]}, "autoscale.rules.0.cooldown"),
    ("autoscale", {**AUTOSCALE, "rules": [{**RULE, "grain": "PT30M"}]}, "autoscale.rules.0"),
    ("autoscale", {**AUTOSCALE, "rules": [{**RULE, "operator": "above"}]}, "autoscale.rules.0.operator"),
    ("autoscale", {**AUTOSCALE, "rules": [{**RULE, "of": "workspace"}]}, "autoscale.rules.0.of"),
    ("autoscale", schedule(time_zone="Europe/Berlin"), "autoscale.schedules.0.time_zone"),
    ("autoscale", schedule(weekly=None), "autoscale.schedules.0"),
    ("autoscale", schedule(once=EVENT), "autoscale.schedules.0"),
    ("autoscale", schedule(weekly={**NIGHTS, "end": "22:00"}), "autoscale.schedules.0.weekly"),
    ("autoscale", schedule(weekly={**NIGHTS, "days": ["friday", "friday"]}), "autoscale.schedules.0.weekly"),
    ("autoscale", schedule(weekly={**NIGHTS, "start": "25:00"}), "autoscale.schedules.0.weekly.start"),
    ("autoscale", schedule(weekly=None, once={**EVENT, "end": EVENT["start"]}), "autoscale.schedules.0.once"),
    ("autoscale", schedule(weekly=None, once={**EVENT, "end": "2027-12-30T00:00:00"}), "autoscale.schedules.0.once"),
    ("autoscale", schedule(weekly=None, once={key: f"{value}Z" for key, value in EVENT.items()}), "autoscale"),
    ("autoscale", {**AUTOSCALE, "schedules": AUTOSCALE["schedules"][:1] * 2}, "autoscale"),
    (
        "autoscale",
        {**AUTOSCALE, "schedules": [AUTOSCALE["schedules"][0] | {"name": f"n{at}"} for at in range(10)]},
        "autoscale",
    ),
    ("alerts", {"action_groups": [ON_CALL]}, "alerts"),
    ("alerts", {**ALERTS, "action_groups": []}, "alerts.action_groups"),
    ("alerts", {**ALERTS, "action_groups": ["on-call"]}, "alerts.action_groups.0"),
    ("alerts", {**ALERTS, "severity": 5}, "alerts.severity"),
    ("alerts", {**ALERTS, "latency": {"above_ms": 0}}, "alerts.latency.above_ms"),
    ("alerts", {**ALERTS, "latency": {"above_ms": 1, "window": "PT2M"}}, "alerts.latency.window"),
    ("alerts", {**ALERTS, "latency": {"above_ms": 1, "every": "PT15M"}}, "alerts.latency"),
    ("alerts", {**ALERTS, "others": [OTHER, OTHER]}, "alerts"),
    ("alerts", {**ALERTS, "others": [{**OTHER, "name": "latency"}]}, "alerts.others.0.name"),
    ("alerts", {**ALERTS, "others": [{**OTHER, "operator": "not_equals"}]}, "alerts.others.0.operator"),
    ("alerts", 7, "alerts"),
]


@pytest.mark.parametrize(("kind", "wrong", "path"), WRONG)
def test_a_part_that_says_something_else_is_refused_at_the_door(kind: str, wrong: Any, path: str) -> None:
    with pytest.raises(RequestProblems) as raised:
        judged(samples.request(**{kind: wrong}))

    paths = {problem.path for problem in raised.value.problems}
    assert all(one.startswith(path) for one in paths), paths


def test_kubernetes_has_a_way_of_its_own_to_scale() -> None:
    room, finding = Autoscale(), Finding()
    order = DeployOrder(request=judged(samples.request(autoscale=AUTOSCALE)))
    scene = Scene(order, "mark")
    scene.resolve(platform="kubernetes")

    room.judge(room.read(order.part("autoscale")), scene, finding)

    assert [(one.code, one.path) for one in finding.problems] == [("RequestRejected", "autoscale")]
    assert "target_utilization" in finding.problems[0].suggestion
