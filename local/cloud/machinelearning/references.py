"""How a deployment names the assets it is made of."""

from __future__ import annotations

import re
from typing import NamedTuple

from local.cloud.machinelearning.records import AssetKind
from local.cloud.world import WORKSPACE_ID

_REFERENCE = re.compile(
    rf"(?:{re.escape(WORKSPACE_ID)})/(?P<kind>models|codes|environments|data)/(?P<name>[^/]+)/versions/(?P<version>[^/]+)",
    re.IGNORECASE,
)


class Reference(NamedTuple):
    """An asset version of this workspace, named by its ARM id."""

    name: str
    version: str


def reference(kind: AssetKind, text: object) -> Reference | None:
    """The asset that an ARM id names, or None when it is no such id of this workspace."""
    found = _REFERENCE.fullmatch(str(text or ""))
    if not found or found["kind"].lower() != kind:
        return None
    return Reference(found["name"], found["version"])


def from_registry(text: object) -> bool:
    """Whether an asset is one of an Azure ML registry rather than of the workspace."""
    return str(text or "").lower().startswith("azureml://registries/")
