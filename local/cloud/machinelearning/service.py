"""The machine learning resource provider, put together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from local.cloud.arm.call import Answer, Call, Handler
from local.cloud.arm.errors import ArmError, invalid, resource_not_found
from local.cloud.arm.places import in_group
from local.cloud.arm.route import ArmRoute
from local.cloud.machinelearning.assets import Assets
from local.cloud.machinelearning.computes import Computes
from local.cloud.machinelearning.connections import Connections
from local.cloud.machinelearning.datastores import Credentials, Datastores
from local.cloud.machinelearning.deployments import Deployments
from local.cloud.machinelearning.endpoint_access import EndpointAccess
from local.cloud.machinelearning.endpoints import Endpoints
from local.cloud.machinelearning.identities import WorkspaceIdentities
from local.cloud.machinelearning.operations import Operations
from local.cloud.machinelearning.provisioning import Provisioning
from local.cloud.machinelearning.region import Region
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.versions import WORKSPACES
from local.cloud.machinelearning.workspace import WorkspaceResource
from local.cloud.shared import World
from local.cloud.world import WORKSPACE

_STOPPING = 16


class Provider:
    """Everything under one workspace."""

    def __init__(self, world: World, state: WorkspaceState, datastore_credentials: Credentials) -> None:
        self._state = state
        self.operations = Operations(state, world.clock)
        self._provisioning = Provisioning(world, state, self.operations)
        identities = WorkspaceIdentities(state, world.authorization, world.directory)
        self._workspace = WorkspaceResource(world.clock.now(), datastore_credentials)
        self.parts = (
            self._workspace,
            Datastores(world, datastore_credentials),
            Assets(world, state),
            Connections(state),
            Endpoints(world, state, self.operations, self._provisioning, identities),
            EndpointAccess(world, state, self.operations),
            Deployments(world, state, self.operations, self._provisioning),
            Computes(world, state, self.operations, identities),
        )

    def routes(self) -> list[ArmRoute]:
        """Every route of the provider; those of a workspace that is not there answer 404 as ARM does."""
        inside = [route for part in self.parts for route in part.routes()]
        guarded = [replace(route, handler=_in_workspace(route.handler), refusal=_invalid_body) for route in inside]
        around = (self.operations.routes(), self._workspace.lists(), Region(self._state).routes())
        return [*guarded, *(route for routes in around for route in routes)]

    def resume(self) -> None:
        """Go on with what a former local Azure has left."""
        self._provisioning.resume()

    def stop_all(self, *, forget: bool = False) -> None:
        """End every scoring process and wait for it; `forget` also empties the workspace."""
        with self._state.lock:
            processes = [one for deployment in self._state.deployments() for one in self._provisioning.take(deployment)]
            if forget:
                # In one: a deployment that starts up just now finds itself gone, or has been taken.
                self._state.reset()
        # Each takes a moment to end by itself, so they end side by side.
        with ThreadPoolExecutor(_STOPPING) as threads:
            for stopped in [threads.submit(process.stop) for process in processes]:
                stopped.result()


def _invalid_body(reason: str) -> ArmError:
    # The service's own code and words for each defect were not found.
    return invalid("InvalidRequestBody", reason)


def _in_workspace(handler: Handler) -> Handler:
    def checked(call: Call) -> Answer:
        name = call.parameters["workspace"]
        if name.lower() != WORKSPACE:
            raise resource_not_found(f"{WORKSPACES}/{name}", call.parameters["group"])
        return handler(call)

    return in_group(checked)
