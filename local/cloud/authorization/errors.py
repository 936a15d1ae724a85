"""The errors of Microsoft.Authorization, worded as Azure words them.

Sources: the Azure RBAC troubleshooting page and error texts quoted in public issues; the status of
`RoleDefinitionDoesNotExist` and `InvalidRoleAssignmentId` was never compared with live Azure.
"""

from __future__ import annotations

from local.cloud.arm.errors import ArmError


def role_assignment_exists(existing_name: str) -> ArmError:
    """409: the same principal has the same role at the same scope, under another name."""
    identifier = existing_name.replace("-", "")
    return ArmError(
        409,
        "RoleAssignmentExists",
        f"The role assignment already exists. The ID of the existing role assignment is {identifier}.",
    )


def update_not_permitted() -> ArmError:
    """400: the name is taken by an assignment with other properties."""
    return ArmError(
        400,
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    )


def principal_not_found(principal_id: str, tenant: str) -> ArmError:
    """400: the directory does not know the principal, and the request did not say what kind it is."""
    return ArmError(
        400,
        "PrincipalNotFound",
        f"Principal {principal_id.replace('-', '')} does not exist in the directory {tenant}. Check that you have "
        "the correct principal ID. If you are creating this principal and then immediately assigning a role, this "
        "error might be related to a replication delay. In this case, set the role assignment principalType "
        "property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
    )


def unmatched_principal_type(principal_id: str, actual: str, given: str) -> ArmError:
    """400: the principal is known as another kind (the typing error is Azure's own)."""
    return ArmError(
        400,
        "UnmatchedPrincipalType",
        f"The PrincipalId '{principal_id.replace('-', '')}' has type '{actual}' , which is different from "
        f"specified PrinciaplType '{given}'.",
    )


def not_a_guid(principal_id: str) -> ArmError:
    """400: a principal is named by its object id, never by its name or client id's text."""
    return ArmError(
        400,
        "InvalidPrincipalId",
        f"A valid principal ID must be provided for role assignment, and '{principal_id}' is not a GUID.",
    )


def not_a_role_id(role_definition_id: str) -> ArmError:
    """400: a role is named by the ARM id of its definition (code as the CLI's users quote it)."""
    message = f"The role definition ID '{role_definition_id}' is not valid."
    return ArmError(400, "InvalidRoleDefinitionId", message)


def no_such_role(role_definition_id: str) -> ArmError:
    """404: no role definition has that id."""
    guid = role_definition_id.rsplit("/", 1)[-1]
    message = f"The specified role definition with ID '{guid}' does not exist."
    return ArmError(404, "RoleDefinitionDoesNotExist", message)
