"""What a request for a runtime may say; and that what is sent for it is what azure-ai-ml would send."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from activities.compute_documents import (
    another_than,
    compute_body,
    conflict_of,
    custom_service,
    maker_of,
    service_mark,
    sign,
)
from contracts.activities import EnsureInput
from contracts.automatic_runtimes import AutomaticRuntimeRequest
from contracts.plan import Resolved
from contracts.problems import RequestProblems, read_request
from contracts.runtimes import RuntimeRequest

ROOT = Path(__file__).resolve().parents[2]
USER = "11111111-2222-3333-4444-555555555555"
IDENTITY = f"/subscriptions/{USER}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/puller"
COMPUTE = {"name": "Machine-1", "size": "Standard_DS3_v2"}
WHOLE: dict[str, Any] = {
    "name": "flows",
    "compute": {
        **COMPUTE,
        "create_on_behalf_of": {"user_object_id": USER, "user_tenant_id": USER},
        "idle_time_before_shutdown_minutes": "30",
        "identity": {"type": "user_assigned", "user_assigned_identities": [IDENTITY]},
        "tags": {"team": "flows"},
    },
    "image": "team.azurecr.io/flows:1",
    "ports": {"target": 8080, "published": 9000},
    "environment_variables": {"MODE": "fast"},
    "bind_mounts": [{"source": "/home/azureuser/cloudfiles", "target": "/files"}],
    "users": [USER],
}


def request(**parts: Any) -> dict[str, Any]:
    return {"name": "flows", "compute": COMPUTE, **parts}


def entity(wanted: RuntimeRequest) -> Any:
    """The same as azure-ai-ml's own entity."""
    from azure.ai.ml.entities import (
        AssignedUserConfiguration,
        ComputeInstance,
        CustomApplications,
        EndpointsSettings,
        IdentityConfiguration,
        ImageSettings,
        ManagedIdentityConfiguration,
        VolumeSettings,
    )

    assert wanted.compute.create_on_behalf_of
    assert wanted.image
    return ComputeInstance(
        name=wanted.compute.name,
        size=wanted.compute.size,
        tags=wanted.compute.tags,
        create_on_behalf_of=AssignedUserConfiguration(user_tenant_id=USER, user_object_id=USER),
        idle_time_before_shutdown_minutes=wanted.compute.idle_time_before_shutdown_minutes,
        identity=IdentityConfiguration(
            type="user_assigned", user_assigned_identities=[ManagedIdentityConfiguration(resource_id=IDENTITY)]
        ),
        custom_applications=[
            CustomApplications(
                name=wanted.name,
                image=ImageSettings(reference=wanted.image),
                endpoints=[EndpointsSettings(target=wanted.ports.target, published=wanted.ports.published)],
                environment_variables=wanted.environment_variables,
                bind_mounts=[VolumeSettings(source=one.source, target=one.target) for one in wanted.bind_mounts],
            )
        ],
    )


def plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return {name: plain(one) for name, one in value.items() if one is not None}
    return [plain(one) for one in value] if isinstance(value, list) else value


def test_what_is_sent_is_what_the_sdk_sends() -> None:
    wanted = read_request(WHOLE, RuntimeRequest)
    official = plain(entity(wanted)._to_rest_object().as_dict())
    [service] = official["properties"]["properties"].pop("customServices")

    body = compute_body(wanted.compute, EnsureInput(mark="m", wanted=None, resolved=Resolved(location="eastus")))

    assert custom_service(wanted, str(wanted.image)) == service
    assert body["identity"]["type"] == "UserAssigned"
    assert [*body["identity"]["userAssignedIdentities"]] == [IDENTITY]
    assert body["properties"]["computeType"] == official["properties"]["computeType"]
    # What the SDK says besides are Azure's own defaults.
    sent, theirs = body["properties"]["properties"], official["properties"]["properties"]
    assert sent == {name: theirs[name] for name in sent}
    defaults = {"enableNodePublicIp", "enableSSO", "enableRootAccess", "releaseQuotaOnStop", "enableOSPatching"}
    assert theirs.keys() - sent.keys() == defaults


def test_what_is_sent_is_taken_for_what_is_wanted() -> None:
    wanted = read_request(WHOLE, RuntimeRequest)
    body = compute_body(wanted.compute, EnsureInput(mark="m", wanted=None, resolved=Resolved(location="eastus")))
    service = custom_service(wanted, "any")

    assert conflict_of(wanted.compute, body) is None
    assert another_than(wanted, service) == []
    other = read_request({**WHOLE, "ports": {}, "environment_variables": {}, "bind_mounts": []}, RuntimeRequest)
    assert another_than(other, service) == ["ports", "environment_variables", "bind_mounts"]
    larger = read_request(request(compute={**COMPUTE, "size": "Standard_DS4_v2"}), RuntimeRequest)
    assert conflict_of(larger.compute, body) == "compute instance machine-1 has another size"
    assert "not a compute instance" in str(conflict_of(larger.compute, {"properties": {"computeType": "AKS"}}))


def test_who_has_made_an_application_stays_its_maker_whoever_changes_it() -> None:
    wanted = read_request(WHOLE, RuntimeRequest)
    ours, changed, of_others = (custom_service(wanted, "any") for _ in range(3))
    sign(ours, "run-1", None)
    sign(changed, "run-2", ours)
    sign(of_others, "run-2", custom_service(wanted, "before"))

    assert [maker_of(one) for one in (ours, changed, of_others)] == ["run-1", "run-1", ""]
    assert [service_mark(one) for one in (ours, changed, of_others)] == ["run-1", "run-2", "run-2"]
    assert another_than(wanted, changed) == []


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({"compute": {**COMPUTE, "name": "a"}}, "compute.name"),
        ({"compute": {**COMPUTE, "name": "ends-with-"}}, "compute.name"),
        ({"compute": {**COMPUTE, "name": "a" * 25}}, "compute.name"),
        (
            {"compute": {**COMPUTE, "idle_time_before_shutdown_minutes": 14}},
            "compute.idle_time_before_shutdown_minutes",
        ),
        ({"compute": {**COMPUTE, "create_on_behalf_of": {"user_object_id": USER}}}, "compute.create_on_behalf_of"),
        ({"compute": {**COMPUTE, "custom_applications": []}}, "compute.custom_applications"),
        ({"ports": {"target": 1025}}, "ports.target"),
        ({"ports": {"published": 65535}}, "ports.published"),
        ({"image": "NOT AN IMAGE"}, "image"),
        ({"environment": "azureml:a:1", "image": "python:3.11"}, ""),
        ({"environment": "azureml:models:x/1"}, "environment"),
        ({"users": ["somebody@example.com"]}, "users"),
        ({"access": {"grants": "some"}}, "access.grants"),
        ({"environment_variables": {"1X": "a"}}, "environment_variables"),
        ({"bind_mounts": [{"source": "relative", "target": "/x"}]}, "bind_mounts"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(parts: dict[str, Any], place: str) -> None:
    with pytest.raises(RequestProblems) as refused:
        read_request(request(**parts), RuntimeRequest)

    assert [one.path.startswith(place) for one in refused.value.problems] == [True]


def test_the_page_has_requests_that_can_be_sent() -> None:
    made, automatic = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "runtimes.md").read_text(), re.DOTALL)

    assert read_request(yaml.safe_load(made), RuntimeRequest).compute.size == "Standard_DS3_v2"
    assert read_request(yaml.safe_load(automatic), AutomaticRuntimeRequest).user_assigned_id


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({"identity": {"type": "system_assigned"}}, "identity"),
        ({"identity": {"type": "user_assigned", "user_assigned_identities": [IDENTITY, f"{IDENTITY}2"]}}, "identity"),
        ({"idle_time_before_shutdown_minutes": 0}, "idle_time_before_shutdown_minutes"),
        ({"compute": COMPUTE}, "compute"),
        ({"users": ["somebody@example.com"]}, "users"),
    ],
)
def test_what_an_automatic_runtime_cannot_have_is_refused_at_its_place(parts: dict[str, Any], place: str) -> None:
    with pytest.raises(RequestProblems) as refused:
        read_request({"name": "flows", **parts}, AutomaticRuntimeRequest)

    assert [one.path.startswith(place) for one in refused.value.problems] == [True]


def test_the_least_that_can_be_said() -> None:
    wanted = read_request(request(), RuntimeRequest)

    assert (wanted.compute.name, wanted.ports.target, wanted.everybody) == ("machine-1", 8080, [])
    assert [one.source for one in wanted.bind_mounts] == ["/home/azureuser/cloudfiles"]
