"""Everything beside the workspace that management.azure.com answers for, put together."""

from __future__ import annotations

from local.cloud.arm.route import ArmRoute
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.resources import registry, storage, subscription
from local.cloud.resources.identities import UserAssignedIdentities
from local.cloud.resources.listing import Listing
from local.cloud.shared import World


class Resources:
    """The routes of groups, identities, storage accounts and the registry."""

    def __init__(self, world: World, state: WorkspaceState) -> None:
        self._state = state
        self._identities = UserAssignedIdentities(world.directory, world.authorization)
        self._listing = Listing(world)
        self._storage = storage.StorageAccounts(world.blobs, world.access)

    def routes(self) -> list[ArmRoute]:
        """The lines of the route table."""
        return [
            *subscription.routes(self._state),
            *self._listing.routes(),
            *self._identities.routes(),
            *self._storage.routes(),
            *registry.routes(),
        ]
