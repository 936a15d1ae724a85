"""A role assignment, and the form ARM shows it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from local.cloud.arm.documents import Json
from local.cloud.authorization.names import (
    PRINCIPAL_ID,
    PRINCIPAL_TYPE,
    ROLE_ASSIGNMENT,
    ROLE_DEFINITION_ID,
    definition_id,
)
from local.cloud.authorization.roles import RoleDefinition
from local.cloud.authorization.scopes import normalise
from local.cloud.moments import with_zulu


@dataclass
class RoleAssignment:
    """One role for one principal at one scope. `effective_at` None: it will never count."""

    name: str
    scope: str
    role: RoleDefinition
    principal_id: str
    principal_type: str
    created_on: datetime
    created_by: str
    effective_at: datetime | None
    condition: str | None = None
    description: str | None = None
    updated_on: datetime = field(init=False)
    updated_by: str = field(init=False)
    revoked_at: datetime | None = None
    seeded: bool = False

    def __post_init__(self) -> None:
        self.updated_on = self.created_on
        self.updated_by = self.created_by

    def counts(self, now: datetime) -> bool:
        """Whether the assignment has an effect at `now`."""
        if self.effective_at is None or now < self.effective_at:
            return False
        return self.revoked_at is None or now < self.revoked_at

    @property
    def attributes(self) -> dict[str, object]:
        """What a condition's `@Resource[...]` sees of this assignment."""
        return attributes(self.role.guid, self.principal_id, self.principal_type)

    def same_grant(self, principal_id: str, role: RoleDefinition, scope: str) -> bool:
        """Whether this assignment already gives `role` to that principal at exactly that scope."""
        return (
            self.principal_id.lower() == principal_id.lower()
            and self.role == role
            and normalise(self.scope) == normalise(scope)
        )

    def to_wire(self, subscription: str) -> Json:
        """The resource as ARM returns it (shape: recorded PUT answer of an Azure CLI test, 2019, and the
        azure-mgmt-authorization 4.0 models)."""
        return {
            "properties": {
                "roleDefinitionId": definition_id(subscription, self.role.guid),
                "principalId": self.principal_id,
                "principalType": self.principal_type,
                "scope": f"/{self.scope.strip('/')}",
                "condition": self.condition,
                "conditionVersion": "2.0" if self.condition else None,
                "createdOn": with_zulu(self.created_on),
                "updatedOn": with_zulu(self.updated_on),
                "createdBy": self.created_by,
                "updatedBy": self.updated_by,
                "delegatedManagedIdentityResourceId": None,
                "description": self.description,
            },
            "id": f"/{self.scope.strip('/')}".rstrip("/") + f"/providers/{ROLE_ASSIGNMENT}/{self.name}",
            "type": ROLE_ASSIGNMENT,
            "name": self.name,
        }


class Assignments:
    """Assignments by their name and by their principal, whose case does not matter; oldest first."""

    def __init__(self) -> None:
        self._by_name: dict[str, RoleAssignment] = {}
        # Every request asks for those of one principal: looking through all would cost more with each deployment.
        self._by_principal: dict[str, dict[str, RoleAssignment]] = {}

    def put(self, assignment: RoleAssignment) -> None:
        """Add an assignment, in the place of one of its name."""
        self.take(assignment.name)
        name = assignment.name.lower()
        self._by_name[name] = assignment
        self._by_principal.setdefault(assignment.principal_id.lower(), {})[name] = assignment

    def take(self, name: str) -> RoleAssignment | None:
        """Remove the assignment of that name."""
        assignment = self._by_name.pop(name.lower(), None)
        if assignment is not None:
            of_principal = self._by_principal[assignment.principal_id.lower()]
            del of_principal[name.lower()]
            if not of_principal:
                del self._by_principal[assignment.principal_id.lower()]
        return assignment

    def named(self, name: str) -> RoleAssignment | None:
        """The assignment of that name."""
        return self._by_name.get(name.lower())

    def of(self, principal_id: str) -> list[RoleAssignment]:
        """The principal's assignments."""
        return list(self._by_principal.get(principal_id.lower(), {}).values())

    def all(self) -> list[RoleAssignment]:
        """Every assignment."""
        return list(self._by_name.values())

    def clear(self) -> None:
        """Remove all."""
        self._by_name.clear()
        self._by_principal.clear()


def attributes(role_guid: str, principal_id: str, principal_type: str | None) -> dict[str, object]:
    """What a condition sees of an assignment, there or asked for."""
    return {ROLE_DEFINITION_ID: role_guid, PRINCIPAL_ID: principal_id, PRINCIPAL_TYPE: principal_type}
