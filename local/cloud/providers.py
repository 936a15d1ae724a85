"""Every resource provider of the local Azure, put together."""

from __future__ import annotations

from dataclasses import replace

from local.cloud.arm.route import ArmRoute
from local.cloud.authorization.provider import AuthorizationProvider
from local.cloud.diagnostics import DiagnosticsProvider
from local.cloud.eventgrid.provider import EventGridProvider
from local.cloud.insights.provider import Insights
from local.cloud.keyvault.provider import VaultProvider
from local.cloud.machinelearning import service
from local.cloud.machinelearning.datastores import Credentials
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.resources import Resources
from local.cloud.shared import World


class Providers:
    """What answers behind management.azure.com. `parts` are those that hold something, or have work scheduled."""

    def __init__(self, world: World, state: WorkspaceState, datastore_credentials: Credentials) -> None:
        self.machine_learning = service.Provider(world, state, datastore_credentials)
        self.insights = Insights(state, world.clock)
        authorization = world.authorization
        routes: list[ArmRoute] = [
            *self.machine_learning.routes(),
            *Resources(world, state).routes(),
            *VaultProvider(world.vaults, world.clock).routes(),
            *AuthorizationProvider(authorization).routes(),
            *EventGridProvider(world.events, authorization, authorization.scope_exists).routes(),
            *DiagnosticsProvider(state).routes(),
            *self.insights.routes(),
        ]
        self.routes = [replace(one, handler=self.insights.looked_at_first(one.handler)) for one in routes]
        self.parts: list[object] = [
            self.machine_learning.operations,
            *self.machine_learning.parts,
            self.insights.autoscale,
            self.insights.alerts,
        ]
