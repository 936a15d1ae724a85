"""The ledger of a run: a reference to each thing it made, changed, found or removed, and what became of it.

Undo and teardown work from it alone, so it holds references and never display text.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Contract, Json

# removed: it is gone for good, whoever had made it; sure says whether it is gone already.
How = Literal["made", "changed", "found", "removed"]
Fate = Literal["in_use", "undone", "stays", "undo_failed"]

# What Azure Resource Manager calls computes, and the custom applications of one.
COMPUTES, SERVICES = "computes", "customServices"


class LedgerEntry(Contract):
    """One thing of one run."""

    kind: str
    id: Annotated[
        str, Field(description="ARM id; inside a history relative to the workspace unless it begins with / or azureml:")
    ]
    how: How = "made"
    sure: Annotated[bool, Field(description="false: begun, and no answer has said yet that it was done")] = True
    before: Annotated[Json, Field(description="what a changed thing was")] = None
    after: Annotated[Json, Field(description="what this run changed it to")] = None
    tried: Annotated[
        list[Json] | None, Field(description="what it was to be changed to next, and no answer has said that it was")
    ] = None
    goes_with: Annotated[str | None, Field(description="id of what this is useless without")] = None
    name: Annotated[str | None, Field(description="for people")] = None
    fate: Annotated[Fate, Field(description="in_use; the others say what undo did after a failure")] = "in_use"
    reason: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What two entries about the same thing have in common."""
        return self.kind, self.id.lower()

    def may_have_left(self, there: Json) -> bool:
        """Whether what is there may be this run's change: the one that was answered, or one whose answer was lost."""
        return there == self.after or there in (self.tried or [])

    def for_people(self, workspace_id: str) -> LedgerEntry:
        """This entry with its whole ARM id and a name."""
        return self.model_copy(update={"id": arm_id(self.id, workspace_id), "name": self.name or short_name(self.id)})


def arm_id(reference: str, workspace_id: str) -> str:
    """The ARM id that a ledger's reference stands for."""
    return reference if reference.startswith(("/", "azureml:")) else f"{workspace_id}/{reference}"


def reference(resource_id: str, workspace_id: str) -> str:
    """How a ledger refers to an ARM id: without the workspace's part, which would not fit a custom status ten times."""
    inside = resource_id.lower().startswith(f"{workspace_id.lower()}/")
    return resource_id[len(workspace_id) + 1 :] if inside else resource_id


def endpoint_reference(endpoint: str) -> str:
    """How a ledger refers to an online endpoint."""
    return f"onlineEndpoints/{endpoint}"


def deployment_reference(endpoint: str, deployment: str) -> str:
    """How a ledger refers to an online deployment."""
    return f"{endpoint_reference(endpoint)}/deployments/{deployment}"


def compute_reference(compute: str) -> str:
    """How a ledger refers to a compute."""
    return f"{COMPUTES}/{compute}"


def application_reference(compute: str, name: str) -> str:
    """How a ledger refers to a custom application of a compute instance."""
    return f"{compute_reference(compute)}/{SERVICES}/{name}"


def endpoint_and_deployment(reference: str) -> tuple[str, str]:
    """The names in the reference of an online deployment."""
    parts = reference.split("/")
    return parts[-3], parts[-1]


def is_of_registry(reference: str) -> bool:
    """Whether a reference is one of an Azure ML registry, of which this workspace's addresses tell nothing."""
    return reference.startswith("azureml:")


def short_name(reference: str) -> str:
    """`name:version` of an asset, the last name of anything else."""
    asset = re.search(r"([^/]+)/(?:versions|labels)/([^/]+)$", reference)
    return f"{asset[1]}:{asset[2]}" if asset else reference.rsplit("/", 1)[-1]
