"""What is written in a schedule is judged: each kind of write has a schema, and a field too many is no small thing."""

from __future__ import annotations

import pytest

from tests.schedules import assignments, monitoring, online, schemas
from tests.schedules.azure import ROUTES
from tests.schedules.records import WORKSPACE, WORKSPACE_ID

PROVIDERS = f"{WORKSPACE.resource_group_id}/providers"
ENDPOINT = f"{WORKSPACE_ID}/onlineEndpoints/north"
WRITES = {
    "onlineEndpoints": ENDPOINT,
    "onlineEndpoints/deployments": f"{ENDPOINT}/deployments/blue",
    "models/versions": f"{WORKSPACE_ID}/models/m/versions/1",
    "environments/versions": f"{WORKSPACE_ID}/environments/m/versions/1",
    "codes/versions": f"{WORKSPACE_ID}/codes/m/versions/1",
    "roleAssignments": f"{PROVIDERS}/Microsoft.Authorization/roleAssignments/r",
    "diagnosticSettings": f"{ENDPOINT}/providers/Microsoft.Insights/diagnosticSettings/d",
    "autoscaleSettings": f"{PROVIDERS}/Microsoft.Insights/autoscaleSettings/a",
    "metricAlerts": f"{PROVIDERS}/Microsoft.Insights/metricAlerts/a",
}


def test_every_kind_of_write_has_a_schema() -> None:
    writing = {handler.__module__ for method, _, handler in ROUTES if method == "PUT"}
    patterns = [pattern for method, pattern, _ in ROUTES if method in ("PUT", "PATCH")]

    assert {one.__name__ for one in (assignments, monitoring, online)} <= writing
    assert WRITES.keys() == schemas.SCHEMAS.keys()
    assert [one.pattern for one in patterns if not any(one.fullmatch(path) for path in WRITES.values())] == []


@pytest.mark.parametrize("path", WRITES.values(), ids=WRITES.keys())
def test_a_body_that_is_none_is_told(path: str) -> None:
    with pytest.raises(AssertionError, match=r"PUT .*required"):
        schemas.check("PUT", path, {})


def test_a_field_too_many_is_told() -> None:
    body = {"location": "eastus", "properties": {"authMode": "Key", "nobodyHasThis": 1}}

    with pytest.raises(AssertionError, match=r"properties\.nobodyHasThis"):
        schemas.check("PUT", ENDPOINT, body)
