"""Conditions on Slipway's right to grant: what passes, what does not, and what cannot be told."""

from __future__ import annotations

import pytest

from azure_api.conditions import holds
from local.cloud.authorization.comparisons import Attempt
from local.cloud.authorization.conditions import satisfied
from local.cloud.grants import GRANT_CONDITION

WRITE = "Microsoft.Authorization/roleAssignments/write"
ROLE = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId]"
PRINCIPAL = "@Request[Microsoft.Authorization/roleAssignments:PrincipalId]"
KIND = "@Request[Microsoft.Authorization/roleAssignments:PrincipalType]"
KNOWN = {"RoleDefinitionId": "AAA", "PrincipalId": None, "PrincipalType": "ServicePrincipal"}


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        (f"{ROLE} GuidEquals aaa", True),
        (f"{ROLE} GuidNotEquals aaa", False),
        (f"{ROLE} ForAnyOfAnyValues:GuidEquals {{bbb, aaa}}", True),
        (f"{ROLE} ForAnyOfAllValues:GuidNotEquals {{bbb, aaa}}", False),
        (f"{ROLE} ForAnyOfAllValues:GuidNotEquals {{bbb, ccc}}", True),
        (f"{KIND} StringEquals 'serviceprincipal'", False),
        (f"{KIND} StringEqualsIgnoreCase 'serviceprincipal'", True),
        (f"!({ROLE} GuidEquals aaa)", False),
        (f"({ROLE} GuidEquals bbb) OR ({KIND} StringEquals 'ServicePrincipal')", True),
        (f"({ROLE} GuidEquals bbb) || ({PRINCIPAL} GuidEquals ccc)", None),
        (f"({ROLE} GuidEquals bbb) && ({PRINCIPAL} GuidEquals ccc)", False),
        (f"({ROLE} GuidEquals aaa) AND ({PRINCIPAL} GuidEquals ccc)", None),
        (f"({ROLE} GuidEquals aaa) OR ({PRINCIPAL} GuidEquals ccc)", True),
        (f"NOT {PRINCIPAL} GuidEquals ccc", None),
        ("ActionMatches{'Microsoft.Authorization/roleAssignments/*'}", True),
        ("ActionMatches{'Microsoft.Authorization/roleAssignments/delete'}", False),
        ("@Environment[isPrivateLink] BoolEquals true", None),
        (f"{ROLE} GuidEquals aaa)", None),
        (f"({ROLE} GuidEquals aaa", None),
        (f"{ROLE} GuidEquals {{aaa", None),
        ("", None),
        ("'", None),
    ],
)
def test_a_condition_is_true_false_or_not_known(condition: str, passes: bool | None) -> None:
    assert holds(condition, WRITE, KNOWN) is passes


@pytest.mark.parametrize("role", ["7f951dda-4ed3-4680-a7ca-43fe172d538d", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"])
@pytest.mark.parametrize("kind", ["ServicePrincipal", "User"])
def test_the_condition_that_infra_makes_is_read_as_azure_reads_it(role: str, kind: str) -> None:
    asked = {"RoleDefinitionId": role, "PrincipalType": kind, "PrincipalId": "p"}
    attributes = {f"microsoft.authorization/roleassignments:{name.lower()}": text for name, text in asked.items()}

    assert holds(GRANT_CONDITION, WRITE, asked) is satisfied(GRANT_CONDITION, Attempt(WRITE, request=attributes))
