"""Who may do what, where, and from when: the state of the local Azure's role-based access control."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from typing import NamedTuple

from local.clock import Clock
from local.cloud.authorization.assignments import Assignments, RoleAssignment
from local.cloud.authorization.comparisons import Attempt
from local.cloud.authorization.conditions import satisfied
from local.cloud.authorization.propagation import Propagation
from local.cloud.authorization.roles import role_named
from local.cloud.authorization.scopes import covers, normalise


class Principal(NamedTuple):
    """Somebody the directory knows; `kind` is `ServicePrincipal` or `User`."""

    name: str
    kind: str


class Authorization:
    """Role assignments of one tenant and subscription. Every method may be called from any thread.

    `propagation` may be replaced at any time; it decides for assignments made or removed from then on.
    `scope_exists` is asked before a role is assigned there. Hold `lock` to look and act in one.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        tenant: str,
        subscription: str,
        propagation: Propagation,
        scope_exists: Callable[[str], bool] = lambda scope: True,
    ) -> None:
        self.clock = clock
        self.tenant = tenant
        self.subscription = subscription
        self.propagation = propagation
        self.scope_exists = scope_exists
        self.lock = threading.RLock()
        self._assignments = Assignments()
        self._removed: list[RoleAssignment] = []
        self._principals: dict[str, Principal] = {}

    def add_principal(self, principal_id: str, name: str, kind: str = "ServicePrincipal") -> None:
        """Make a principal known to the directory; `kind` is `ServicePrincipal` or `User`."""
        with self.lock:
            self._principals[principal_id.lower()] = Principal(name, kind)

    def remove_principal(self, principal_id: str) -> None:
        """Take a principal out of the directory; its assignments stay behind, as in Azure."""
        with self.lock:
            self._principals.pop(principal_id.lower(), None)

    def principal(self, principal_id: str) -> Principal | None:
        """A known principal."""
        return self._principals.get(principal_id.lower())

    def seed(self, principal_id: str, role_name: str, scope: str, *, condition: str | None = None) -> RoleAssignment:
        """Assign a role on behalf of Azure itself, effective at once; `KeyError` for an unknown role name."""
        role = role_named(role_name)
        key = f"{normalise(scope)}|{principal_id}|{role.guid}"
        now = self.clock.now()
        known = self.principal(principal_id)
        assignment = RoleAssignment(
            name=str(uuid.uuid5(uuid.NAMESPACE_URL, key)),
            scope=scope,
            role=role,
            principal_id=principal_id,
            principal_type=known.kind if known else "ServicePrincipal",
            created_on=now,
            created_by="",
            effective_at=now,
            condition=condition,
            seeded=True,
        )
        with self.lock:
            self._assignments.put(assignment)
        return assignment

    def forget_service_grants(self, principal_id: str) -> None:
        """Drop what was seeded for the principal, at once; what people assigned to it stays."""
        with self.lock:
            for found in self.assignments(principal_id):
                if found.seeded:
                    self._assignments.take(found.name)

    def add(self, assignment: RoleAssignment) -> None:
        """Store an assignment and draw when it takes effect."""
        delay = self.propagation.until_effective(assignment.role, assignment.name)
        assignment.effective_at = None if delay is None else assignment.created_on + delay
        with self.lock:
            self._assignments.put(assignment)

    def remove(self, name: str) -> RoleAssignment | None:
        """Delete an assignment from the list; it goes on counting until the revocation has propagated."""
        with self.lock:
            assignment = self._assignments.take(name)
            if assignment is None:
                return None
            delay = self.propagation.until_revoked(assignment.role, assignment.name)
            assignment.revoked_at = self.clock.now() + delay
            self._removed = [one for one in self._removed if one.counts(self.clock.now())] + [assignment]
            return assignment

    def named(self, name: str) -> RoleAssignment | None:
        """The assignment of that name; names are unique in the tenant (Azure RBAC documentation)."""
        return self._assignments.named(name)

    def assignments(self, principal_id: str | None = None) -> list[RoleAssignment]:
        """What is listed now, oldest first, whether or not it has an effect yet."""
        with self.lock:
            found = self._assignments.all() if principal_id is None else self._assignments.of(principal_id)
        return sorted(found, key=lambda one: one.created_on)

    def effective(self, principal_id: str, scope: str) -> list[RoleAssignment]:
        """The principal's assignments at or above `scope` that count now."""
        now = self.clock.now()
        with self.lock:
            removed = [one for one in self._removed if one.principal_id.lower() == principal_id.lower()]
            candidates = [*self._assignments.of(principal_id), *removed]
        return [one for one in candidates if covers(one.scope, scope) and one.counts(now)]

    def allowed(
        self,
        principal_id: str,
        action: str,
        scope: str,
        *,
        data: bool = False,
        request: Mapping[str, object] | None = None,
        resource: Mapping[str, object] | None = None,
    ) -> bool:
        """Whether the principal may perform `action` (a data action when `data`) on `scope` now.

        `request` and `resource` are the attributes that conditions see, by full name such as
        `Microsoft.Authorization/roleAssignments:PrincipalType`.
        """
        attempt = Attempt(action, _by_name(request), _by_name(resource))
        return any(
            one.role.permits(action, data=data) and satisfied(one.condition, attempt)
            for one in self.effective(principal_id, scope)
        )

    def settle(self) -> None:
        """Let every change made so far take effect at once (assignments that never would included)."""
        with self.lock:
            self._removed.clear()
            now = self.clock.now()
            for one in self._assignments.all():
                if one.effective_at is None or one.effective_at > now:
                    one.effective_at = now

    def reset(self) -> None:
        """Forget every assignment and principal, seeded ones included."""
        with self.lock:
            self._assignments.clear()
            self._removed.clear()
            self._principals.clear()


def _by_name(attributes: Mapping[str, object] | None) -> dict[str, object]:
    return {name.lower(): value for name, value in (attributes or {}).items()}
