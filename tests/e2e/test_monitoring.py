"""Autoscale and alerts from a request: made with the deployment, scaled by real traffic, changed, and given back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError

from azure_api import versions
from azure_api.clients import clients
from contracts.activities import EnsureInput
from contracts.ledger import LedgerEntry
from contracts.orders import DeployOrder
from contracts.plan import Resolved
from local.cloud import world
from local.cloud.faults import Fault
from local.stack import LocalStack
from local.waiting import PATIENCE
from tests import samples
from tests.e2e import reading
from tests.e2e.monitoring import ALERTS, AUTOSCALE, BLUE, CPU, IN, INSIGHTS, ON_CALL, ONE_WAY, OUT, WEEKEND, settings
from tests.integration import acting
from triggers.requests import judged

NO_PROXY = {"http": "", "https": ""}
THEIRS = "dep-ffffffffffffffffffffffffffffffff"
VERSIONS = {"autoscaleSettings": versions.AUTOSCALE, "metricAlerts": versions.ALERTS}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A stack with one deployment that has autoscale and alerts."""
    with LocalStack(tmp_path_factory.mktemp("stack")) as started:
        samples.register_all(started)
        yield started


@pytest.fixture(scope="module")
def made(stack: LocalStack) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """The status of the run that made it, and its settings by their kind."""
    status = stack.deploy(samples.request(autoscale=AUTOSCALE, alerts=ALERTS))
    return status, {kind: settings(kind) for kind in VERSIONS}


@pytest.fixture
def deployed(made: tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]) -> Iterator[dict[str, Any]]:
    """The status of the run that made it; its settings are as it made them, also after the test."""
    status, as_made = made
    yield status
    for kind, version in VERSIONS.items():
        for one in settings(kind):
            if one not in as_made[kind]:
                clients().delete(one["id"], version)
        for one in as_made[kind]:
            if one not in settings(kind):
                clients().put(one["id"], version, one)


def plan(stack: LocalStack, **parts: Any) -> dict[str, Any]:
    with stack.http as http:
        found: dict[str, Any] = http.post("/api/plans", json=samples.request(**parts)).raise_for_status().json()
    return found


def instances(stack: LocalStack) -> int:
    found = reading.endpoint(stack, "credit-risk")
    assert found is not None
    return int(found["deployments"][0]["sku"]["capacity"])


def ordered(kind: str, wanted: dict[str, Any], mark: str = acting.INSTANCE) -> EnsureInput:
    reference = "onlineEndpoints/credit-risk"
    where = Resolved(location=world.REGION, endpoint=reference, deployment=f"{reference}/deployments/blue")
    asked: Any = {kind: wanted}
    part = DeployOrder(request=judged(samples.request(**asked))).part(kind)
    return EnsureInput(mark=mark, wanted=part, resolved=where)


def ensured(kind: str, wanted: dict[str, Any], mark: str = acting.INSTANCE) -> LedgerEntry:
    [entry] = acting.done(f"ensure_{kind}", ordered(kind, wanted, mark))["entries"]
    return LedgerEntry.from_wire(entry)


def removed(entry: LedgerEntry, mark: str = acting.INSTANCE) -> dict[str, Any]:
    return acting.done(f"remove_{entry.kind}", acting.about(entry.kind, entry.id, mark=mark, how=entry.how))


def codes(found: dict[str, Any], kind: str) -> set[tuple[str, str]]:
    return {(one["code"], one["path"]) for one in found[kind]}


def test_without_the_rights_the_plan_says_so(stack: LocalStack) -> None:
    roles = ("Monitoring Contributor", "Web Plan Contributor")
    every = stack.cloud.authorization.assignments(world.APP.principal_id)
    held = [one for one in every if one.role.name in roles]
    for one in held:
        stack.cloud.authorization.remove(one.name)
    stack.cloud.authorization.settle()
    found = plan(stack, endpoint="another", autoscale=AUTOSCALE, alerts=ALERTS)
    for one in held:
        stack.cloud.authorization.seed(world.APP.principal_id, one.role.name, one.scope)

    told = {one["message"].split(" may not ")[1].split(" ")[0]: one["command"] for one in found["problems"]}
    assert "Web Plan Contributor" in told["Microsoft.Insights/autoscaleSettings/write"]
    assert "Monitoring Contributor" in told["Microsoft.Insights/metricAlerts/write"]


def test_settings_are_made_with_the_deployment_and_stand_in_its_ledger(deployed: dict[str, Any]) -> None:
    [setting] = settings()
    alerts = settings("metricAlerts")
    ledger = {one["kind"]: one for one in deployed["result"]["ledger"]}

    assert deployed["status"] == "Succeeded"
    assert setting["properties"]["targetResourceUri"] == BLUE
    assert setting["properties"]["enabled"]
    assert setting["tags"]["slipway-instance"] == deployed["id"]
    assert ledger["autoscale"]["id"] == setting["id"]
    assert {one["name"].rpartition("-")[2] for one in alerts} == {"latency", "errors", "availability"}
    assert all(one["id"].startswith(ledger["alerts"]["id"]) for one in alerts)
    assert {one["properties"]["actions"][0]["actionGroupId"] for one in alerts} == {ON_CALL}


def test_traffic_scales_it_and_is_in_the_metrics(stack: LocalStack, deployed: dict[str, Any]) -> None:
    key = stack.developer().online_endpoints.get_keys("credit-risk").primary_key
    assert instances(stack) == 1
    start = stack.clock.now()
    for _ in range(6):
        for _ in range(4):
            answer = requests.post(
                stack.cloud.inference_url("credit-risk"),
                json={"data": [samples.ROW]},
                headers={"Authorization": f"Bearer {key}"},
                timeout=PATIENCE,
            )
            assert answer.json() == [17]
        stack.clock.advance(timedelta(minutes=1))

    span = f"{start:%Y-%m-%dT%H:%M:%SZ}/{stack.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    asked = f"{BLUE}/providers/Microsoft.Insights/metrics?timespan={span}&metricnames=RequestsPerMinute"
    values = clients().get(asked, "2024-02-01")["value"][0]["timeseries"][0]["data"]
    assert [one["average"] for one in values].count(4) >= 5
    deployment = stack.developer().online_deployments.get("blue", "credit-risk")
    assert deployment.instance_count == 2
    stack.clock.advance(timedelta(hours=2))
    assert instances(stack) == 1


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"resource": BLUE, "metric": "CpuUtilizationPercentage", "value": 12}, 204),
        ({"resource": BLUE, "metric": "RequestsPerMinute", "value": 12}, 400),
        ({"resource": BLUE, "metric": "CpuUtilizationPercentage"}, 400),
        ({"resource": world.WORKSPACE_ID, "metric": "CpuUtilizationPercentage", "value": 12}, 400),
    ],
)
def test_a_metric_that_cannot_be_seen_is_told(
    stack: LocalStack, deployed: dict[str, Any], told: dict[str, Any], status: int
) -> None:
    answer = requests.post(f"{stack.cloud.control_url}/local/metrics", json=told, timeout=PATIENCE, proxies=NO_PROXY)

    assert answer.status_code == status
    if status == 204:
        stack.clock.advance(timedelta(minutes=1))
        found = clients().get(f"{BLUE}/providers/Microsoft.Insights/metrics?metricnames={told['metric']}", "2024-02-01")
        assert found["value"][0]["timeseries"][0]["data"][-1]["average"] == told["value"]


def test_a_second_run_confirms_what_is_there_and_its_undo_leaves_it(deployed: dict[str, Any]) -> None:
    before = (settings(), settings("metricAlerts"))
    for kind, wanted in (("autoscale", AUTOSCALE), ("alerts", ALERTS)):
        entry = ensured(kind, wanted)
        assert entry.how == "found"
        assert not removed(entry)["ours"]
    assert (settings(), settings("metricAlerts")) == before


def test_what_is_asked_for_otherwise_is_changed_and_given_back(stack: LocalStack, deployed: dict[str, Any]) -> None:
    before = [one["properties"] for one in (*settings(), *settings("metricAlerts"))]
    others = {
        "autoscale": {**AUTOSCALE, "maximum": 2, "schedules": [WEEKEND]},
        "alerts": {**ALERTS, "errors": {"above_per_minute": 9}},
    }
    for kind, wanted in others.items():
        assert any(deployed["id"] and kind[:5] in one for one in plan(stack, **{kind: wanted})["changes"])
        first, again = ensured(kind, wanted), ensured(kind, wanted)
        assert first == again
        assert first.how == "changed"
    [setting] = settings()
    assert setting["tags"]["slipway-instance"] == deployed["id"]
    assert [one["capacity"]["maximum"] for one in setting["properties"]["profiles"]] == ["2", "1", "2"]
    for kind, wanted in others.items():
        outcome = removed(ensured(kind, wanted))
        assert (outcome["done"], outcome.get("stays")) == (True, None)
    assert [one["properties"] for one in (*settings(), *settings("metricAlerts"))] == before


def test_what_somebody_changed_since_is_not_given_back(deployed: dict[str, Any]) -> None:
    entry = ensured("autoscale", {**AUTOSCALE, "maximum": 2})
    [setting] = settings()
    profile = setting["properties"]["profiles"][0]
    by_hand = {**setting["properties"], "profiles": [{**profile, "capacity": {**profile["capacity"], "maximum": "9"}}]}
    clients().put(setting["id"], versions.AUTOSCALE, {**setting, "properties": by_hand})

    assert "somebody else" in removed(entry)["stays"]
    assert settings()[0]["properties"] == by_hand
    assert ensured("autoscale", AUTOSCALE, mark=deployed["id"]).how == "changed"


def test_what_a_run_made_goes_and_what_others_made_is_named(stack: LocalStack, deployed: dict[str, Any]) -> None:
    entry = ensured("alerts", {"action_groups": [ON_CALL], "others": [{**CPU, "name": "busy"}]})
    assert entry.how == "made"
    assert len(settings("metricAlerts")) == 4
    assert removed(entry)["done"]
    assert len(settings("metricAlerts")) == 3
    assert removed(entry, mark=THEIRS)["ours"] is False
    gone = acting.about("autoscale", f"{INSIGHTS}/autoscaleSettings/nobody")
    assert acting.done("remove_autoscale", gone)["absent"]


def test_settings_of_others_are_named_and_not_touched(stack: LocalStack, deployed: dict[str, Any]) -> None:
    for kind, part, wanted in (("autoscaleSettings", "autoscale", AUTOSCALE), ("metricAlerts", "alerts", ALERTS)):
        for one in settings(kind):
            clients().put(one["id"], VERSIONS[kind], {**one, "tags": {"team": "risk"}})
        before = settings(kind)

        assert ("SettingConflict", part) in codes(plan(stack, **{part: wanted}), "problems")
        failed = acting.act(f"ensure_{part}", ordered(part, wanted))
        assert failed["error"]["code"] == "SettingConflict"
        assert before[0]["name"] in failed["error"]["message"]
        assert settings(kind) == before
    [theirs] = settings()
    clients().delete(theirs["id"], versions.AUTOSCALE)
    clients().put(f"{INSIGHTS}/autoscaleSettings/by-hand", versions.AUTOSCALE, theirs)
    assert "by-hand" in str(plan(stack, autoscale=AUTOSCALE)["problems"])
    assert "by-hand" in acting.act("ensure_autoscale", ordered("autoscale", AUTOSCALE))["error"]["message"]
    clients().delete(f"{INSIGHTS}/autoscaleSettings/by-hand", versions.AUTOSCALE)


@pytest.mark.usefixtures("deployed")
def test_a_failed_deployment_takes_its_settings_with_it(stack: LocalStack) -> None:
    before = (len(settings()), len(settings("metricAlerts")))
    shares: Any = {"traffic": {"blue": 50, "green": 50}}
    with stack.cloud.state.lock:
        endpoint = stack.cloud.state.named("credit-risk")
        traffic = endpoint.routing
    refusal = {"error": {"code": "BadArgument", "message": "no"}}
    path = r"onlineEndpoints/credit-risk$"
    stack.cloud.faults.add(Fault(method="PUT", path=path, status=400, body=refusal, times=None))
    try:
        status = stack.deploy(samples.request(deployment="green", autoscale=AUTOSCALE, alerts=ALERTS, **shares))
    finally:
        stack.cloud.faults.clear()

    assert status["status"] == "Failed", status
    fates = {name.split(" ")[0]: fate for name, fate in reading.fates(status).items()}
    assert (fates["autoscale"], fates["alerts"], fates["deployment"]) == ("undone", "undone", "undone")
    assert (len(settings()), len(settings("metricAlerts"))) == before
    assert stack.cloud.state.named("credit-risk").routing == traffic


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"autoscale": {**AUTOSCALE, "maximum": 60}}, ("QuotaAtMaximum", "autoscale.maximum")),
        ({"autoscale": {**AUTOSCALE, "minimum": 2}}, ("CountOutsideAutoscale", "deployment.instance_count")),
        ({"autoscale": ONE_WAY}, ("OneWayAutoscale", "autoscale.rules")),
        ({"autoscale": {**AUTOSCALE, "rules": [OUT, {**IN, "threshold": 3}]}}, ("AutoscaleMayFlap", "autoscale.rules")),
        ({"alerts": ALERTS, "traffic": "none"}, ("AlertWithoutTraffic", "alerts.availability")),
    ],
)
def test_a_plan_warns(stack: LocalStack, parts: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in codes(plan(stack, endpoint="another", **parts), "warnings")


def test_a_plan_warns_of_cores_that_the_maximum_takes(stack: LocalStack) -> None:
    quota = stack.cloud.state.quota
    quota.cores = 24
    reader = stack.cloud.authorization.seed(world.APP.principal_id, "Reader", world.SUBSCRIPTION_ID)
    try:
        found = plan(stack, endpoint="another", autoscale={"minimum": 1, "maximum": 8})
    finally:
        quota.cores = samples.ROOM
        stack.cloud.authorization.remove(reader.name)
        stack.cloud.authorization.settle()
    assert ("QuotaAtMaximum", "autoscale.maximum") in codes(found, "warnings")
    assert not codes(found, "problems")


def test_a_plan_says_what_it_cannot_know(stack: LocalStack) -> None:
    rule, alert = {**OUT, "metric": "Nobody"}, {**CPU, "name": "own", "metric": "Nobody"}
    rules, others = {**AUTOSCALE, "rules": [rule, IN]}, {"action_groups": [ON_CALL], "others": [alert]}
    found = plan(stack, endpoint="another", autoscale=rules, alerts=others)

    assert {("MetricUnknown", "autoscale.rules.0.metric"), ("MetricUnknown", "alerts.others.0.metric")} <= codes(
        found, "unchecked"
    )


def test_a_plan_finds_an_action_group_that_is_not_there(stack: LocalStack) -> None:
    found = plan(stack, endpoint="another", alerts={**ALERTS, "action_groups": [f"{ON_CALL}s"]})

    assert ("ScopeNotFound", "alerts.action_groups.0") in codes(found, "problems")


def test_a_metric_that_azure_has_not_is_told_in_its_words(deployed: dict[str, Any]) -> None:
    wanted = {**AUTOSCALE, "rules": [{**OUT, "metric": "Nobody"}, IN]}
    failed = acting.act("ensure_autoscale", ordered("autoscale", wanted))

    assert (failed["error"]["code"], failed["error"]["cause"]) == ("RequestRejected", "UnsupportedMetric")
    with pytest.raises(HttpResponseError):
        clients().get(f"{INSIGHTS}/autoscaleSettings/nobody", versions.AUTOSCALE)
