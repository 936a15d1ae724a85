"""The keys and tokens that let a caller score."""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import partial

from local.cloud.arm.call import NULL_BODY, Answer, Call
from local.cloud.arm.documents import Json
from local.cloud.arm.errors import invalid
from local.cloud.arm.route import ArmRoute
from local.cloud.machinelearning import bodies, rules
from local.cloud.machinelearning.operations import ENDPOINT, Operations
from local.cloud.machinelearning.records import Endpoint, Operation
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.versions import API_VERSIONS, WORKSPACE_PATTERN
from local.cloud.shared import World

_KEYS = {"primary": "primaryKey", "secondary": "secondaryKey"}
# Endpoint tokens (auth mode AMLToken) live 12 hours and are to be refreshed after 6; not compared with live Azure.
_TOKEN_LIFETIME = timedelta(hours=12)


def new_keys(given: Json) -> dict[str, str]:
    """The keys of a new endpoint: those that its request brings, the others drawn."""
    return {name: str(given.get(name) or _new_key()) for name in _KEYS.values()}


class EndpointAccess:
    """Tells and changes keys, and gives tokens."""

    def __init__(self, world: World, state: WorkspaceState, operations: Operations) -> None:
        self._world = world
        self._state = state
        self._operations = operations

    def routes(self) -> list[ArmRoute]:
        """The lines of the route table that give access to endpoints."""
        one = f"{WORKSPACE_PATTERN}/onlineEndpoints/{{endpoint}}"
        return [
            ArmRoute("POST", f"{one}/listKeys", API_VERSIONS, self._list_keys),
            ArmRoute("POST", f"{one}/regenerateKeys", API_VERSIONS, self._regenerate_keys, body=bodies.KEYS),
            ArmRoute("POST", f"{one}/token", API_VERSIONS, self._token),
        ]

    def _list_keys(self, call: Call) -> Answer:
        endpoint = self._state.named(call.parameters["endpoint"])
        if endpoint.routing.auth_mode != "Key":
            raise invalid(
                "InvalidAuthMode",
                f"Endpoint {endpoint.name} has no keys: its auth mode is {endpoint.routing.auth_mode}.",
            )
        return Answer(200, endpoint.keys)

    def _regenerate_keys(self, call: Call) -> Answer:
        endpoint = self._state.named(call.parameters["endpoint"])
        rules.check_idle(endpoint, "regenerate a key of")
        if endpoint.routing.auth_mode != "Key":
            raise invalid("InvalidKeyType", "keyType must be Primary or Secondary, of an endpoint with auth mode Key.")
        name = _KEYS[str(call.body["keyType"]).lower()]
        # The SDK sends the present key along, and what is asked for is another one: the present value means "draw".
        given = call.body.get("keyValue")
        new = given if isinstance(given, str) and given and given != endpoint.keys[name] else _new_key()
        operation = self._operations.begin(ENDPOINT, call.api_version)
        regenerated = partial(self._regenerated, endpoint, name, new, operation)
        self._world.schedule.at(call.now + self._world.durations.keys_regenerate, regenerated)
        return Answer(202, NULL_BODY, self._operations.headers(operation))

    def _regenerated(self, endpoint: Endpoint, name: str, key: str, operation: Operation) -> None:
        with self._state.lock:
            endpoint.keys[name] = key
            self._operations.end(operation)

    def _token(self, call: Call) -> Answer:
        endpoint = self._state.named(call.parameters["endpoint"])
        if endpoint.routing.auth_mode != "AMLToken":
            raise invalid(
                "InvalidAuthMode",
                f"Endpoint {endpoint.name} gives no tokens: its auth mode is {endpoint.routing.auth_mode}.",
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


def _new_key() -> str:
    return secrets.token_urlsafe(24)
