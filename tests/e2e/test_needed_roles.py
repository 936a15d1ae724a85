"""Which roles a plan finds to be needed, why, and what already meets them: on one stack, by reading only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.cloud import world
from local.cloud.authorization.names import definition_id
from local.cloud.faults import Fault
from local.stack import LocalStack
from tests import samples

STORAGE = world.storage_id(world.WORKSPACE_STORAGE)
ML = "Microsoft.MachineLearningServices/workspaces"
OPENAI = f"{world.RESOURCE_GROUP_ID}/providers/Microsoft.CognitiveServices/accounts/openai"
KEY = "${{azureml://connections/gpt/credentials/key}}"
PULL, READ, SECRETS, USER = (
    "AcrPull",
    "Storage Blob Data Reader",
    "Azure Machine Learning Workspace Connection Secrets Reader",
    "Cognitive Services OpenAI User",
)


@pytest.fixture(scope="module")
def module_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("needed-roles")) as stack:
        samples.register_all(stack)
        yield stack


@pytest.fixture
def azure(module_stack: LocalStack) -> Iterator[LocalStack]:
    """The stack, with its faults and the identity's roles gone afterwards."""
    rbac = module_stack.cloud.authorization
    before = {one.name for one in rbac.assignments()}
    yield module_stack
    module_stack.cloud.faults.clear()
    for one in rbac.assignments():
        if one.name not in before:
            rbac.forget_service_grants(one.principal_id)


def plan(stack: LocalStack, body: dict[str, Any]) -> dict[str, Any]:
    with stack.http as http:
        answer = http.post("/api/plans", json=body)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def own_identity(**parts: Any) -> dict[str, Any]:
    body = samples.request(**parts)
    body["endpoint"].pop("identity", None)
    return body


def naming(body: dict[str, Any], **variables: str) -> dict[str, Any]:
    body["deployment"]["environment_variables"] = variables
    return body


def connection(stack: LocalStack, **properties: Any) -> None:
    """What Azure says of the connection `gpt`: the local Azure has none."""
    body = {"name": "gpt", "properties": properties}
    stack.cloud.faults.add(Fault(status=200, method="GET", path="/connections/gpt$", body=body, times=None))


def roles(found: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(grant["role"], grant["exists"]) for grant in found["grants"]]


def test_an_identity_of_the_endpoints_own_needs_nothing(azure: LocalStack) -> None:
    assert plan(azure, own_identity())["grants"] == []


@pytest.mark.parametrize("user_assigned", [True, False])
def test_a_connection_named_needs_its_secrets_and_the_plan_says_why(azure: LocalStack, user_assigned: bool) -> None:
    connection(azure, category="AzureOpenAI", authType="ApiKey")
    body = naming(samples.request() if user_assigned else own_identity(), OPENAI_KEY=KEY)

    found = plan(azure, body)

    assert roles(found) == ([(PULL, False), (READ, False)] if user_assigned else []) + [(SECRETS, False)]
    assert found["grants"][-1]["scope"] == world.WORKSPACE_ID
    assert found["grants"][-1]["reason"] == "reads the secrets of connections (gpt, for OPENAI_KEY)"
    assert any(one["code"] == "MetricsNeedARole" for one in found["warnings"]) == user_assigned


def test_the_service_gives_the_secrets_where_the_endpoint_asks_so(azure: LocalStack) -> None:
    connection(azure, category="AzureOpenAI", authType="ApiKey")
    body = naming(own_identity(), OPENAI_KEY=KEY)
    body["endpoint"]["properties"] = {"enforce_access_to_default_secret_stores": "Enabled"}

    assert plan(azure, body)["grants"] == []


def test_a_connection_without_a_key_needs_the_role_on_what_it_leads_to(azure: LocalStack) -> None:
    connection(azure, category="AzureOpenAI", authType="AAD", metadata={"ResourceId": OPENAI})

    found = plan(azure, naming(own_identity(), OPENAI_KEY=KEY))

    assert [(one["role"], one["scope"]) for one in found["grants"]] == [(SECRETS, world.WORKSPACE_ID), (USER, OPENAI)]
    assert "gpt signs in with Microsoft Entra ID" in found["grants"][1]["reason"]


def test_a_connection_that_is_not_there_is_told_at_its_variable(azure: LocalStack) -> None:
    error = {"error": {"code": "NotFound", "message": "Connection gpt can't be found in this workspace"}}
    azure.cloud.faults.add(Fault(status=404, method="GET", path="/connections/gpt$", body=error))

    problems = plan(azure, naming(own_identity(), OPENAI_KEY=KEY))["problems"]

    assert [(one["path"], one["code"]) for one in problems] == [
        ("deployment.environment_variables.OPENAI_KEY", "AssetNotFound")
    ]


def test_a_flow_reads_its_connections(azure: LocalStack) -> None:
    found = plan(azure, naming(own_identity(), PROMPTFLOW_RUN_MODE="serving"))

    assert (roles(found), found["grants"][0]["reason"]) == (
        [(SECRETS, False)],
        "a prompt flow reads its connections (PROMPTFLOW_RUN_MODE is set)",
    )


@pytest.mark.parametrize(
    ("role", "scope", "met"),
    [
        (READ, world.RESOURCE_GROUP_ID, [READ]),
        ("Storage Blob Data Contributor", STORAGE, [READ]),
        ("Reader", world.RESOURCE_GROUP_ID, [PULL]),
        ("Contributor", world.RESOURCE_GROUP_ID, [PULL]),
        (READ, world.storage_id(world.FEATURE_STORAGE), []),
    ],
)
def test_any_effective_assignment_meets_a_need(azure: LocalStack, role: str, scope: str, met: list[str]) -> None:
    azure.cloud.authorization.seed(identity(azure), role, scope)

    found = plan(azure, samples.request())

    assert [name for name, exists in roles(found) if exists] == met


def test_an_inherited_role_with_a_condition_meets_no_need(azure: LocalStack) -> None:
    condition = "(!(ActionMatches{'Microsoft.Storage/*'}))"
    azure.cloud.authorization.seed(identity(azure), READ, world.RESOURCE_GROUP_ID, condition=condition)

    assert (READ, False) in roles(plan(azure, samples.request()))


@pytest.mark.parametrize(("excluded", "met"), [([], True), (["*/listSecrets/action"], False)])
def test_a_custom_role_of_a_group_meets_a_need(azure: LocalStack, excluded: list[str], met: bool) -> None:
    """The answers of Azure to what is asked of the workspace: the local Azure has no groups and no custom roles."""
    guid = "99999999-0000-0000-0000-000000000001"
    definition = definition_id(world.SUBSCRIPTION_ID, guid)
    assignment = {
        "id": f"{world.RESOURCE_GROUP_ID}/providers/Microsoft.Authorization/roleAssignments/{guid}",
        "name": guid,
        "properties": {
            "roleDefinitionId": definition,
            "principalId": "77777777-0000-0000-0000-000000000001",
            "principalType": "Group",
            "scope": world.RESOURCE_GROUP_ID,
            "createdOn": "2026-01-01T00:00:00Z",
        },
    }
    permissions = [{"actions": [f"{ML}/connections/*"], "notActions": excluded}]
    role = {"id": definition, "name": guid, "properties": {"roleName": "Reads secrets", "permissions": permissions}}
    asked = f"^{world.WORKSPACE_ID}/providers/Microsoft.Authorization/roleAssignments$"
    azure.cloud.faults.add(Fault(status=200, path=asked, body={"value": [assignment]}, times=None))
    azure.cloud.faults.add(Fault(status=200, path=f"roleDefinitions/{guid}$", body=role, times=None))
    connection(azure, category="CustomKeys", authType="CustomKeys")

    assert (SECRETS, met) in roles(plan(azure, naming(samples.request(), KEY=KEY)))


def test_where_groups_are_closed_the_identitys_own_roles_count(azure: LocalStack) -> None:
    azure.cloud.authorization.seed(identity(azure), PULL, world.REGISTRY_ID)
    refused = {"error": {"code": "BadRequest", "message": "The directory cannot be read"}}
    closed = Fault(status=400, path=f"^{world.REGISTRY_ID}/providers/Microsoft.Authorization/role", body=refused)
    azure.cloud.faults.add(closed)

    assert (PULL, True) in roles(plan(azure, samples.request()))


def test_without_grants_everything_must_be_there(azure: LocalStack) -> None:
    body = samples.request(access={"grants": "none"})

    problems = plan(azure, body)["problems"]

    assert [(one["path"], one["code"]) for one in problems] == [("access.grants", "RoleMissing")] * 2
    assert f"it needs {PULL} on {world.REGISTRY_ID}" in problems[0]["message"]

    azure.cloud.authorization.seed(identity(azure), PULL, world.REGISTRY_ID)
    azure.cloud.authorization.seed(identity(azure), READ, world.RESOURCE_GROUP_ID)
    found = plan(azure, body)
    assert (found["problems"], roles(found)) == ([], [(PULL, True), (READ, True)])


def identity(stack: LocalStack) -> str:
    """The principal of the user-assigned identity that requests of `samples` name."""
    with stack.http as http:
        found = http.post("/api/plans", json=samples.request()).raise_for_status().json()
    return str(found["principal_id"])
