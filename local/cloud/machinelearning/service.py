"""The machine learning resource provider, put together."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from local.clock import Clock
from local.cloud.arm.errors import ArmError
from local.cloud.arm.router import Answer, ArmRoute, Call, Handler
from local.cloud.authorization import Authorization
from local.cloud.blob.access import BlobAccess
from local.cloud.blob.store import BlobStore
from local.cloud.identity.endpoint import IdentityEndpoint
from local.cloud.machinelearning.assets import Assets
from local.cloud.machinelearning.deployments import Deployments
from local.cloud.machinelearning.endpoints import Endpoints
from local.cloud.machinelearning.identities import EndpointIdentities
from local.cloud.machinelearning.operations import Operations
from local.cloud.machinelearning.provisioning import Provisioning
from local.cloud.machinelearning.state import Asset, WorkspaceState
from local.cloud.machinelearning.workspace import WorkspaceResource
from local.cloud.schedule import Schedule
from local.cloud.world import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE, Durations

# What azure-ai-ml 1.35 sends, older recordings, and azure-mgmt-machinelearningservices 2.0.0b2.
API_VERSIONS = frozenset(
    {
        "2022-02-01-preview",
        "2022-05-01",
        "2023-04-01",
        "2023-04-01-preview",
        "2023-08-01-preview",
        "2024-04-01",
        "2024-04-01-preview",
        "2024-07-01-preview",
        "2024-10-01",
        "2024-10-01-preview",
    }
)
_STOPPING = 16
_WORKSPACE = (
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices"
    "/workspaces/{workspace}"
)


class Provider:
    """Everything under one workspace. Parameters as `LocalCloud` has them."""

    def __init__(
        self,
        state: WorkspaceState,
        *,
        clock: Clock,
        schedule: Schedule,
        durations: Durations,
        authorization: Authorization,
        identities: IdentityEndpoint,
        blobs: BlobStore,
        access: BlobAccess,
        folder: Path,
        scoring_python: Path,
        process_environment: Callable[[str], dict[str, str]],
        datastore_credentials: Literal["AccountKey", "None"],
        on_model_registered: Callable[[Asset], None],
    ) -> None:
        self._state = state
        self._operations = Operations(state, clock)
        self._provisioning = Provisioning(
            state,
            clock=clock,
            operations=self._operations,
            schedule=schedule,
            durations=durations,
            authorization=authorization,
            identities=identities,
            blobs=blobs,
            folder=folder,
            scoring_python=scoring_python,
            environment=process_environment,
        )
        shared = (self._operations, self._provisioning)
        endpoint_identities = EndpointIdentities(state, authorization)
        endpoints = Endpoints(state, *shared, endpoint_identities, schedule, durations)
        self._parts = (
            WorkspaceResource(blobs, access, clock.now(), datastore_credentials),
            Assets(state, on_model_registered),
            endpoints,
            Deployments(state, endpoints, *shared, schedule, durations),
        )

    def routes(self) -> list[ArmRoute]:
        """Every route of the provider; those of a workspace that is not there answer 404 as ARM does."""
        inside = [route for part in self._parts for route in part.routes(_WORKSPACE, API_VERSIONS)]
        guarded = [ArmRoute(one.method, one.pattern, one.versions, _in_workspace(one.handler)) for one in inside]
        return [*guarded, *self._operations.routes(API_VERSIONS)]

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


def _in_workspace(handler: Handler) -> Handler:
    def checked(call: Call) -> Answer:
        subscription, group, name = (call.parameters[key] for key in ("subscription", "group", "workspace"))
        if subscription.lower() != SUBSCRIPTION:
            raise ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
        if group.lower() != RESOURCE_GROUP:
            raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
        if name.lower() != WORKSPACE:
            message = (
                f"The Resource 'Microsoft.MachineLearningServices/workspaces/{name}' under resource group '{group}' "
                "was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
            )
            raise ArmError(404, "ResourceNotFound", message)
        return handler(call)

    return checked
