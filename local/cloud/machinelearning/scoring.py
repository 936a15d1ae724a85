"""What the scoring front door asks about endpoints: who may score, and which process answers."""

from __future__ import annotations

import hmac
from functools import partial

from local.cloud.identity import audiences
from local.cloud.identity.tokens import TokenRefused
from local.cloud.machinelearning.records import AuthMode, Endpoint
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.wire import endpoint_id
from local.cloud.serving import EndpointView
from local.cloud.shared import World

_SCORE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action"


class EndpointDirectory:
    """Looks endpoints up for the front door; one not yet reachable is not there."""

    def __init__(self, world: World, state: WorkspaceState) -> None:
        self._world = world
        self._state = state

    def endpoint(self, name: str) -> EndpointView | None:
        """The endpoint as it is now."""
        with self._state.lock:
            endpoint = self._state.endpoint(name)
            if endpoint is None or endpoint.in_force is None or not endpoint.reachable:
                return None
            routing = endpoint.in_force
            serving = {one.name: one.process for one in endpoint.deployments.values() if one.process}
            return EndpointView(
                name=endpoint.name,
                auth_mode=routing.auth_mode,
                accepts=partial(self._accepts, endpoint, routing.auth_mode),
                traffic=routing.traffic,
                mirror=routing.mirror,
                deployments=serving,
            )

    def _accepts(self, endpoint: Endpoint, auth_mode: AuthMode, credential: str) -> bool:
        if auth_mode == "Key":
            keys = [key.encode() for key in endpoint.keys.values()]
            return any(hmac.compare_digest(key, credential.encode()) for key in keys)
        if auth_mode == "AMLToken":
            ends = endpoint.tokens.get(credential)
            return ends is not None and ends > self._world.clock.now()
        try:
            claims = self._world.tokens.bearer(f"Bearer {credential}", audiences.MACHINE_LEARNING)
        except TokenRefused:
            return False
        return self._world.authorization.allowed(claims.principal_id, _SCORE, endpoint_id(endpoint.name))
