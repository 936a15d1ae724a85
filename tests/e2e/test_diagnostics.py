"""The endpoint's diagnostic settings, from a request: made, confirmed, undone, and refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.problems import RequestProblems
from local.cloud import world
from local.stack import LocalStack
from tests import samples
from tests.e2e import reading
from triggers.requests import judged

LOGS = f"{world.RESOURCE_GROUP_ID}/providers/Microsoft.OperationalInsights/workspaces/logs"
DIAGNOSTICS = {"workspace_id": LOGS}
WRITE = "Microsoft.Insights/diagnosticSettings/write"


def settings(stack: LocalStack, endpoint: str = "credit-risk") -> list[dict[str, Any]]:
    from azure_api.clients import clients

    path = f"{world.WORKSPACE_ID}/onlineEndpoints/{endpoint}/providers/Microsoft.Insights/diagnosticSettings"
    listed: list[dict[str, Any]] = clients().get(path, "2021-05-01-preview")["value"]
    return listed


def plan(stack: LocalStack, body: dict[str, Any]) -> dict[str, Any]:
    with stack.http as http:
        found: dict[str, Any] = http.post("/api/plans", json=body).raise_for_status().json()
    return found


def test_an_endpoint_sends_its_logs_where_the_request_says(stack: LocalStack) -> None:
    body = samples.request(diagnostics=DIAGNOSTICS)
    planned = plan(stack, body)
    status = stack.deploy(body)

    assert status["status"] == "Succeeded"
    [setting] = settings(stack)
    assert setting["properties"]["workspaceId"] == LOGS
    assert len(setting["properties"]["logs"]) == 3
    assert "diagnostics of the endpoint" in planned["creates"]
    assert any(LOGS in remark["message"] for remark in planned["unchecked"])
    assert planned["steps"].index("ensure_diagnostics") == planned["steps"].index("endpoint_provisioned") + 2
    assert [entry["id"] for entry in status["result"]["ledger"] if entry["kind"] == "diagnostics"] == [setting["id"]]


def test_a_second_deployment_confirms_what_is_sent_already(stack: LocalStack) -> None:
    first = stack.deploy(samples.request(diagnostics=DIAGNOSTICS))
    body = samples.request(deployment="green", diagnostics=DIAGNOSTICS)
    planned = plan(stack, body)
    second = stack.deploy(body)

    assert (first["status"], second["status"]) == ("Succeeded", "Succeeded")
    assert len(settings(stack)) == 1
    assert "diagnostics of the endpoint" in planned["confirms"]
    assert "diagnostics credit-risk" not in reading.fates(second)


def by_hand(name: str, *logs: dict[str, Any]) -> None:
    """Somebody has the endpoint's logs sent there too."""
    from azure_api.clients import clients

    path = f"{world.WORKSPACE_ID}/onlineEndpoints/credit-risk/providers/Microsoft.Insights/diagnosticSettings/{name}"
    properties = {"workspaceId": LOGS, "logs": [{**one, "enabled": True} for one in logs]}
    clients().put(path, "2021-05-01-preview", {"properties": properties})


def test_what_others_send_already_is_confirmed_and_only_the_rest_is_sent(stack: LocalStack) -> None:
    """Azure refuses a category that two settings send to one workspace."""
    first = stack.deploy(samples.request(diagnostics={**DIAGNOSTICS, "logs": ["AmlOnlineEndpointEventLog"]}))
    by_hand("mine", {"category": "AmlOnlineEndpointConsoleLog"})
    second = stack.deploy(samples.request(deployment="green", diagnostics=DIAGNOSTICS))
    there = {one["name"]: one["properties"] for one in settings(stack)}
    third = stack.deploy(samples.request(deployment="red", diagnostics=DIAGNOSTICS, expect={"json": [18]}))

    assert [one["status"] for one in (first, second, third)] == ["Succeeded", "Succeeded", "Failed"], second
    entries = [one for one in second["result"]["ledger"] if one["kind"] == "diagnostics"]
    assert sorted(one["how"] for one in entries) == ["found", "found", "made"]
    [made] = [one["id"].rsplit("/", 1)[-1] for one in entries if one["how"] == "made"]
    assert there[made]["logs"] == [{"category": "AmlOnlineEndpointTrafficLog", "enabled": True}]
    assert there[made]["metrics"] == []
    assert {one["name"]: one["properties"] for one in settings(stack)} == there


def test_a_group_of_all_logs_sends_each_and_a_sixth_setting_is_refused_by_the_plan(stack: LocalStack) -> None:
    stack.deploy(samples.request())
    by_hand("portal", {"categoryGroup": "allLogs"})
    body = samples.request(deployment="green", diagnostics={**DIAGNOSTICS, "metrics": False})
    confirmed = plan(stack, body)
    for number in range(4):
        by_hand(f"other-{number}")
    full = plan(stack, samples.request(deployment="green", diagnostics=DIAGNOSTICS))

    assert "diagnostics of the endpoint" in confirmed["confirms"]
    assert confirmed["problems"] == []
    [problem] = full["problems"]
    assert (problem["path"], "5 diagnostic settings" in problem["message"]) == ("diagnostics", True)


def test_a_failed_deployment_takes_its_setting_with_it(stack: LocalStack) -> None:
    status = stack.deploy(samples.request(diagnostics=DIAGNOSTICS, expect={"json": [18]}))

    assert status["error"]["code"] == "WrongAnswer"
    assert settings(stack) == []
    [fate] = [fate for name, fate in reading.fates(status).items() if name.startswith("diagnostics")]
    assert fate == "undone"


def test_without_the_right_the_plan_says_so_and_nothing_is_made(stack: LocalStack) -> None:
    rights = stack.cloud.authorization
    [monitor] = [one for one in rights.assignments(world.APP.principal_id) if one.role.name == "Monitoring Contributor"]
    rights.remove(monitor.name)
    rights.settle()
    body = samples.request(diagnostics=DIAGNOSTICS)
    [problem] = plan(stack, body)["problems"]
    status = stack.deploy(body)

    assert (problem["code"], problem["path"]) == ("MissingRight", "access")
    assert WRITE in problem["message"]
    assert (status["error"]["code"], status["ledger"]) == ("MissingRight", [])


def test_what_azure_says_no_to_the_local_azure_says_no_to(stack: LocalStack) -> None:
    from azure.core.exceptions import HttpResponseError

    from azure_api.clients import clients

    assert stack.deploy(samples.request(diagnostics=DIAGNOSTICS))["status"] == "Succeeded"
    path = f"{world.WORKSPACE_ID}/onlineEndpoints/credit-risk/providers/Microsoft.Insights/diagnosticSettings"
    logs = [{"category": "AmlOnlineEndpointConsoleLog", "enabled": True}]
    refused = {
        "Conflict": ("second", {"workspaceId": LOGS, "logs": logs}),
        "BadRequest": ("unknown", {"workspaceId": LOGS, "logs": [{"category": "Nobody", "enabled": True}]}),
        "ResourceNotFound": ("none", {"workspaceId": LOGS}),
    }
    for code, (name, properties) in refused.items():
        at = path.replace("credit-risk", "nobody") if code == "ResourceNotFound" else path
        with pytest.raises(HttpResponseError) as raised:
            clients().put(f"{at}/{name}", "2021-05-01-preview", {"properties": properties})
        assert raised.value.error is not None
        assert raised.value.error.code == code


WRONG: list[Any] = [
    {"workspace_id": "logs"},
    {"workspace_id": LOGS, "logs": ["Nobody"]},
    {"workspace_id": LOGS, "extra": 1},
    7,
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_part_that_says_something_else_is_refused_at_the_door(wrong: Any) -> None:
    with pytest.raises(RequestProblems) as raised:
        judged(samples.request(diagnostics=wrong))

    assert all(problem.path.startswith("diagnostics") for problem in raised.value.problems)


def test_the_part_is_in_the_description_of_the_api(stack: LocalStack) -> None:
    with stack.http as http:
        document = http.get("/api/openapi.json").raise_for_status().json()

    schemas = document["components"]["schemas"]
    assert "diagnostics" in schemas["DeploymentRequest"]["properties"]
    assert schemas["DiagnosticsRequest"]["required"] == ["workspace_id"]
