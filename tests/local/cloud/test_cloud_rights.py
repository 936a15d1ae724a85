"""Every call of Azure Resource Manager is refused to a stranger, and to a caller without a token."""

from __future__ import annotations

import re

import pytest
import requests

from local.cloud.cloud import LocalCloud
from local.cloud.world import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE, WORKSPACE_ID
from local.waiting import PATIENCE
from tests.local.cloud.sdk import arm

NAMES = {"subscription": SUBSCRIPTION, "group": RESOURCE_GROUP, "workspace": WORKSPACE}
GRANTS = f"{WORKSPACE_ID}/providers/Microsoft.Authorization"
EVENTS = f"{WORKSPACE_ID}/providers/Microsoft.EventGrid/eventSubscriptions"
ANY = "11111111-2222-3333-4444-555555555555"
PRINCIPAL = {"properties": {"roleDefinitionId": f"/x/{ANY}", "principalId": ANY}}
# (method, path, api-version, body) of the resources that extend any other.
EXTENSIONS: tuple[tuple[str, str, str, object], ...] = (
    ("GET", f"{GRANTS}/roleAssignments", "2022-04-01", None),
    ("GET", f"{GRANTS}/roleAssignments/{ANY}", "2022-04-01", None),
    ("PUT", f"{GRANTS}/roleAssignments/{ANY}", "2022-04-01", PRINCIPAL),
    ("DELETE", f"{GRANTS}/roleAssignments/{ANY}", "2022-04-01", None),
    ("GET", f"{GRANTS}/roleDefinitions", "2022-04-01", None),
    ("GET", f"{GRANTS}/roleDefinitions/{ANY}", "2022-04-01", None),
    ("GET", EVENTS, "2022-06-15", None),
    ("PUT", f"{EVENTS}/mine", "2022-06-15", {}),
    ("GET", f"{EVENTS}/mine", "2022-06-15", None),
    ("DELETE", f"{EVENTS}/mine", "2022-06-15", None),
    ("POST", f"{EVENTS}/mine/getFullUrl", "2022-06-15", None),
)


def statuses(cloud: LocalCloud, method: str, path: str, version: str, body: object = None) -> tuple[int, int]:
    """What the stranger gets, and what nobody gets."""
    stranger = arm(cloud, method, path, version=version, body=body, identity="spare-identity")
    url = f"https://management.azure.com{path}"
    nobody = requests.request(method, url, params={"api-version": version}, json=body, timeout=PATIENCE)
    return stranger.status_code, nobody.status_code


def test_no_route_serves_a_stranger(cloud: LocalCloud) -> None:
    # The others look at what is asked or stored; those that refuse anybody are below.
    routes = [route for route in cloud.arm_routes if route.checked_by == "router"]
    found = {}
    for route in routes:
        path = re.sub(r"\{(\w+)\}", lambda name: NAMES.get(name[1], "anything"), route.pattern)
        found[route.method, route.pattern] = statuses(cloud, route.method, path, min(route.versions))

    assert len(found) == len(routes) > 30
    assert {pair: got for pair, got in found.items() if got != (403, 401)} == {}


@pytest.mark.parametrize(("method", "path", "version", "body"), EXTENSIONS)
def test_no_grant_or_event_is_a_strangers(
    cloud: LocalCloud, method: str, path: str, version: str, body: object
) -> None:
    assert statuses(cloud, method, path, version, body) == (403, 401)


def test_how_a_subscription_comes_about_is_told_to_its_readers(cloud: LocalCloud) -> None:
    destination = {"endpointType": "WebHook", "properties": {"endpointUrl": "http://127.0.0.1:9/nobody-listens"}}
    with cloud.clock.busy():
        begun = arm(
            cloud, "PUT", f"{EVENTS}/mine", version="2022-06-15", body={"properties": {"destination": destination}}
        )
        path = begun.headers["Azure-AsyncOperation"].partition("management.azure.com")[2].partition("?")[0]

        assert arm(cloud, "GET", path, version="2022-06-15").json()["status"] == "InProgress"
        assert statuses(cloud, "GET", path, "2022-06-15") == (403, 401)
