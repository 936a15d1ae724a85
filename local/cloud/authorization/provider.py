"""Microsoft.Authorization on the wire: role assignments, role definitions, permissions."""

from __future__ import annotations

from collections.abc import Mapping

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ArmError, authorization_failed
from local.cloud.arm.route import ArmRoute
from local.cloud.authorization.assignments import RoleAssignment, attributes
from local.cloud.authorization.engine import Authorization
from local.cloud.authorization.errors import no_such_role
from local.cloud.authorization.filters import select_assignments, select_roles
from local.cloud.authorization.names import ROLE_ASSIGNMENT, ROLE_DEFINITION, definition_id
from local.cloud.authorization.requests import BODY, read_request
from local.cloud.authorization.roles import RoleDefinition, role_with_id
from local.cloud.authorization.scopes import normalise
from local.cloud.authorization.writes import assign

# 2022-04-01 is what azure-mgmt-authorization 4.0 sends for all three, 2022-05-01-preview what `az role` does for
# definitions; the others are older clients' and templates'.
API_VERSIONS = (
    "2015-07-01",
    "2018-01-01-preview",
    "2018-09-01-preview",
    "2020-04-01-preview",
    "2022-04-01",
    "2022-05-01-preview",
)


class AuthorizationProvider:
    """Answers for every scope."""

    def __init__(self, rbac: Authorization) -> None:
        self._rbac = rbac

    def routes(self) -> list[ArmRoute]:
        """The provider's lines of the route table."""
        assignments, definitions = (f"/{{scope}}/providers/{kind}" for kind in (ROLE_ASSIGNMENT, ROLE_DEFINITION))
        permissions = "/{scope}/providers/Microsoft.Authorization/permissions"
        return [
            ArmRoute("GET", assignments, API_VERSIONS, self._list_assignments),
            ArmRoute(
                "PUT", f"{assignments}/{{name}}", API_VERSIONS, self._put_assignment, checked_by="handler", body=BODY
            ),
            ArmRoute("GET", f"{assignments}/{{name}}", API_VERSIONS, self._get_assignment),
            ArmRoute("DELETE", f"{assignments}/{{name}}", API_VERSIONS, self._delete_assignment, checked_by="handler"),
            ArmRoute("GET", definitions, API_VERSIONS, self._list_roles),
            ArmRoute("GET", f"{definitions}/{{name}}", API_VERSIONS, self._get_role),
            ArmRoute("GET", permissions, API_VERSIONS, self._list_permissions, checked_by="handler"),
        ]

    def _put_assignment(self, call: Call) -> Answer:
        """Create an assignment, or confirm or describe anew the one that has this name."""
        asked = read_request(call.body, call.extended, call.parameters["name"])
        principal = self._rbac.principal(asked.principal_id)
        kind = asked.principal_type or (principal.kind if principal else None)
        wanted = attributes(asked.role_definition_id.rsplit("/", 1)[-1], asked.principal_id, kind)
        self._require(call, "write", wanted=wanted)
        assignment, created = assign(self._rbac, asked, call.caller.principal_id)
        document = assignment.to_wire(self._rbac.subscription)
        if not created:
            return Answer(200, document)
        # Recorded: null in the answer to the PUT, filled in on GET.
        return Answer(201, {**document, "properties": {**as_json(document["properties"]), "createdBy": None}})

    def _get_assignment(self, call: Call) -> Answer:
        """One assignment by name."""
        found = self._find(call)
        if found is None:
            message = f"The role assignment '{call.parameters['name']}' is not found."
            raise ArmError(404, "RoleAssignmentNotFound", message)
        return Answer(200, found.to_wire(self._rbac.subscription))

    def _delete_assignment(self, call: Call) -> Answer:
        """Remove an assignment: 200 with what was removed, 204 when there is none."""
        found = self._find(call)
        if found is None:
            # Nothing a condition could judge: whoever may look may learn so. Not compared with live Azure.
            self._require(call, "read")
            return Answer(204)
        self._require(call, "delete", existing=found.attributes)
        self._rbac.remove(found.name)
        return Answer(200, found.to_wire(self._rbac.subscription))

    def _list_assignments(self, call: Call) -> Answer:
        """Assignments at, above and below the scope, filtered."""
        found = select_assignments(self._rbac.assignments(), call.extended, call.query.get("$filter", ""))
        return Answer(200, {"value": [one.to_wire(self._rbac.subscription) for one in found]})

    def _list_roles(self, call: Call) -> Answer:
        """The built-in roles, filtered."""
        return Answer(200, {"value": [self._role(role) for role in select_roles(call.query.get("$filter", ""))]})

    def _get_role(self, call: Call) -> Answer:
        """One built-in role by GUID."""
        role = role_with_id(call.parameters["name"])
        if role is None:
            raise no_such_role(call.parameters["name"])
        return Answer(200, self._role(role))

    def _list_permissions(self, call: Call) -> Answer:
        """What the caller may do at the scope now: one block per effective assignment.

        Whether Azure demands a permission for this call, and whether it shows grants before they take effect,
        was never compared with live Azure; here anybody may ask, and only what counts is shown.
        """
        effective = self._rbac.effective(call.caller.principal_id, call.extended)
        return Answer(200, {"value": [one.role.permissions() for one in effective]})

    def _require(
        self,
        call: Call,
        verb: str,
        *,
        wanted: Mapping[str, object] | None = None,
        existing: Mapping[str, object] | None = None,
    ) -> None:
        """403 unless the caller may do this to the assignment, as conditions see it."""
        caller, action, scope = call.caller, f"{ROLE_ASSIGNMENT}/{verb}", call.target.scope
        if not self._rbac.allowed(caller.principal_id, action, scope, request=wanted, resource=existing):
            raise authorization_failed(caller.client_id, caller.principal_id, action, scope)

    def _find(self, call: Call) -> RoleAssignment | None:
        found = self._rbac.named(call.parameters["name"])
        return found if found is not None and normalise(found.scope) == normalise(call.extended) else None

    def _role(self, role: RoleDefinition) -> Json:
        never = dict.fromkeys(("createdOn", "updatedOn", "createdBy", "updatedBy"))
        return {
            "properties": {
                "roleName": role.name,
                "type": "BuiltInRole",
                "description": "",
                "assignableScopes": ["/"],
                "permissions": [role.permissions()],
                **never,
            },
            "id": definition_id(self._rbac.subscription, role.guid),
            "type": ROLE_DEFINITION,
            "name": role.guid,
        }
