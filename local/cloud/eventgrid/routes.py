"""Microsoft.EventGrid on the wire: event subscriptions of any resource, and the operations that create them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.cloud.arm.errors import ArmError
from local.cloud.authorization.extension_route import extension_route, scope_of
from local.cloud.eventgrid.subscriptions import Subscription, read_subscription
from local.cloud.world import REGION

if TYPE_CHECKING:
    from local.cloud.eventgrid.broker import EventGrid

Permit = Callable[[Request, str, str], None]

# From 2022-06-15 on, as far as known to this project.
API_VERSIONS = [
    "2022-06-15",
    "2023-06-01-preview",
    "2023-12-15-preview",
    "2024-06-01-preview",
    "2024-12-15-preview",
    "2025-02-15",
    "2025-04-01-preview",
]
_KIND = "Microsoft.EventGrid/eventSubscriptions"


def routes(grid: EventGrid, permit: Permit) -> list[Route]:
    """The routes, for any scope; paths are matched without regard to case."""
    wire = _Wire(grid, permit)
    base = f"/{{scope:path}}/providers/{_KIND}"
    status = "/{scope:path}/providers/Microsoft.EventGrid/locations/{location}/operationsStatus/{operation}"
    table = [
        ("GET", status, wire.get_operation),
        ("GET", base, wire.list_subscriptions),
        ("PUT", f"{base}/{{name}}", wire.put_subscription),
        ("GET", f"{base}/{{name}}", wire.get_subscription),
        ("DELETE", f"{base}/{{name}}", wire.delete_subscription),
        ("POST", f"{base}/{{name}}/getFullUrl", wire.get_full_url),
    ]
    return [extension_route(grid.clock, path, API_VERSIONS, handler, method) for method, path, handler in table]


class _Wire:
    def __init__(self, grid: EventGrid, permit: Permit) -> None:
        self._grid = grid
        self._permit = permit

    async def put_subscription(self, request: Request) -> Response:
        """Begin to create or replace a subscription: 201 and an operation to follow."""
        name = request.path_params["name"]
        self._permit(request, f"{_KIND}/write", _resource(request))
        try:
            body = json.loads(await request.body())
        except ValueError as error:
            raise ArmError(400, "InvalidRequestContent", f"The request content was invalid: {error}") from error
        subscription = read_subscription(scope_of(request), name, body)
        self._grid.create(subscription)
        return JSONResponse(subscription.to_wire(), 201, headers=_operation(subscription, request))

    async def get_subscription(self, request: Request) -> Response:
        """One subscription; its `provisioningState` says whether the handshake succeeded."""
        self._permit(request, f"{_KIND}/read", _resource(request))
        return JSONResponse(self._found(request).to_wire())

    async def delete_subscription(self, request: Request) -> Response:
        """Remove a subscription: 200, or 204 when there is none."""
        self._permit(request, f"{_KIND}/delete", _resource(request))
        wanted = Subscription(request.path_params["name"], scope_of(request), "")
        return Response(status_code=200 if self._grid.remove(wanted.key) else 204)

    async def list_subscriptions(self, request: Request) -> Response:
        """The subscriptions to events of exactly this resource."""
        scope = scope_of(request)
        self._permit(request, f"{_KIND}/read", scope)
        found = [one for one in self._grid.subscriptions() if one.topic is not None and one.wants(scope)]
        return JSONResponse({"value": [one.to_wire() for one in found]})

    async def get_full_url(self, request: Request) -> Response:
        """The endpoint URL with its query, for who may read it."""
        self._permit(request, f"{_KIND}/getFullUrl/action", _resource(request))
        return JSONResponse({"endpointUrl": self._found(request).endpoint_url})

    async def get_operation(self, request: Request) -> Response:
        """How the creation of a subscription goes, for who may read it. Not compared with live Azure."""
        operation = request.path_params["operation"]
        found = next((one for one in self._grid.subscriptions() if one.operation == operation), None)
        if found is None:
            raise ArmError(404, "ResourceNotFound", f"No operation {operation} is known.")
        self._permit(request, f"{_KIND}/read", f"{found.topic}/providers/{_KIND}/{found.name}")
        states = {"Creating": "InProgress"}
        answer: dict[str, Any] = {
            "id": request.url.path,
            "name": operation,
            "status": states.get(found.provisioning_state, found.provisioning_state),
        }
        if found.error is not None:
            base = found.endpoint_url.split("?")[0]
            message = (
                f"Webhook validation handshake failed for {base}. {found.error} "
                "For troubleshooting, visit https://aka.ms/esvalidation."
            )
            answer["error"] = {"code": "Url validation", "message": message}
        return JSONResponse(answer)

    def _found(self, request: Request) -> Subscription:
        name = request.path_params["name"]
        wanted = Subscription(name, scope_of(request), "").key
        found = next((one for one in self._grid.subscriptions() if one.key == wanted), None)
        if found is None:
            raise ArmError(404, "ResourceNotFound", f"Event subscription '{name}' was not found.")
        return found


def _resource(request: Request) -> str:
    return f"{scope_of(request)}/providers/{_KIND}/{request.path_params['name']}"


def _operation(subscription: Subscription, request: Request) -> dict[str, str]:
    account = "/".join(scope_of(request).split("/")[:3])
    path = f"{account}/providers/Microsoft.EventGrid/locations/{REGION}/operationsStatus/{subscription.operation}"
    version = request.query_params["api-version"]
    return {"Azure-AsyncOperation": f"https://management.azure.com{path}?api-version={version}"}
