"""Who and what is there when the local Azure starts, and again after a reset."""

from __future__ import annotations

import secrets
import shutil

from local.cloud.arm.documents import Json
from local.cloud.grants import OWN_ROLE_SEEDS, ROLE_SEEDS
from local.cloud.machinelearning.records import Connection
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.shared import World
from local.cloud.world import (
    APP_STORAGE,
    BLOB_CONTAINER,
    CONNECTION,
    DEVELOPER,
    FEATURE_CONTAINER,
    FEATURE_STORAGE,
    LOG_CONTAINER,
    PRINCIPALS,
    WORKSPACE_STORAGE,
)


def seed_world(world: World, state: WorkspaceState) -> None:
    """Empty the stores, then make the containers, principals, roles and the connection that everybody finds."""
    shutil.rmtree(world.folder, ignore_errors=True)
    world.blobs.clear()
    world.directory.reset()
    world.vaults.reset()
    for account, container in (
        (WORKSPACE_STORAGE, BLOB_CONTAINER),
        (FEATURE_STORAGE, FEATURE_CONTAINER),
        (APP_STORAGE, LOG_CONTAINER),
    ):
        world.blobs.create_container(account, container)
    for identity in PRINCIPALS.values():
        kind = "User" if identity is DEVELOPER else "ServicePrincipal"
        world.authorization.add_principal(identity.principal_id, identity.name, kind)
    for one in (*ROLE_SEEDS, *OWN_ROLE_SEEDS):
        world.authorization.seed(one.principal.principal_id, one.role, one.scope, condition=one.condition)
    state.connections[CONNECTION] = Connection(CONNECTION, _custom_connection())


def _custom_connection() -> Json:
    """As `az ml connection create` makes one of type custom."""
    return {
        "authType": "CustomKeys",
        "category": "CustomKeys",
        "metadata": {"team": "the kitchen's help desk"},
        "credentials": {"keys": {"key": secrets.token_urlsafe(24)}},
    }
