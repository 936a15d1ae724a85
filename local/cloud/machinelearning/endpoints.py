"""Online endpoints: create, replace, change, delete.

One operation at a time runs on an endpoint and its deployments; another is answered with 409 (Microsoft Learn,
"Troubleshoot online endpoints"). A PUT replaces everything it does not repeat, tags and traffic included.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from local.cloud.arm.call import NULL_BODY, Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import invalid, not_emulated
from local.cloud.arm.paging import page
from local.cloud.arm.route import ArmRoute
from local.cloud.machinelearning import bodies, rules, selection
from local.cloud.machinelearning.endpoint_access import new_keys
from local.cloud.machinelearning.identities import WorkspaceIdentities
from local.cloud.machinelearning.operations import ENDPOINT, Operations
from local.cloud.machinelearning.provisioning import Provisioning
from local.cloud.machinelearning.records import Endpoint, Operation, Stamps
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.versions import API_VERSIONS, WORKSPACE_PATTERN
from local.cloud.machinelearning.wire import endpoint_document, endpoint_id
from local.cloud.shared import World
from local.cloud.world import NAME_TAKEN_IN_REGION, REGION

# Its model of a patch has `traffic` and `mirrorTraffic` (the client in azureml-mlflow 1.60); later ones have neither.
TRAFFIC_PATCHED_IN = "2022-02-01-preview"


class Endpoints:
    """The online endpoints of the workspace."""

    def __init__(
        self,
        world: World,
        state: WorkspaceState,
        operations: Operations,
        provisioning: Provisioning,
        identities: WorkspaceIdentities,
    ) -> None:
        self._world = world
        self._state = state
        self._operations = operations
        self._provisioning = provisioning
        self._identities = identities

    def routes(self) -> list[ArmRoute]:
        """The lines of the route table that make, change and remove endpoints."""
        every = f"{WORKSPACE_PATTERN}/onlineEndpoints"
        one = f"{every}/{{endpoint}}"
        return [
            ArmRoute("GET", every, API_VERSIONS, self._list),
            ArmRoute("GET", one, API_VERSIONS, self._get),
            ArmRoute("PUT", one, API_VERSIONS, self._put, body=bodies.ENDPOINT),
            ArmRoute("PATCH", one, API_VERSIONS, self._patch, body=bodies.EARLY_ENDPOINT_PATCH),
            ArmRoute("DELETE", one, API_VERSIONS, self._delete),
        ]

    def _list(self, call: Call) -> Answer:
        found = selection.endpoints(self._state.endpoints.values(), call)
        return page([endpoint_document(endpoint) for endpoint in found], call)

    def _get(self, call: Call) -> Answer:
        return Answer(200, endpoint_document(self._state.named(call.parameters["endpoint"])))

    def _put(self, call: Call) -> Answer:
        name = call.parameters["endpoint"]
        known = self._state.endpoint(name)
        if known is None:
            return self._create(name, call)
        rules.check_idle(known, "update")
        return self._replace(known, call.body, call)

    def _create(self, name: str, call: Call) -> Answer:
        self._check_free(name)
        rules.check_region(call.body)
        properties = as_json(call.body.get("properties"))
        rules.check_emulated(call.body)
        routing = rules.routing(None, properties)
        wanted = rules.user_assigned_ids(call.body)
        identities = self._identities.attached(wanted, call) or self._identities.system_assigned(name)
        grant_secrets = self._identities.may_grant_secrets(properties, call)
        endpoint = Endpoint(
            name=name,
            tags=as_json(call.body.get("tags")),
            identities=identities,
            properties=as_json(properties.get("properties")),
            routing=routing,
            stamps=Stamps.new(call.now, call.caller.name),
            operation=self._operations.begin(ENDPOINT, call.api_version),
            keys=new_keys(as_json(properties.get("keys"))),
            description=_text(properties.get("description")),
        )
        self._state.endpoints[name.lower()] = endpoint
        if not endpoint.user_assigned:
            self._identities.grant(endpoint, with_secrets=grant_secrets)
        return self._begun(endpoint, self._world.durations.endpoint_create, call)

    def _check_free(self, name: str) -> None:
        rules.check_name("Endpoint", name)
        if name.lower() == NAME_TAKEN_IN_REGION:
            message = "There is already an endpoint with this name, Endpoint name needs to be unique within a region"
            raise invalid("EndpointNameTaken", message)
        if len(self._state.endpoints) >= self._state.quota.endpoints:
            message = (
                f"The limit of {self._state.quota.endpoints} online endpoints per subscription and region is reached."
            )
            raise invalid("OutOfQuota", message)

    def _replace(self, endpoint: Endpoint, body: Json, call: Call) -> Answer:
        rules.check_region(body)
        properties = as_json(body.get("properties"))
        rules.check_emulated(body)
        routing = rules.routing(endpoint, properties)
        self._check_identity(endpoint, body, call)
        endpoint.routing = routing
        endpoint.tags = as_json(body.get("tags"))
        endpoint.properties = as_json(properties.get("properties"))
        endpoint.description = _text(properties.get("description"))
        endpoint.stamps.touch(call.now, call.caller.name)
        endpoint.state = "Updating"
        endpoint.operation = self._operations.begin(ENDPOINT, call.api_version)
        return self._begun(endpoint, self._world.durations.endpoint_update, call)

    def _check_identity(self, endpoint: Endpoint, body: Json, call: Call) -> None:
        """Refuse another identity: it is fixed when the endpoint is created.

        Source: Microsoft Learn, "Access Azure resources from an online endpoint with a managed identity",
        limitations. The service's own words were not found.
        """
        wanted = self._identities.attached(rules.user_assigned_ids(body), call)
        current = endpoint.identities if endpoint.user_assigned else ()
        if wanted != current:
            message = (
                f"The identity of endpoint {endpoint.name} cannot be changed after it has been created. Send the "
                "identity it has, or delete the endpoint and create it again."
            )
            raise invalid("IdentityIsImmutable", message)

    def _patch(self, call: Call) -> Answer:
        """Change tags or identity, the two that the management client's model of a patch has, and leave the rest.

        In an early api-version traffic as well, which azureml-mlflow changes so.
        """
        endpoint = self._state.named(call.parameters["endpoint"])
        rules.check_idle(endpoint, "update")
        traffic = _patched_traffic(call)
        current = endpoint_document(endpoint)
        body: Json = {
            "location": REGION,
            "tags": call.body.get("tags", current["tags"]),
            "identity": call.body.get("identity", current["identity"]),
            "properties": {**as_json(current["properties"]), "properties": endpoint.properties, **traffic},
        }
        answer = self._replace(endpoint, body, call)
        return Answer(200, answer.body, answer.headers)

    def _delete(self, call: Call) -> Answer:
        endpoint = self._state.endpoint(call.parameters["endpoint"])
        if endpoint is None:
            return Answer(204)
        rules.check_idle(endpoint, "delete")
        endpoint.operation = self._operations.begin(ENDPOINT, call.api_version)
        endpoint.state = "Deleting"
        endpoint.reachable = False
        for deployment in endpoint.deployments.values():
            deployment.state = "Deleting"
            self._provisioning.stop(deployment)
        self._world.schedule.at(call.now + self._world.durations.delete, partial(self._deleted, endpoint))
        return Answer(202, NULL_BODY, self._operations.headers(endpoint.operation))

    def _deleted(self, endpoint: Endpoint) -> None:
        with self._state.lock:
            if self._state.endpoint(endpoint.name) is not endpoint:
                return
            del self._state.endpoints[endpoint.name.lower()]
            self._identities.retire(endpoint.identities)
            self._operations.end(endpoint.operation)

    def _begun(self, endpoint: Endpoint, duration: timedelta, call: Call) -> Answer:
        """The answer to a PUT, and its end when `duration` has passed. An update is 201 as well (recorded)."""
        operation = endpoint.operation
        self._world.schedule.at(call.now + duration, partial(self._ended, endpoint, operation))
        headers = self._operations.headers(operation, location=endpoint_id(endpoint.name))
        return Answer(201, endpoint_document(endpoint), headers)

    def _ended(self, endpoint: Endpoint, operation: Operation) -> None:
        with self._state.lock:
            endpoint.state, endpoint.in_force = "Succeeded", endpoint.routing
            endpoint.reachable = True
            self._operations.end(operation)


def _patched_traffic(call: Call) -> Json:
    """What a patch says of traffic: each of its two kinds as a whole, where the api-version takes them."""
    properties = as_json(call.body.get("properties"))
    if properties and (call.api_version != TRAFFIC_PATCHED_IN or set(properties) - {"traffic", "mirrorTraffic"}):
        raise not_emulated("patching an endpoint's properties", "PUT the whole endpoint.")
    return {kind: shares for kind, shares in properties.items() if shares is not None}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
