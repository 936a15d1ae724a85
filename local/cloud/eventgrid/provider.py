"""Microsoft.EventGrid on the wire: event subscriptions of any resource, and the operations that create them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ArmError, authorization_failed
from local.cloud.arm.paging import page
from local.cloud.arm.permissions import Permissions
from local.cloud.arm.places import is_here
from local.cloud.arm.polling import poll_headers
from local.cloud.arm.route import ArmRoute
from local.cloud.authorization.scopes import covers
from local.cloud.eventgrid.broker import EventGrid
from local.cloud.eventgrid.requests import BODY, PATCH, read_subscription
from local.cloud.eventgrid.subscriptions import KIND, Subscription, subscription_key
from local.cloud.eventgrid.topics import TOPIC_TYPES, TopicType, topic_type, topic_type_of
from local.cloud.hosts import MANAGEMENT_URL
from local.cloud.world import REGION

# From 2022-06-15 on, as far as known to this project; the first one is what `az eventgrid` sends.
API_VERSIONS = (
    "2021-10-15-preview",
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

    def __init__(
        self, grid: EventGrid, permissions: Permissions, topic_exists: Callable[[str], bool] = lambda resource: True
    ) -> None:
        self._grid = grid
        self._topic_exists = topic_exists
        self._permissions = permissions

    def routes(self) -> list[ArmRoute]:
        """The provider's lines of the route table."""
        every = f"/{{scope}}/providers/{KIND}"
        one = f"{every}/{{name}}"
        status = "/{scope}/providers/Microsoft.EventGrid/locations/{location}/operationsStatus/{operation}"
        regional = "/{scope}/providers/Microsoft.EventGrid/locations/{location}/eventSubscriptions"
        kinds = "/providers/Microsoft.EventGrid/topicTypes"
        return [
            ArmRoute("GET", status, API_VERSIONS, self._get_operation, checked_by="handler"),
            ArmRoute("GET", kinds, API_VERSIONS, self._list_kinds, checked_by="handler"),
            ArmRoute("GET", f"{kinds}/{{kind}}", API_VERSIONS, self._get_kind, checked_by="handler"),
            ArmRoute("GET", f"{kinds}/{{kind}}/eventTypes", API_VERSIONS, self._list_events, checked_by="handler"),
            ArmRoute("GET", regional, API_VERSIONS, self._list_regional),
            ArmRoute("GET", every, API_VERSIONS, self._list),
            ArmRoute("PUT", one, API_VERSIONS, self._put, body=BODY),
            ArmRoute("PATCH", one, API_VERSIONS, self._patch, body=PATCH),
            ArmRoute("GET", one, API_VERSIONS, self._get),
            ArmRoute("DELETE", one, API_VERSIONS, self._delete),
            ArmRoute("POST", f"{one}/getFullUrl", API_VERSIONS, self._get_full_url),
        ]

    def _put(self, call: Call) -> Answer:
        """Begin to create or replace a subscription: 201 and an operation to follow."""
        self._check_topic(call)
        subscription = read_subscription(call.extended, call.parameters["name"], call.body)
        return self._begun(subscription, call)

    def _patch(self, call: Call) -> Answer:
        """Begin to change a subscription: what is given replaces what it had."""
        known = self._found(call)
        before = as_json(known.to_wire()["properties"])
        destination = {"endpointType": "WebHook", "properties": {"endpointUrl": known.endpoint_url}}
        given = {name: value for name, value in call.body.items() if value is not None}
        body: Json = {"properties": {**before, "destination": destination, **given}}
        self._check_topic(replace(call, body=body))
        changed = read_subscription(call.extended, known.name, body)
        return self._begun(changed, call)

    def _begun(self, subscription: Subscription, call: Call) -> Answer:
        # Told as it is before its handshake, which may have ended by the time that `create` returns.
        answer = Answer(201, subscription.to_wire(), self._operation(subscription, call))
        self._grid.create(subscription)
        return answer

    def _check_topic(self, call: Call) -> None:
        """Refuse events of something that is not there, that sends none, or sends none of these types."""
        if not self._topic_exists(call.extended):
            resource = call.extended.partition("/providers/")[2] or call.extended
            raise ArmError(404, "ResourceNotFound", f"The Resource '{resource}' was not found.")
        kind = topic_type_of(call.extended)
        if kind is None:
            raise ArmError(400, "InvalidRequest", f"'{call.extended}' is no event source: it sends no events.")
        wanted = as_json(as_json(call.body.get("properties")).get("filter")).get("includedEventTypes") or []
        known = {event.lower() for event in kind.events} | {"all"}
        unknown = [event for event in wanted if str(event).lower() not in known] if isinstance(wanted, list) else []
        if unknown:
            # The service's own words for it were not found.
            message = (
                f"Event types {', '.join(map(str, unknown))} are not those of {kind.name}: {', '.join(kind.events)}."
            )
            raise ArmError(400, "InvalidRequest", message)

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
        return page([one.to_wire() for one in found], call)

    def _list_regional(self, call: Call) -> Answer:
        """The subscriptions to events of regional resources in the subscription or group."""
        here = is_here(call.parameters["location"])
        found = [one for one in self._grid.subscriptions() if here and one.topic and covers(call.extended, one.topic)]
        return page([one.to_wire() for one in found], call)

    def _list_kinds(self, call: Call) -> Answer:
        """The topic types that there are here."""
        return Answer(200, {"value": [_kind_document(kind) for kind in TOPIC_TYPES]})

    def _get_kind(self, call: Call) -> Answer:
        """One topic type."""
        return Answer(200, _kind_document(_kind(call)))

    def _list_events(self, call: Call) -> Answer:
        """The event types of one topic type."""
        kind = _kind(call)
        events = [
            {
                "id": f"providers/Microsoft.EventGrid/topicTypes/{kind.name}/eventTypes/{event}",
                "name": event,
                "type": "Microsoft.EventGrid/topicTypes/eventTypes",
                "properties": {"displayName": event.rpartition(".")[2], "isInDefaultSet": True},
            }
            for event in kind.events
        ]
        return Answer(200, {"value": events})

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
        return Answer(
            200,
            {"id": call.path, "name": operation, "status": status, **_failure(found)},
            poll_headers(self._grid.clock),
        )

    def _operation(self, subscription: Subscription, call: Call) -> dict[str, str]:
        account = "/".join(call.extended.split("/")[:3])
        path = f"{account}/providers/Microsoft.EventGrid/locations/{REGION}/operationsStatus/{subscription.operation}"
        url = f"{MANAGEMENT_URL}{path}?api-version={call.api_version}"
        return {"Azure-AsyncOperation": url, **poll_headers(self._grid.clock)}

    def _found(self, call: Call) -> Subscription:
        found = next((one for one in self._grid.subscriptions() if one.key == _key(call)), None)
        if found is None:
            raise ArmError(404, "ResourceNotFound", f"Event subscription '{call.parameters['name']}' was not found.")
        return found


def _kind(call: Call) -> TopicType:
    found = topic_type(call.parameters["kind"])
    if found is None:
        message = f"The local Azure knows no topic type '{call.parameters['kind']}'."
        raise ArmError(404, "ResourceNotFound", message)
    return found


def _kind_document(kind: TopicType) -> Json:
    return {
        "id": f"providers/Microsoft.EventGrid/topicTypes/{kind.name}",
        "name": kind.name,
        "type": "Microsoft.EventGrid/topicTypes",
        "properties": {
            "provider": kind.name.rpartition(".")[0],
            "displayName": kind.name,
            "resourceRegionType": "RegionalResource",
            "provisioningState": "Succeeded",
            "supportedLocations": [REGION],
        },
    }


def _key(call: Call) -> str:
    return subscription_key(call.extended, call.parameters["name"])


def _failure(subscription: Subscription) -> Json:
    if subscription.error is None:
        return {}
    message = (
        f"Webhook validation handshake failed for {subscription.base_url}. {subscription.error} "
        "For troubleshooting, visit https://aka.ms/esvalidation."
    )
    return {"error": {"code": "Url validation", "message": message}}
