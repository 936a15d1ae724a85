"""What registering assets has left in one local Azure, as it can be put into another one.

Through the SDK, registering three small assets costs as much CPU as a third of a deployment; so it is done once in a
process. What the SDK asks for meanwhile is tested where assets are (tests/local/cloud/test_cloud_models.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Self

from local.cloud.blob.store import Blob
from local.cloud.cloud import LocalCloud
from local.cloud.machinelearning.records import Container, Stamps
from local.cloud.world import WORKSPACE_STORAGE


@dataclass(frozen=True)
class Prepared:
    """The assets of a workspace, and the blobs of its storage account with their content."""

    assets: tuple[Container, ...]
    blobs: Mapping[str, tuple[tuple[Blob, bytes], ...]]

    @classmethod
    def taken_from(cls, cloud: LocalCloud) -> Self:
        """What is in that one now."""
        store = cloud.blobs
        with cloud.state.lock, store.lock:
            names = store.containers(WORKSPACE_STORAGE)
            held = {name: store.container(WORKSPACE_STORAGE, name).blobs.values() for name in names}
            blobs = {name: tuple((blob, blob.content()) for blob in of) for name, of in held.items()}
            return cls(tuple(deepcopy([*cloud.state.containers.values()])), blobs)

    def put_into(self, cloud: LocalCloud) -> None:
        """Have another one hold the same, registered by the same people at its own time."""
        state, store, now = cloud.state, cloud.blobs, cloud.clock.now()
        with state.lock, store.lock:
            for name, of in self.blobs.items():
                store.create_container(WORKSPACE_STORAGE, name)
                for blob, content in of:
                    store.put(WORKSPACE_STORAGE, name, blob.name, content, headers=blob.headers, metadata=blob.metadata)
            for container in deepcopy(self.assets):
                for asset in container.versions.values():
                    state.kept(replace(asset, stamps=Stamps.new(now, asset.stamps.created_by)))


def is_empty(cloud: LocalCloud) -> bool:
    """Whether nothing was registered, and nothing lies in the workspace's storage."""
    store = cloud.blobs
    names = store.containers(WORKSPACE_STORAGE)
    return not cloud.state.containers and not any(store.container(WORKSPACE_STORAGE, name).blobs for name in names)
