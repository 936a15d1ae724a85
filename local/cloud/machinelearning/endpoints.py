"""Online endpoints: create, replace, change, delete, keys and tokens.

One operation at a time runs on an endpoint and its deployments; another is answered with 409 (Microsoft Learn,
"Troubleshoot online endpoints"). A PUT replaces everything it does not repeat, tags and traffic included.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from local.cloud.arm.errors import conflict, invalid, not_found
from local.cloud.arm.router import NULL_BODY, Answer, ArmRoute, Call
from local.cloud.machinelearning import rules
from local.cloud.machinelearning.identities import EndpointIdentities
from local.cloud.machinelearning.operations import ENDPOINT, Operations
from local.cloud.machinelearning.paging import page
from local.cloud.machinelearning.provisioning import Provisioning
from local.cloud.machinelearning.state import Deployment, Endpoint, Json, Stamps, WorkspaceState
from local.cloud.machinelearning.wire import as_json, endpoint_document, endpoint_id
from local.cloud.schedule import Schedule
from local.cloud.world import NAME_TAKEN_IN_REGION, Durations

# Endpoint tokens (auth mode AMLToken) live 12 hours and are to be refreshed after 6; not compared with live Azure.
_TOKEN_LIFETIME = timedelta(hours=12)


class Endpoints:
    """The online endpoints of the workspace."""

    def __init__(
        self,
        state: WorkspaceState,
        operations: Operations,
        provisioning: Provisioning,
        identities: EndpointIdentities,
        schedule: Schedule,
        durations: Durations,
    ) -> None:
        self._state = state
        self._operations = operations
        self._provisioning = provisioning
        self._identities = identities
        self._schedule = schedule
        self._durations = durations

    def routes(self, workspace: str, versions: frozenset[str]) -> list[ArmRoute]:
        """Every verb on endpoints."""
        one = f"{workspace}/onlineEndpoints/{{endpoint}}"
        return [
            ArmRoute("GET", f"{workspace}/onlineEndpoints", versions, self._list),
            ArmRoute("GET", one, versions, self._get),
            ArmRoute("PUT", one, versions, self._put),
            ArmRoute("PATCH", one, versions, self._patch),
            ArmRoute("DELETE", one, versions, self._delete),
            ArmRoute("POST", f"{one}/listKeys", versions, self._list_keys),
            ArmRoute("POST", f"{one}/regenerateKeys", versions, self._regenerate_keys),
            ArmRoute("POST", f"{one}/token", versions, self._token),
        ]

    def named(self, name: str) -> Endpoint:
        """The endpoint of that name; 404 without it."""
        endpoint = self._state.endpoint(name)
        if endpoint is None:
            raise not_found("EndpointNotFound", f"Online endpoint {name} not found.")
        return endpoint

    def _list(self, call: Call) -> Answer:
        return page([endpoint_document(endpoint) for endpoint in self._state.endpoints.values()], call)

    def _get(self, call: Call) -> Answer:
        return Answer(200, endpoint_document(self.named(call.parameters["endpoint"])))

    def _put(self, call: Call) -> Answer:
        name = call.parameters["endpoint"]
        known = self._state.endpoint(name)
        if known is None:
            return self._create(name, call)
        _check_idle(known, "update")
        return self._replace(known, call.body, call)

    def _create(self, name: str, call: Call) -> Answer:
        rules.check_name("Endpoint", name)
        if name.lower() == NAME_TAKEN_IN_REGION:
            message = "There is already an endpoint with this name, Endpoint name needs to be unique within a region"
            raise invalid("EndpointNameTaken", message)
        if len(self._state.endpoints) >= self._state.quota.endpoints:
            message = (
                f"The limit of {self._state.quota.endpoints} online endpoints per subscription and region is reached."
            )
            raise invalid("OutOfQuota", message)
        properties = as_json(call.body.get("properties"))
        rules.check_emulated(properties)
        traffic = rules.traffic(None, properties.get("traffic"))
        mode = rules.auth_mode(properties)
        wanted = rules.user_assigned_ids(call.body)
        identities = self._identities.attached(wanted, call) or self._identities.system_assigned(name)
        grant_secrets = self._identities.may_grant_secrets(properties, call)
        endpoint = Endpoint(
            name=name,
            tags=as_json(call.body.get("tags")),
            identities=identities,
            auth_mode=mode,
            properties=as_json(properties.get("properties")),
            traffic=traffic,
            stamps=Stamps.new(call.now, call.caller.name),
            operation=self._operations.begin(ENDPOINT, call.api_version),
            keys={"primaryKey": _new_key(), "secondaryKey": _new_key()},
            description=_text(properties.get("description")),
        )
        self._state.endpoints[name.lower()] = endpoint
        if not endpoint.user_assigned:
            self._identities.grant(endpoint, with_secrets=grant_secrets)
        return self._begun(endpoint, self._durations.endpoint_create, call)

    def _replace(self, endpoint: Endpoint, body: Json, call: Call) -> Answer:
        properties = as_json(body.get("properties"))
        rules.check_emulated(properties)
        mode = rules.auth_mode(properties)
        traffic = rules.traffic(endpoint, properties.get("traffic"))
        self._check_identity(endpoint, body, call)
        endpoint.auth_mode, endpoint.traffic = mode, traffic
        endpoint.tags = as_json(body.get("tags"))
        endpoint.properties = as_json(properties.get("properties"))
        endpoint.description = _text(properties.get("description"))
        endpoint.stamps.touch(call.now, call.caller.name)
        endpoint.state = "Updating"
        endpoint.operation = self._operations.begin(ENDPOINT, call.api_version)
        return self._begun(endpoint, self._durations.endpoint_update, call)

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
        """Change tags or traffic and leave the rest."""
        endpoint = self.named(call.parameters["endpoint"])
        _check_idle(endpoint, "update")
        current = endpoint_document(endpoint)
        changes = as_json(call.body.get("properties"))
        body: Json = {
            "tags": call.body.get("tags", current["tags"]),
            "identity": call.body.get("identity", current["identity"]),
            "properties": {**as_json(current["properties"]), **changes, "properties": endpoint.properties},
        }
        answer = self._replace(endpoint, body, call)
        return Answer(200, answer.body, answer.headers)

    def _delete(self, call: Call) -> Answer:
        endpoint = self._state.endpoint(call.parameters["endpoint"])
        if endpoint is None:
            return Answer(204)
        _check_idle(endpoint, "delete")
        endpoint.operation = self._operations.begin(ENDPOINT, call.api_version)
        endpoint.state = "Deleting"
        endpoint.reachable = False
        for deployment in endpoint.deployments.values():
            deployment.state = "Deleting"
            self._provisioning.stop(deployment)
        self._schedule.at(call.now + self._durations.delete, lambda: self._deleted(endpoint))
        return Answer(202, NULL_BODY, self._operations.headers(endpoint.operation))

    def _deleted(self, endpoint: Endpoint) -> None:
        with self._state.lock:
            if self._state.endpoint(endpoint.name) is not endpoint:
                return
            del self._state.endpoints[endpoint.name.lower()]
            self._identities.retire(endpoint)
            self._operations.end(endpoint.operation)

    def _list_keys(self, call: Call) -> Answer:
        endpoint = self.named(call.parameters["endpoint"])
        if endpoint.auth_mode != "Key":
            raise invalid(
                "InvalidAuthMode", f"Endpoint {endpoint.name} has no keys: its auth mode is {endpoint.auth_mode}."
            )
        return Answer(200, endpoint.keys)

    def _regenerate_keys(self, call: Call) -> Answer:
        endpoint = self.named(call.parameters["endpoint"])
        _check_idle(endpoint, "regenerate a key of")
        names = {"Primary": "primaryKey", "Secondary": "secondaryKey"}
        kind = str(call.body.get("keyType"))
        if endpoint.auth_mode != "Key" or kind not in names:
            raise invalid("InvalidKeyType", "keyType must be Primary or Secondary, of an endpoint with auth mode Key.")
        # The SDK sends the present key along, and what is asked for is another one: the present value means "draw".
        given = _text(call.body.get("keyValue"))
        new = given if given and given != endpoint.keys[names[kind]] else _new_key()
        operation = self._operations.begin(ENDPOINT, call.api_version)

        def regenerated() -> None:
            with self._state.lock:
                endpoint.keys[names[kind]] = new
                self._operations.end(operation)

        self._schedule.at(call.now + self._durations.keys_regenerate, regenerated)
        return Answer(202, NULL_BODY, self._operations.headers(operation))

    def _token(self, call: Call) -> Answer:
        endpoint = self.named(call.parameters["endpoint"])
        if endpoint.auth_mode != "AMLToken":
            raise invalid(
                "InvalidAuthMode", f"Endpoint {endpoint.name} gives no tokens: its auth mode is {endpoint.auth_mode}."
            )
        token = secrets.token_urlsafe(48)
        ends = call.now + _TOKEN_LIFETIME
        endpoint.tokens[token] = ends
        body = {
            "accessToken": token,
            "tokenType": "Bearer",
            "expiryTimeUtc": int(ends.timestamp()),
            "refreshAfterTimeUtc": int((call.now + _TOKEN_LIFETIME / 2).timestamp()),
        }
        return Answer(200, body)

    def _begun(self, endpoint: Endpoint, duration: timedelta, call: Call) -> Answer:
        """The answer to a PUT, and its end when `duration` has passed. An update is 201 as well (recorded)."""
        operation = endpoint.operation

        def ended() -> None:
            with self._state.lock:
                endpoint.state = "Succeeded"
                endpoint.reachable = True
                self._operations.end(operation)

        self._schedule.at(call.now + duration, ended)
        headers = self._operations.headers(operation, location=endpoint_id(endpoint.name))
        return Answer(201, endpoint_document(endpoint), headers)


def _check_idle(endpoint: Endpoint, verb: str) -> None:
    if endpoint.running():
        raise conflict(f"Cannot {verb} endpoint {endpoint.name}: another operation on it is already in progress.")


def deletable(endpoint: Endpoint, deployment: Deployment) -> None:
    """Refuse to delete a deployment that has traffic (Microsoft Learn); the service's text was not found."""
    share = endpoint.traffic.get(deployment.name, 0)
    if share:
        message = (
            f"Deployment {deployment.name} has {share} percent of endpoint {endpoint.name}'s traffic. "
            "Set its traffic to 0 before deleting it."
        )
        raise invalid("DeploymentHasTraffic", message)


def _new_key() -> str:
    return secrets.token_urlsafe(24)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
