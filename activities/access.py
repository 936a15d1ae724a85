"""Role assignments of an endpoint's identity: granted or confirmed under deterministic names, and revoked."""

from __future__ import annotations

from typing import Any

from activities.envelope import activity
from activities.roles import NeededRole, assignment_name, needed_roles, role_definition_id
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.activities import Access, Done, GrantedRole, GrantInput, RevokeInput
from contracts.base import beginning
from contracts.errors import DeploymentError, MissingRight

REFUSAL_BYTES = 300


@activity
def grant_roles(order: GrantInput) -> Access:
    """Make sure that the identity has each role it needs; says since when the newest assignment exists.

    Raises PrincipalNotReady while the identity is too new, and MissingRight when Slipway may not grant the first of
    them; once it has granted some, the refusal comes with the answer, so that the ledger knows of those.
    """
    with translated():
        workspace = clients().ml.workspaces.get(clients().settings.workspace)
        needed = needed_roles(order.access, user_assigned=order.user_assigned, workspace=workspace)
    granted: list[tuple[NeededRole, Any, bool]] = []
    refused = None
    for role in needed:
        try:
            granted.append((role, *_grant(order, role)))
        except DeploymentError as error:
            if error.retryable or not any(made for _, _, made in granted):
                raise
            # Told in brief: the answer names every role granted before as well.
            refused = error.to_failure().model_copy(update={"message": beginning(error.message, REFUSAL_BYTES)})
            break
    return Access(
        principal_id=order.principal_id,
        roles=[
            GrantedRole(role=role.role, scope=role.scope, name=str(assignment.name), created=made)
            for role, assignment, made in granted
        ],
        newest=max((assignment.created_on for _, assignment, _ in granted), default=None),
        refused=refused,
    )


@activity
def revoke_roles(order: RevokeInput) -> Done:
    """Delete role assignments; ones that are gone already are fine."""
    with translated():
        for assignment_id in order.assignment_ids:
            clients().authorization.role_assignments.delete_by_id(assignment_id)
    return Done(changed=bool(order.assignment_ids))


def find_assignment(scope: str, principal_id: str, guid: str) -> Any:
    """The assignment of that role to that principal at exactly that scope, whatever its name; None when missing."""
    listed = clients().authorization.role_assignments.list_for_scope(scope, filter=f"principalId eq '{principal_id}'")
    for assignment in listed:
        same_role = str(assignment.role_definition_id).lower().endswith(guid.lower())
        if same_role and str(assignment.scope).lower() == scope.lower():
            return assignment
    return None


def _grant(order: GrantInput, role: NeededRole) -> tuple[Any, bool]:
    from azure.core.exceptions import ResourceExistsError
    from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters

    with translated():
        found = find_assignment(role.scope, order.principal_id, role.guid)
    if found is not None:
        return found, str(found.description or "").endswith(order.instance)
    # principalType makes Azure accept an identity that its directory has not replicated yet (RBAC guide).
    wanted = RoleAssignmentCreateParameters(
        role_definition_id=role_definition_id(role.scope, role.guid),
        principal_id=order.principal_id,
        principal_type="ServicePrincipal",
        description=f"Slipway: {role.reason}; instance {order.instance}",
    )
    name = assignment_name(role.scope, order.principal_id, role.guid)
    try:
        with translated():
            try:
                return clients().authorization.role_assignments.create(role.scope, name, wanted), True
            except ResourceExistsError:
                # Somebody granted the same role meanwhile, under another name.
                return find_assignment(role.scope, order.principal_id, role.guid), False
    except MissingRight as error:
        raise MissingRight(f"cannot grant {role.role} on {role.scope}: {error.message}", cause=error.cause) from error
