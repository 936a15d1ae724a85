"""What exists in this world, by ARM id: where a role may be assigned, and what may send events.

Everything else is a mistyped name, which Azure answers with 404.
"""

from __future__ import annotations

from local.cloud.authorization.scopes import normalise
from local.cloud.blob.errors import BlobError
from local.cloud.blob.store import BlobStore
from local.cloud.directory import Directory
from local.cloud.keyvault.vaults import Vaults
from local.cloud.language_models import Accounts
from local.cloud.machinelearning.records import AssetKind
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.world import (
    ACTION_GROUP_ID,
    DATASTORE,
    REGISTRY_ID,
    RESOURCE_GROUP_ID,
    SUBSCRIPTION_ID,
    WORKSPACE_ID,
    WORKSPACE_INSIGHTS_ID,
    storage_id,
)

_ASSETS: tuple[AssetKind, ...] = ("models", "codes", "environments", "data")
_FIXED = frozenset(
    normalise(scope)
    for scope in (
        SUBSCRIPTION_ID,
        RESOURCE_GROUP_ID,
        WORKSPACE_ID,
        f"{WORKSPACE_ID}/datastores/{DATASTORE}",
        REGISTRY_ID,
        WORKSPACE_INSIGHTS_ID,
        ACTION_GROUP_ID,
    )
)


class Existing:
    """Looks ids up, whatever their case."""

    def __init__(
        self, state: WorkspaceState, blobs: BlobStore, directory: Directory, vaults: Vaults, models: Accounts
    ) -> None:
        self._models = models
        self._vaults = vaults
        self._state = state
        self._blobs = blobs
        self._directory = directory

    def __call__(self, scope: str) -> bool:
        """Whether there is such a subscription, group, resource or part of one."""
        wanted = normalise(scope)
        return (
            wanted in _FIXED
            or self._directory.with_id(wanted) is not None
            or self._is_storage(wanted)
            or self._vaults.has(wanted)
            or wanted in map(normalise, self._models.scopes())
            or self._is_in_workspace(wanted)
        )

    def _is_storage(self, wanted: str) -> bool:
        """An account, its blob service, or a container in it."""
        for account in self._blobs.accounts:
            whole = normalise(storage_id(account.name))
            if wanted in (whole, f"{whole}/blobservices/default"):
                return True
            containers = f"{whole}/blobservices/default/containers/"
            if wanted.startswith(containers):
                try:
                    self._blobs.container(account.name, wanted.removeprefix(containers))
                except BlobError:
                    return False
                return True
        return False

    def _is_in_workspace(self, wanted: str) -> bool:
        if not wanted.startswith(normalise(WORKSPACE_ID) + "/"):
            return False
        kind, name, *rest = [*wanted.removeprefix(normalise(WORKSPACE_ID) + "/").split("/"), ""]
        if kind == "onlineendpoints":
            endpoint = self._state.endpoint(name)
            inner = rest[1] if len(rest) > 2 and rest[0] == "deployments" else None
            return endpoint is not None and (rest == [""] or bool(inner and endpoint.deployment(inner)))
        asset = next((one for one in _ASSETS if one == kind), None)
        if asset is None:
            return False
        version = rest[1] if len(rest) > 2 and rest[0] == "versions" else None
        held = self._state.container(asset, name)
        return held is not None and (rest == [""] or version in held.versions)
