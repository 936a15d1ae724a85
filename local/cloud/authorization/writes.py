"""The rules of creating a role assignment.

Sources: the Azure RBAC troubleshooting page (the errors), the role assignment concepts page (names are unique in the
tenant; description and condition may be updated), public issues.
"""

from __future__ import annotations

import re
import uuid

from local.cloud.arm.errors import ArmError
from local.cloud.authorization import errors
from local.cloud.authorization.assignments import RoleAssignment
from local.cloud.authorization.comparisons import ConditionError
from local.cloud.authorization.conditions import parse
from local.cloud.authorization.engine import Authorization
from local.cloud.authorization.requests import AssignmentRequest, malformed
from local.cloud.authorization.roles import RoleDefinition, role_with_id
from local.cloud.authorization.scopes import normalise

_ROLE_ID = re.compile(
    r"(?:/subscriptions/(?P<subscription>[^/]+)(?:/.*)?)?/providers/Microsoft\.Authorization/roleDefinitions/[^/]+",
    re.IGNORECASE,
)


def assign(rbac: Authorization, asked: AssignmentRequest, caller: str) -> tuple[RoleAssignment, bool]:
    """Create or confirm the assignment; True when it is new. `ArmError` says why not."""
    role = _checked_role(rbac, asked)
    kind = _checked_principal(rbac, asked)
    _check_condition(asked)
    with rbac.lock:
        return _stored(rbac, asked, role, kind, caller)


def _stored(
    rbac: Authorization, asked: AssignmentRequest, role: RoleDefinition, kind: str, caller: str
) -> tuple[RoleAssignment, bool]:
    taken = rbac.named(asked.name)
    if taken is not None:
        return _updated(rbac, taken, asked, role, caller), False
    for other in rbac.assignments(asked.principal_id):
        if other.same_grant(asked.principal_id, role, asked.scope):
            raise errors.role_assignment_exists(other.name)
    assignment = RoleAssignment(
        name=asked.name,
        scope=asked.scope,
        role=role,
        principal_id=asked.principal_id,
        principal_type=kind,
        created_on=rbac.clock.now(),
        created_by=caller,
        effective_at=None,
        condition=asked.condition,
        description=asked.description,
    )
    rbac.add(assignment)
    return assignment, True


def _updated(
    rbac: Authorization, taken: RoleAssignment, asked: AssignmentRequest, role: RoleDefinition, caller: str
) -> RoleAssignment:
    if not taken.same_grant(asked.principal_id, role, asked.scope):
        raise errors.update_not_permitted()
    if (asked.condition, asked.description) != (taken.condition, taken.description):
        taken.condition, taken.description = asked.condition, asked.description
        taken.updated_on, taken.updated_by = rbac.clock.now(), caller
    return taken


def _checked_role(rbac: Authorization, asked: AssignmentRequest) -> RoleDefinition:
    try:
        uuid.UUID(asked.name)
    except ValueError as error:
        message = f"The role assignment ID '{asked.name}' is not valid. The role assignment ID must be a GUID."
        raise ArmError(400, "InvalidRoleAssignmentId", message) from error
    if not rbac.scope_exists(normalise(asked.scope)):
        resource = asked.scope.strip("/").partition("/providers/")[2] or asked.scope
        message = (
            f"The Resource '{resource}' was not found. For more details please go to "
            "https://aka.ms/ARMResourceNotFoundFix"
        )
        raise ArmError(404, "ResourceNotFound", message)
    named = _ROLE_ID.fullmatch(asked.role_definition_id)
    if named is None:
        raise errors.not_a_role_id(asked.role_definition_id)
    role = role_with_id(asked.role_definition_id)
    if role is None or (named["subscription"] or rbac.subscription).lower() != rbac.subscription.lower():
        raise errors.no_such_role(asked.role_definition_id)
    return role


def _checked_principal(rbac: Authorization, asked: AssignmentRequest) -> str:
    """The kind of the principal, which the directory must know.

    Azure takes one that its directory has not heard of yet when the request says its kind. The directory here knows
    everybody at once, so that one it does not know is a mistake.
    """
    known = rbac.principal(asked.principal_id)
    if known is None:
        raise errors.principal_not_found(asked.principal_id, rbac.tenant)
    if asked.principal_type not in (None, known.kind):
        raise errors.unmatched_principal_type(asked.principal_id, known.kind, str(asked.principal_type))
    return known.kind


def _check_condition(asked: AssignmentRequest) -> None:
    if asked.condition is None:
        return
    if asked.condition_version != "2.0":
        raise malformed("conditionVersion must be 2.0 when there is a condition")
    try:
        parse(asked.condition)
    except ConditionError as error:
        raise ArmError(400, "ConditionNotSupportedLocally", str(error)) from error
