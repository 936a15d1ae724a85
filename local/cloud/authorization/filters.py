"""The `$filter` of role assignment and role definition lists.

Source: the Azure RBAC REST guides. Without a filter a list holds what is at, above and below the scope; `atScope()`
leaves out what is below; `principalId eq '..'` and `assignedTo('..')` keep one principal's.
"""

from __future__ import annotations

import re

from local.cloud.arm.errors import ArmError
from local.cloud.authorization.assignments import RoleAssignment
from local.cloud.authorization.roles import RoleDefinition, built_in_roles
from local.cloud.authorization.scopes import covers

_PRINCIPAL = re.compile(r"principalId\s+eq\s+'([^']+)'|assignedTo\(\s*'([^']+)'\s*\)", re.IGNORECASE)
_ROLE_NAME = re.compile(r"roleName\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)
_ROLE_TYPE = re.compile(r"type\s+eq\s+'(\w+)'", re.IGNORECASE)


def select_assignments(every: list[RoleAssignment], scope: str, expression: str) -> list[RoleAssignment]:
    """What a list at `scope` with that `$filter` shows; `ArmError` for a filter not offered here."""
    found = [one for one in every if covers(one.scope, scope) or covers(scope, one.scope)]
    for clause in _clauses(expression):
        principal = _PRINCIPAL.fullmatch(clause)
        if principal is not None:
            wanted = (principal[1] or principal[2]).lower()
            found = [one for one in found if one.principal_id.lower() == wanted]
        elif clause.lower() == "atscope()":
            found = [one for one in found if covers(one.scope, scope)]
        else:
            raise _unsupported(clause, "atScope(), principalId eq '..' and assignedTo('..')")
    return found


def select_roles(expression: str) -> list[RoleDefinition]:
    """The built-in roles that pass `$filter`; every one of them may be assigned at every scope."""
    found = list(built_in_roles())
    for clause in _clauses(expression):
        name, kind = _ROLE_NAME.fullmatch(clause), _ROLE_TYPE.fullmatch(clause)
        if name is not None:
            wanted = name[1].replace("''", "'").lower()
            found = [role for role in found if role.name.lower() == wanted]
        elif kind is not None:
            found = found if kind[1].lower() == "builtinrole" else []
        elif clause.lower() != "atscopeandbelow()":
            raise _unsupported(clause, "roleName eq '..', type eq '..' and atScopeAndBelow()")
    return found


def _clauses(expression: str) -> list[str]:
    return [part.strip() for part in re.split(r"\s+and\s+", expression, flags=re.IGNORECASE) if part.strip()]


def _unsupported(clause: str, supported: str) -> ArmError:
    return ArmError(400, "FilterNotSupportedLocally", f"$filter part {clause!r}: the local Azure reads {supported}")
