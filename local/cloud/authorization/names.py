"""The resource types of Microsoft.Authorization, and the attributes that conditions know by them."""

from __future__ import annotations

ROLE_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
ROLE_DEFINITION = "Microsoft.Authorization/roleDefinitions"

ROLE_DEFINITION_ID = f"{ROLE_ASSIGNMENT}:RoleDefinitionId"
PRINCIPAL_ID = f"{ROLE_ASSIGNMENT}:PrincipalId"
PRINCIPAL_TYPE = f"{ROLE_ASSIGNMENT}:PrincipalType"
ATTRIBUTES = frozenset(name.lower() for name in (ROLE_DEFINITION_ID, PRINCIPAL_ID, PRINCIPAL_TYPE))


def definition_id(subscription: str, guid: str) -> str:
    """The ARM id of a role definition."""
    return f"/subscriptions/{subscription}/providers/{ROLE_DEFINITION}/{guid}"
