"""How a deployment names the assets it is made of."""

from __future__ import annotations

import re
from typing import NamedTuple

from local.cloud.machinelearning.curated import NEWEST
from local.cloud.machinelearning.records import AssetKind
from local.cloud.world import WORKSPACE_ID

_REFERENCE = re.compile(
    rf"(?:{re.escape(WORKSPACE_ID)})/(?P<kind>models|codes|environments|data)/(?P<name>[^/]+)/versions/(?P<version>[^/]+)",
    re.IGNORECASE,
)

# As the SDK sends a curated environment: "Short form of curated env will be expanded on the backend side" (its source).
_CURATED = re.compile(r"azureml:(?P<name>AzureML-[^/:@]+)(?::(?P<version>[^/:@]+)|@latest)")


class Reference(NamedTuple):
    """An asset version of this workspace, named by its ARM id."""

    name: str
    version: str


def reference(kind: AssetKind, text: object) -> Reference | None:
    """The asset that an ARM id names, or a curated environment's short form; None when it is none of this workspace."""
    curated = _CURATED.fullmatch(str(text or "")) if kind == "environments" else None
    if curated:
        return Reference(curated["name"], curated["version"] or NEWEST)
    found = _REFERENCE.fullmatch(str(text or ""))
    if not found or found["kind"].lower() != kind:
        return None
    return Reference(found["name"], found["version"])


def from_registry(text: object) -> bool:
    """Whether an asset is one of an Azure ML registry rather than of the workspace."""
    return str(text or "").lower().startswith("azureml://registries/")
