"""Which assignment already gives an identity what a role would: that role, or any other that allows the same there."""

from __future__ import annotations

from typing import Any

from activities.roles import role_with
from azure_api.clients import clients
from azure_api.errors import UNANSWERED, translated
from azure_api.rights import allows
from contracts.errors import DeploymentError
from contracts.names import is_within
from contracts.plan import NeededRole


def find_assignment(role: NeededRole, principal_id: str) -> Any:
    """The assignment that gives that principal what it has the role for; None when nothing does.

    The role itself at that scope comes first, then the role inherited from a wider scope, then any role that contains
    the action. Those of its groups count. An inherited one with a condition does not: what it lets through is not read.
    """
    wanted = role.scope.lower()
    listed = [one for one in _assigned(role.scope, principal_id) if is_within(role.scope, str(one.scope))]
    same = [one for one in listed if str(one.role_definition_id).lower().endswith(role.guid.lower())]
    for one in same:
        if str(one.scope).lower() == wanted:
            return one
    unconditional = [one for one in listed if not one.condition]
    inherited = (one for one in unconditional if one in same)
    contained = (one for one in unconditional if one not in same and _contains(str(one.role_definition_id), role))
    return next(inherited, None) or next(contained, None)


def _assigned(scope: str, principal_id: str) -> list[Any]:
    """Assignments at, above and below a scope, with those of the principal's groups where those can be read."""
    listed = clients().authorization.role_assignments.list_for_scope
    try:
        with translated():
            return list(listed(scope, filter=f"assignedTo('{principal_id}')"))
    except UNANSWERED:
        raise
    except DeploymentError:
        # Groups are the directory's, and may be closed to Slipway where assignments are not.
        with translated():
            return list(listed(scope, filter=f"principalId eq '{principal_id}'"))


def _contains(role_definition_id: str, role: NeededRole) -> bool:
    """Whether a role, built-in or custom, allows what `role` is there for."""
    needed = role_with(role.guid)
    if needed is None or needed.action is None:
        return False
    try:
        with translated():
            # At the scope, as far as Slipway may read; the ids of roles are of the subscription.
            found = clients().authorization.role_definitions.get(role.scope, role_definition_id.rsplit("/", 1)[-1])
    except UNANSWERED:
        raise
    except DeploymentError:
        return False  # it cannot be read, so it counts for nothing
    permissions = [one.serialize() for one in found.permissions or []]
    return any(allows(one, needed.action, on_data=needed.on_data) for one in permissions)
