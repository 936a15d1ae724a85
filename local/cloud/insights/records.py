"""What Microsoft.Insights keeps in the resource group: plain data, changed only under `WorkspaceState.lock`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.cloud.arm.documents import Json
from local.cloud.world import RESOURCE_GROUP_ID

AUTOSCALE = "Microsoft.Insights/autoscaleSettings"
ALERTS = "Microsoft.Insights/metricAlerts"


@dataclass
class Kept:
    """A resource of the group; `looked` is when it was last evaluated."""

    kind: str
    name: str
    location: str
    tags: Json
    properties: dict[str, Any]
    looked: datetime

    @property
    def identifier(self) -> str:
        """Its ARM id."""
        return f"{RESOURCE_GROUP_ID}/providers/{self.kind}/{self.name}"

    def document(self) -> Json:
        """What a GET answers."""
        return {
            "id": self.identifier,
            "name": self.name,
            "type": self.kind,
            "location": self.location,
            "tags": self.tags,
            "properties": self.properties,
        }


@dataclass
class AutoscaleSetting(Kept):
    """An autoscale setting; nothing is scaled before `rests_until`."""

    rests_until: datetime | None = None

    @property
    def target(self) -> str:
        """ARM id of what it scales."""
        return str(self.properties["targetResourceUri"])


@dataclass
class MetricAlert(Kept):
    """A metric alert: whether it has fired, and how often in a row its condition was not met since."""

    fired: bool = False
    calm: int = 0
