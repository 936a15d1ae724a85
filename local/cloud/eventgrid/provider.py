"""Microsoft.EventGrid on the wire: event subscriptions of any resource, and the operations that create them."""

from __future__ import annotations

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json
from local.cloud.arm.errors import ArmError, authorization_failed
from local.cloud.arm.permissions import Permissions
from local.cloud.arm.route import ArmRoute
from local.cloud.eventgrid.broker import EventGrid
from local.cloud.eventgrid.requests import read_subscription
from local.cloud.eventgrid.subscriptions import KIND, Subscription, subscription_key
from local.cloud.hosts import MANAGEMENT_URL
from local.cloud.world import REGION

# From 2022-06-15 on, as far as known to this project.
API_VERSIONS = (
    "2022-06-15",
    "2023-06-01-preview",
    "2023-12-15-preview",
    "2024-06-01-preview",
    "2024-12-15-preview",
    "2025-02-15",
    "2025-04-01-preview",
)


class EventGridProvider:
    """Answers for every scope."""

    def __init__(self, grid: EventGrid, permissions: Permissions) -> None:
        self._grid = grid
        self._permissions = permissions

    def routes(self) -> list[ArmRoute]:
        """The provider's lines of the route table."""
        every = f"/{{scope}}/providers/{KIND}"
        one = f"{every}/{{name}}"
        status = "/{scope}/providers/Microsoft.EventGrid/locations/{location}/operationsStatus/{operation}"
        return [
            ArmRoute("GET", status, API_VERSIONS, self._get_operation, checked_by="handler"),
            ArmRoute("GET", every, API_VERSIONS, self._list),
            ArmRoute("PUT", one, API_VERSIONS, self._put),
            ArmRoute("GET", one, API_VERSIONS, self._get),
            ArmRoute("DELETE", one, API_VERSIONS, self._delete),
            ArmRoute("POST", f"{one}/getFullUrl", API_VERSIONS, self._get_full_url),
        ]

    def _put(self, call: Call) -> Answer:
        """Begin to create or replace a subscription: 201 and an operation to follow."""
        subscription = read_subscription(call.extended, call.parameters["name"], call.body)
        self._grid.create(subscription)
        return Answer(201, subscription.to_wire(), _operation(subscription, call))

    def _get(self, call: Call) -> Answer:
        """One subscription; its `provisioningState` says whether the handshake succeeded."""
        return Answer(200, self._found(call).to_wire())

    def _delete(self, call: Call) -> Answer:
        """Remove a subscription: 200, or 204 when there is none."""
        return Answer(200 if self._grid.remove(_key(call)) else 204)

    def _list(self, call: Call) -> Answer:
        """The subscriptions to events of exactly this resource."""
        scope = call.extended
        found = [one for one in self._grid.subscriptions() if one.topic is not None and one.wants(scope)]
        return Answer(200, {"value": [one.to_wire() for one in found]})

    def _get_full_url(self, call: Call) -> Answer:
        """The endpoint URL with its query, for who may read it."""
        return Answer(200, {"endpointUrl": self._found(call).endpoint_url})

    def _get_operation(self, call: Call) -> Answer:
        """How the creation of a subscription goes, for who may read it. Not compared with live Azure."""
        operation = call.parameters["operation"]
        found = next((one for one in self._grid.subscriptions() if one.operation == operation), None)
        if found is None:
            raise ArmError(404, "ResourceNotFound", f"No operation {operation} is known.")
        caller, action, scope = call.caller, f"{KIND}/read", found.id
        if not self._permissions.allowed(caller.principal_id, action, scope):
            raise authorization_failed(caller.client_id, caller.principal_id, action, scope)
        status = "InProgress" if found.provisioning_state == "Creating" else found.provisioning_state
        return Answer(200, {"id": call.path, "name": operation, "status": status, **_failure(found)})

    def _found(self, call: Call) -> Subscription:
        found = next((one for one in self._grid.subscriptions() if one.key == _key(call)), None)
        if found is None:
            raise ArmError(404, "ResourceNotFound", f"Event subscription '{call.parameters['name']}' was not found.")
        return found


def _key(call: Call) -> str:
    return subscription_key(call.extended, call.parameters["name"])


def _operation(subscription: Subscription, call: Call) -> dict[str, str]:
    account = "/".join(call.extended.split("/")[:3])
    path = f"{account}/providers/Microsoft.EventGrid/locations/{REGION}/operationsStatus/{subscription.operation}"
    return {"Azure-AsyncOperation": f"{MANAGEMENT_URL}{path}?api-version={call.api_version}"}


def _failure(subscription: Subscription) -> Json:
    if subscription.error is None:
        return {}
    message = (
        f"Webhook validation handshake failed for {subscription.base_url}. {subscription.error} "
        "For troubleshooting, visit https://aka.ms/esvalidation."
    )
    return {"error": {"code": "Url validation", "message": message}}
