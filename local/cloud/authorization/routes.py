"""Microsoft.Authorization on the wire: role assignments, role definitions, permissions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.cloud.arm.errors import ArmError, authorization_failed
from local.cloud.authorization.assignments import ROLE_DEFINITIONS, RoleAssignment
from local.cloud.authorization.conditions import ROLE_ASSIGNMENT
from local.cloud.authorization.errors import no_such_role
from local.cloud.authorization.extension_route import extension_route, scope_of
from local.cloud.authorization.filters import select_assignments, select_roles
from local.cloud.authorization.roles import RoleDefinition, role_with_id
from local.cloud.authorization.scopes import normalise
from local.cloud.authorization.writes import assign, read_request

if TYPE_CHECKING:
    from local.cloud.authorization.engine import Authorization

# 2022-04-01 is what azure-mgmt-authorization 4.0 sends for all three; the others are older clients' and templates'.
API_VERSIONS = ["2015-07-01", "2018-01-01-preview", "2018-09-01-preview", "2020-04-01-preview", "2022-04-01"]

Attributes = Mapping[str, object] | None
Caller = Callable[[Request], str]


def routes(rbac: Authorization, caller: Caller) -> list[Route]:
    """The routes, for any scope; paths are matched without regard to case."""
    wire = _Wire(rbac, caller)
    base = "/{scope:path}/providers/Microsoft.Authorization"
    table = [
        ("GET", "roleAssignments", wire.list_assignments),
        ("PUT", "roleAssignments/{name}", wire.put_assignment),
        ("GET", "roleAssignments/{name}", wire.get_assignment),
        ("DELETE", "roleAssignments/{name}", wire.delete_assignment),
        ("GET", "roleDefinitions", wire.list_roles),
        ("GET", "roleDefinitions/{name}", wire.get_role),
        ("GET", "permissions", wire.list_permissions),
    ]
    return [
        extension_route(rbac.clock, f"{base}/{path}", API_VERSIONS, handler, method) for method, path, handler in table
    ]


class _Wire:
    def __init__(self, rbac: Authorization, caller: Caller) -> None:
        self._rbac = rbac
        self._caller = caller

    def _require(
        self, request: Request, action: str, scope: str, *, wanted: Attributes = None, existing: Attributes = None
    ) -> str:
        """The caller, if it may perform `action` on `scope`; otherwise 403."""
        principal = self._caller(request)
        if not self._rbac.allowed(principal, action, scope, request=wanted, resource=existing):
            raise authorization_failed(principal, principal, action, scope)
        return principal

    async def put_assignment(self, request: Request) -> Response:
        """Create an assignment, or confirm or describe anew the one that has this name."""
        asked = read_request(await request.body(), scope_of(request), request.path_params["name"])
        principal = self._rbac.principal(asked.principal_id)
        attributes: dict[str, object] = {
            f"{ROLE_ASSIGNMENT}:RoleDefinitionId": asked.role_definition_id.rsplit("/", 1)[-1],
            f"{ROLE_ASSIGNMENT}:PrincipalId": asked.principal_id,
            f"{ROLE_ASSIGNMENT}:PrincipalType": asked.principal_type or (principal[1] if principal else None),
        }
        caller = self._require(request, f"{ROLE_ASSIGNMENT}/write", _resource(request), wanted=attributes)
        assignment, created = assign(self._rbac, asked, caller)
        body = assignment.to_wire(self._rbac.subscription)
        if created:
            body["properties"]["createdBy"] = None  # recorded: null in the answer to the PUT, filled in on GET
        return JSONResponse(body, status_code=201 if created else 200)

    async def get_assignment(self, request: Request) -> Response:
        """One assignment by name."""
        self._require(request, f"{ROLE_ASSIGNMENT}/read", _resource(request))
        found = self._find(request)
        if found is None:
            name = request.path_params["name"]
            raise ArmError(404, "RoleAssignmentNotFound", f"The role assignment '{name}' is not found.")
        return JSONResponse(found.to_wire(self._rbac.subscription))

    async def delete_assignment(self, request: Request) -> Response:
        """Remove an assignment: 200 with what was removed, 204 when there is none."""
        found = self._find(request)
        if found is None:
            # Nothing a condition could judge: whoever may look may learn so. Not compared with live Azure.
            self._require(request, f"{ROLE_ASSIGNMENT}/read", _resource(request))
            return Response(status_code=204)
        action = f"{ROLE_ASSIGNMENT}/delete"
        self._require(request, action, _resource(request), existing=found.attributes)
        self._rbac.remove(found.name)
        return JSONResponse(found.to_wire(self._rbac.subscription))

    async def list_assignments(self, request: Request) -> Response:
        """Assignments at, above and below the scope, filtered."""
        scope = scope_of(request)
        self._require(request, f"{ROLE_ASSIGNMENT}/read", scope)
        found = select_assignments(self._rbac.assignments(), scope, request.query_params.get("$filter", ""))
        return JSONResponse({"value": [one.to_wire(self._rbac.subscription) for one in found]})

    async def list_roles(self, request: Request) -> Response:
        """The built-in roles, filtered."""
        self._require(request, "Microsoft.Authorization/roleDefinitions/read", scope_of(request))
        found = select_roles(request.query_params.get("$filter", ""))
        return JSONResponse({"value": [self._role(role) for role in found]})

    async def get_role(self, request: Request) -> Response:
        """One built-in role by GUID."""
        self._require(request, "Microsoft.Authorization/roleDefinitions/read", scope_of(request))
        role = role_with_id(request.path_params["name"])
        if role is None:
            raise no_such_role(request.path_params["name"])
        return JSONResponse(self._role(role))

    async def list_permissions(self, request: Request) -> Response:
        """What the caller may do at the scope now: one block per effective assignment.

        Whether Azure demands a permission for this call, and whether it shows grants before they take effect,
        was never compared with live Azure; here anybody may ask, and only what counts is shown.
        """
        effective = self._rbac.effective(self._caller(request), scope_of(request))
        return JSONResponse({"value": [one.role.permissions() for one in effective]})

    def _find(self, request: Request) -> RoleAssignment | None:
        found = self._rbac.named(request.path_params["name"])
        return found if found is not None and normalise(found.scope) == normalise(scope_of(request)) else None

    def _role(self, role: RoleDefinition) -> dict[str, Any]:
        return {
            "properties": {
                "roleName": role.name,
                "type": "BuiltInRole",
                "description": "",
                "assignableScopes": ["/"],
                "permissions": [role.permissions()],
                "createdOn": None,
                "updatedOn": None,
                "createdBy": None,
                "updatedBy": None,
            },
            "id": f"/subscriptions/{self._rbac.subscription}{ROLE_DEFINITIONS}/{role.guid}",
            "type": "Microsoft.Authorization/roleDefinitions",
            "name": role.guid,
        }


def _resource(request: Request) -> str:
    return f"{scope_of(request)}/providers/{ROLE_ASSIGNMENT}/{request.path_params['name']}"
