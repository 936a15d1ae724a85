"""Conditions on who may assign what: the delegation that Slipway's own identity is given."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.authorization import AuthorizationManagementClient

from local.cloud.authorization import Authorization
from local.cloud.authorization.comparisons import Attempt, ConditionError
from local.cloud.authorization.conditions import parse, satisfied

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/slipway-local"
OWNER = "aaaaaaaa-0000-0000-0000-000000000001"
APP = "aaaaaaaa-0000-0000-0000-000000000002"
ENDPOINT = "aaaaaaaa-0000-0000-0000-000000000003"
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
OWNER_ROLE = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
KIND = "Microsoft.Authorization/roleAssignments"
NAME = "0e5c3a52-9d5b-5b42-8f0c-3f2b7a3f1f10"
OTHER = "1e5c3a52-9d5b-5b42-8f0c-3f2b7a3f1f11"

CANONICAL = f"""
(
 (
  !(ActionMatches{{'{KIND}/write'}})
 )
 OR
 (
  @Request[{KIND}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{ACR_PULL}, 2a2b9908-6ea1-4ae2-8e65-a410df84e7d1}}
  AND
  @Request[{KIND}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{'ServicePrincipal'}}
 )
)
AND
(
 (
  !(ActionMatches{{'{KIND}/delete'}})
 )
 OR
 (
  @Resource[{KIND}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{ACR_PULL}, 2a2b9908-6ea1-4ae2-8e65-a410df84e7d1}}
  AND
  @Resource[{KIND}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{'ServicePrincipal'}}
 )
)
"""

Sdk = Callable[[str], AuthorizationManagementClient]


def body(role: str, principal: str = ENDPOINT, kind: str = "ServicePrincipal") -> dict[str, object]:
    definition = f"/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return {"properties": {"roleDefinitionId": definition, "principalId": principal, "principalType": kind}}


@pytest.fixture
def app(rbac: Authorization, sdk: Sdk) -> AuthorizationManagementClient:
    rbac.seed(APP, "Role Based Access Control Administrator", GROUP, condition=CANONICAL)
    return sdk(APP)


def test_the_delegate_may_grant_and_take_back_what_the_condition_names(app: AuthorizationManagementClient) -> None:
    created = app.role_assignments.create(GROUP, NAME, body(ACR_PULL))

    assert created.created_on is not None
    assert app.role_assignments.delete(GROUP, NAME) is not None


@pytest.mark.parametrize("wanted", [body(OWNER_ROLE), body(ACR_PULL, OWNER, "User")])
def test_the_delegate_may_grant_nothing_else(app: AuthorizationManagementClient, wanted: dict[str, object]) -> None:
    with pytest.raises(HttpResponseError) as refused:
        app.role_assignments.create(GROUP, NAME, wanted)

    assert refused.value.status_code == 403


def test_the_delegate_may_not_remove_other_assignments(app: AuthorizationManagementClient, sdk: Sdk) -> None:
    sdk(OWNER).role_assignments.create(GROUP, OTHER, body(OWNER_ROLE, APP))

    with pytest.raises(HttpResponseError) as refused:
        app.role_assignments.delete(GROUP, OTHER)

    assert refused.value.status_code == 403
    assert sdk(OWNER).role_assignments.get(GROUP, OTHER).name == OTHER


def test_without_the_delete_half_every_assignment_may_be_removed(rbac: Authorization, sdk: Sdk) -> None:
    write_half = CANONICAL.split("\nAND\n(\n (\n  !(ActionMatches{'" + KIND + "/delete", maxsplit=1)[0]
    rbac.seed(APP, "Role Based Access Control Administrator", GROUP, condition=write_half)
    sdk(OWNER).role_assignments.create(GROUP, OTHER, body(OWNER_ROLE, ENDPOINT))

    assert sdk(APP).role_assignments.delete(GROUP, OTHER) is not None


def test_a_condition_nobody_understands_denies(rbac: Authorization) -> None:
    rbac.seed(APP, "Role Based Access Control Administrator", GROUP, condition="@Environment[utcNow] Later '2026'")

    assert not rbac.allowed(APP, f"{KIND}/write", GROUP)
    assert not rbac.allowed(APP, "Microsoft.Storage/storageAccounts/read", GROUP)


WRITE = Attempt(f"{KIND}/write", request={f"{KIND}:principaltype".lower(): "User"})
TYPE = f"@Request[{KIND}:PrincipalType]"


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        (f"{TYPE} StringEquals 'User'", True),
        (f"{TYPE} StringEquals 'user'", False),
        (f"{TYPE} StringEqualsIgnoreCase 'user'", True),
        (f"{TYPE} StringNotEquals 'User'", False),
        (f"NOT {TYPE} StringEquals 'User'", False),
        (f"!({TYPE} StringEquals 'Group') && {TYPE} StringEquals 'User'", True),
        (f"{TYPE} StringEquals 'Group' || {TYPE} StringEquals 'User'", True),
        (f"{TYPE} ForAnyOfAnyValues:StringEquals {{'Group', 'User'}}", True),
        (f"{TYPE} ForAnyOfAllValues:StringNotEquals {{'Group', 'User'}}", False),
        (f"{TYPE} ForAnyOfAnyValues:StringNotEquals {{'Group', 'User'}}", True),
        # AND binds tighter than OR.
        (f"{TYPE} StringEquals 'User' OR {TYPE} StringEquals 'a' AND {TYPE} StringEquals 'b'", True),
        # What is not there is not equal to anything, and not unequal either.
        (f"@Request[{KIND}:PrincipalId] GuidNotEquals {ACR_PULL}", False),
        (f"ActionMatches{{'{KIND}/*'}}", True),
        (f"ActionMatches{{'{KIND}/delete'}}", False),
    ],
)
def test_conditions_are_evaluated(condition: str, passes: bool) -> None:
    assert satisfied(condition, WRITE) is passes


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("", "end"),
        (f"({TYPE} StringEquals 'User'", "expected \\)"),
        (f"{TYPE} StringEquals 'User')", "after the end"),
        (f"{TYPE} DateTimeEquals 'x'", "DateTimeEquals"),
        (f"{TYPE} ForNoneOf:StringEquals 'x'", "ForNoneOf"),
        (f"{TYPE} StringEquals {{}}", "value"),
        (f"{TYPE} StringEquals", "end"),
        ("@Principal[x] StringEquals 'y'", "@Principal"),
        ("@Request[Microsoft.Storage/storageAccounts:name] StringEquals 'y'", "storageAccounts:name"),
        ("SubOperationMatches{'x'}", "SubOperationMatches"),
        ("'unterminated", "unterminated"),
    ],
)
def test_what_is_not_understood_is_named(condition: str, names: str) -> None:
    with pytest.raises(ConditionError, match=names):
        parse(condition)
    assert not satisfied(condition, WRITE)
