"""The one route table of Azure Resource Manager: what the control API shows is what is answered and checked."""

from __future__ import annotations

from local import loopback
from local.cloud.cloud import LocalCloud
from local.cloud.world import WORKSPACE_ID
from tests.local.cloud.sdk import arm

ASSIGNMENT = f"{WORKSPACE_ID}/providers/Microsoft.Authorization/roleAssignments/11111111-2222-3333-4444-555555555555"


def test_a_call_is_in_the_table_once(cloud: LocalCloud) -> None:
    calls = [(route.method, route.pattern) for route in cloud.arm_routes]

    assert len(calls) == len(set(calls))


def test_the_control_api_shows_every_call_with_the_right_it_needs(cloud: LocalCloud) -> None:
    shown = loopback.ask("GET", f"{cloud.control_url}/local/routes").json()["value"]
    needed = {(one["method"], one["path"].rpartition("/providers/")[2]): one["action"] for one in shown}

    assert len(shown) == len(cloud.arm_routes)
    score = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
    assert needed["POST", f"{score.replace('workspaces', 'workspaces/{workspace}')}/{{endpoint}}/listKeys"] == (
        f"{score}/listKeys/action"
    )
    grants = "Microsoft.Authorization/roleAssignments"
    assert needed["PUT", f"{grants}/{{name}}"] == f"{grants}/write"


def test_another_method_is_refused_with_those_there_are_whoever_provides_them(cloud: LocalCloud) -> None:
    endpoint = arm(cloud, "POST", f"{WORKSPACE_ID}/onlineEndpoints/double", version="2024-04-01")
    assignment = arm(cloud, "PATCH", ASSIGNMENT, version="2022-04-01")

    assert [endpoint.status_code, assignment.status_code] == [501, 501]
    assert "It emulates DELETE, GET, PATCH, PUT there." in endpoint.json()["error"]["message"]
    assert "It emulates DELETE, GET, PUT there." in assignment.json()["error"]["message"]
