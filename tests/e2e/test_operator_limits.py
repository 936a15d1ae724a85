"""What whoever runs Slipway does not let requests ask for is told by the plan, and nothing of it is asked of Azure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from contracts.activities import EnsureInput
from local.cloud import world
from local.cloud.faults import Fault
from local.process_environment import forget_connections
from local.stack import LocalStack
from tests import samples
from tests.e2e import reading
from tests.integration import acting

FEATURES = world.storage_id(world.FEATURE_STORAGE)
READER, CONTRIBUTOR = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "b24988ac-6180-42a0-ab88-20f7382dd24c"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
GROUP = world.RESOURCE_GROUP_ID
IDENTITY = samples.USER_ASSIGNED["credit-risk-identity"]
DOCKER_HUB_IMAGE = {"image": "somebody/serving:1", "conda_file": samples.CONDA}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One stack for the module: plans leave no trace in it."""
    with LocalStack(tmp_path_factory.mktemp("limits")) as started:
        samples.register_all(started)
        yield started


@pytest.fixture
def stack(shared: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalStack]:
    """The stack, with settings that are put back afterwards."""
    yield shared
    monkeypatch.undo()
    forget_connections()


@pytest.fixture
def setting(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets one of the app's settings, as an operator does."""

    def to(name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        forget_connections()

    return to


def plan(stack: LocalStack, body: dict[str, Any]) -> dict[str, Any]:
    with stack.http as http:
        found: dict[str, Any] = http.post("/api/plans", json=body).raise_for_status().json()
    return found


def asking_for(*roles: str) -> dict[str, Any]:
    access = {"additional": [{"role": role, "scope": FEATURES} for role in roles]}
    return samples.request(endpoint="limited", access=access)


def told(found: dict[str, Any]) -> dict[str, str]:
    return {problem["path"]: problem["code"] for problem in found["problems"]}


@pytest.mark.parametrize(
    "role",
    [
        "Owner",
        "owner",
        "Contributor",
        CONTRIBUTOR,
        CONTRIBUTOR.upper(),
        "User Access Administrator",
        "Role Based Access Control Administrator",
        "Storage Blob Data Contributor",
    ],
)
def test_a_role_that_is_not_of_the_list_is_a_problem_of_the_plan(stack: LocalStack, role: str) -> None:
    found = plan(stack, asking_for("AcrPull", role))

    [problem] = found["problems"]
    assert (problem["path"], problem["code"]) == ("access.additional.1.role", "RoleNotGrantable")
    assert "Storage Blob Data Reader" in problem["message"]
    assert "SLIPWAY_GRANTABLE_ROLES of the azd environment" in problem["suggestion"]
    assert [grant["role"] for grant in found["grants"]][:1] == ["AcrPull"]


def test_a_run_that_asks_for_such_a_role_makes_nothing(stack: LocalStack) -> None:
    stack.cloud.journal.clear()

    status = stack.deploy(asking_for("Owner"))

    assert (status["error"]["code"], status["error"]["step"]) == ("RoleNotGrantable", "plan_deployment")
    assert reading.changes(stack) == []


def test_an_activity_that_is_told_to_grant_such_a_role_asks_azure_for_nothing(stack: LocalStack) -> None:
    stack.cloud.journal.clear()
    owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
    roles = [{"role": "Owner", "guid": owner, "scope": FEATURES, "reason": "somebody wrote it into the task hub"}]
    order = EnsureInput(mark=acting.INSTANCE, wanted={"principal_id": world.APP.principal_id, "roles": roles})

    assert acting.act("grant_roles", order)["error"]["code"] == "RoleNotGrantable"
    assert reading.journal(stack) == []


@pytest.mark.parametrize("role", ["storage blob data reader", BLOB_READER, BLOB_READER.upper()])
def test_a_role_may_be_named_in_any_case_and_by_its_id(stack: LocalStack, role: str) -> None:
    stack.cloud.journal.clear()

    found = plan(stack, asking_for(role))

    read = [entry.path for entry in reading.journal(stack) if "roleDefinitions" in entry.operation]
    assert not [path for path in read if path.endswith("roleDefinitions") or BLOB_READER in path.lower()], "it is known"
    assert found["problems"] == []
    assert ("Storage Blob Data Reader", FEATURES) in [(grant["role"], grant["scope"]) for grant in found["grants"]]


def test_a_role_that_nobody_defined_is_told_by_its_id_too(stack: LocalStack) -> None:
    assert told(plan(stack, asking_for("00000000-0000-0000-0000-00000000beef"))) == {
        "access.additional.0.role": "RoleNotFound"
    }


@pytest.mark.parametrize("added", ["Key Vault Secrets User, reader", READER, READER.upper()])
def test_an_operator_adds_roles_by_name_or_id_and_the_plan_says_what_azure_does_not_allow_yet(
    stack: LocalStack, setting: Any, added: str
) -> None:
    setting("SLIPWAY_GRANTABLE_ROLES", added)

    found = plan(stack, asking_for("Reader", "Contributor"))

    assert told(found) == {"access.additional.1.role": "RoleNotGrantable", "access": "MissingRight"}
    [of_azure] = [problem for problem in found["problems"] if problem["path"] == "access"]
    assert f"does not allow Reader on {FEATURES}" in of_azure["message"]
    assert of_azure["command"] == f"azd env set SLIPWAY_GRANTABLE_ROLES {READER} && azd up"


@pytest.mark.parametrize(
    ("allowed", "problems"),
    [
        (IDENTITY, {}),
        (IDENTITY.upper(), {}),
        (f"{GROUP}/", {}),
        (f"/subscriptions/elsewhere, {GROUP}", {}),
        (f"{IDENTITY}-2", {"endpoint.identity": "IdentityNotAllowed"}),
        (IDENTITY[:-1], {"endpoint.identity": "IdentityNotAllowed"}),
        (GROUP[:-1], {"endpoint.identity": "IdentityNotAllowed"}),
    ],
)
def test_endpoints_have_identities_that_are_listed(
    stack: LocalStack, setting: Any, allowed: str, problems: dict[str, str]
) -> None:
    setting("SLIPWAY_ALLOWED_IDENTITIES", allowed)

    assert told(plan(stack, samples.request(endpoint="limited"))) == problems
    assert told(plan(stack, samples.request(endpoint="limited", identity=None))) == {}


@pytest.mark.parametrize(
    ("allowed", "registered", "inline"),
    [
        ("", {}, {}),
        ("MCR.microsoft.com,docker.io", {}, {}),
        ("mcr.microsoft.com", {}, {"deployment.environment.image": "RegistryNotAllowed"}),
        ("docker.io", {"deployment.environment": "RegistryNotAllowed"}, {}),
        (
            "microsoft.com",
            {"deployment.environment": "RegistryNotAllowed"},
            {"deployment.environment.image": "RegistryNotAllowed"},
        ),
    ],
)
def test_images_come_from_registries_that_are_listed(
    stack: LocalStack, setting: Any, allowed: str, registered: dict[str, str], inline: dict[str, str]
) -> None:
    setting("SLIPWAY_ALLOWED_REGISTRIES", allowed)

    assert told(plan(stack, samples.request(endpoint="limited"))) == registered
    assert told(plan(stack, samples.request(endpoint="limited", environment=DOCKER_HUB_IMAGE))) == inline


def test_what_a_dockerfile_begins_with_is_not_known(stack: LocalStack, setting: Any) -> None:
    setting("SLIPWAY_ALLOWED_REGISTRIES", "docker.io")
    path = f"{world.WORKSPACE_ID}/environments/serving/versions/1"
    built = {"properties": {"image": "slipway.azurecr.io/azureml/1", "build": {"contextUri": "https://somewhere"}}}
    stack.cloud.faults.add(Fault(status=200, path=path, body=built))

    found = plan(stack, samples.request(endpoint="limited"))

    assert told(found) == {}
    assert "ImageUnknown" in [remark["code"] for remark in found["unchecked"]]
