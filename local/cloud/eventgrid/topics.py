"""Which resources send events here, and which.

Source: Microsoft Learn, "Azure event sources" (the event types of each system topic type).
"""

from __future__ import annotations

from typing import NamedTuple

from local.cloud.authorization.scopes import normalise


class TopicType(NamedTuple):
    """A kind of resource that sends events: its name, and the types of its events."""

    name: str
    events: tuple[str, ...]


_ML = "Microsoft.MachineLearningServices"
_STORAGE = "Microsoft.Storage"
_RESOURCES = tuple(
    f"Microsoft.Resources.Resource{verb}{how}"
    for verb in ("Write", "Delete", "Action")
    for how in ("Success", "Failure", "Cancel")
)
TOPIC_TYPES = (
    TopicType(
        f"{_ML}.Workspaces",
        tuple(
            f"{_ML}.{event}"
            for event in (
                "ModelRegistered",
                "ModelDeployed",
                "RunCompleted",
                "DatasetDriftDetected",
                "RunStatusChanged",
            )
        ),
    ),
    TopicType(
        f"{_STORAGE}.StorageAccounts",
        tuple(
            f"{_STORAGE}.{event}"
            for event in (
                "BlobCreated",
                "BlobDeleted",
                "BlobRenamed",
                "BlobTierChanged",
                "DirectoryCreated",
                "DirectoryDeleted",
                "DirectoryRenamed",
                "BlobInventoryPolicyCompleted",
                "LifecyclePolicyCompleted",
                "AsyncOperationInitiated",
                "StorageTaskQueued",
                "StorageTaskCompleted",
            )
        ),
    ),
    TopicType(
        "Microsoft.ContainerRegistry.Registries",
        tuple(
            f"Microsoft.ContainerRegistry.{event}"
            for event in ("ImagePushed", "ImageDeleted", "ChartPushed", "ChartDeleted")
        ),
    ),
    TopicType("Microsoft.Resources.Subscriptions", _RESOURCES),
    TopicType("Microsoft.Resources.ResourceGroups", _RESOURCES),
)
_BY_NAME = {one.name.lower(): one for one in TOPIC_TYPES}


def topic_type(name: str) -> TopicType | None:
    """The topic type of that name, in any case."""
    return _BY_NAME.get(name.lower())


def topic_type_of(resource: str) -> TopicType | None:
    """The topic type of an ARM id; None for a resource that sends no events."""
    parts = normalise(resource).strip("/").split("/")
    if "providers" not in parts:
        return topic_type(
            {2: "Microsoft.Resources.Subscriptions", 4: "Microsoft.Resources.ResourceGroups"}.get(len(parts), "")
        )
    provider, *rest = parts[parts.index("providers") + 1 :]
    return topic_type(f"{provider}.{rest[0]}") if len(rest) == 2 else None
