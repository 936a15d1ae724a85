"""The metrics that online endpoints and online deployments have, and their dimensions.

Source: Microsoft Learn, "Supported metrics" for Microsoft.MachineLearningServices/workspaces/onlineEndpoints (2026-07)
and .../onlineEndpoints/deployments (2025-04).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.versions import WORKSPACES
from local.cloud.world import WORKSPACE_ID

ENDPOINTS = f"{WORKSPACES}/onlineEndpoints"
DEPLOYMENTS = f"{ENDPOINTS}/deployments"
GRAIN = timedelta(minutes=1)
_RESOURCE = re.compile(
    rf"{re.escape(WORKSPACE_ID)}/onlineEndpoints/(?P<endpoint>[^/]+)(?:/deployments/(?P<deployment>[^/]+))?",
    re.IGNORECASE,
)
_LATENCIES = tuple(f"RequestLatency_P{percent}" for percent in (50, 90, 95, 99))


@dataclass(frozen=True)
class Metric:
    """One metric of a kind of resource; `seen` says that the local Azure measures it itself."""

    name: str
    unit: str
    aggregations: tuple[str, ...] = ("Average",)
    dimensions: tuple[str, ...] = ()
    seen: bool = False

    @property
    def percentile(self) -> int | None:
        """Of a latency, which of its percentiles; None for the average of it."""
        found = re.fullmatch(r"RequestLatency_P(\d+)", self.name)
        return int(found[1]) if found else None


def _used(*names: str, unit: str = "Percent") -> tuple[Metric, ...]:
    return tuple(Metric(name, unit, ("Minimum", "Maximum", "Average"), ("instanceId",)) for name in names)


METRICS: dict[str, tuple[Metric, ...]] = {
    ENDPOINTS: (
        Metric("ConnectionsActive", "Count"),
        Metric("DataCollectionErrorsPerMinute", "Count", dimensions=("deployment", "reason", "type")),
        Metric("DataCollectionEventsPerMinute", "Count", dimensions=("deployment", "type")),
        Metric("NetworkBytes", "BytesPerSecond"),
        Metric("NewConnectionsPerSecond", "CountPerSecond"),
        Metric("RequestLatency", "MilliSeconds", dimensions=("deployment",), seen=True),
        *(Metric(name, "MilliSeconds", dimensions=("deployment",), seen=True) for name in _LATENCIES),
        Metric(
            "RequestsPerMinute",
            "Count",
            dimensions=("deployment", "statusCode", "statusCodeClass", "modelStatusCode"),
            seen=True,
        ),
    ),
    DEPLOYMENTS: (
        *_used("CpuMemoryUtilizationPercentage", "CpuUtilizationPercentage"),
        Metric("DataCollectionErrorsPerMinute", "Count", dimensions=("instanceId", "reason", "type")),
        Metric("DataCollectionEventsPerMinute", "Count", dimensions=("instanceId", "type")),
        Metric("DeploymentCapacity", "Count", ("Minimum", "Maximum", "Average"), ("instanceId", "State")),
        *_used("DiskUtilization", "GpuMemoryUtilizationPercentage", "GpuUtilizationPercentage"),
        *_used("GpuEnergyJoules", unit="Count"),
        *(Metric(name, "MilliSeconds", seen=True) for name in _LATENCIES),
        Metric("RequestsPerMinute", "Count", dimensions=("envoy_response_code",), seen=True),
    ),
}


@dataclass(frozen=True)
class Emitter:
    """An endpoint, or a deployment of one, that metrics are about."""

    endpoint: str
    deployment: str | None = None

    @property
    def kind(self) -> str:
        """Its resource type."""
        return DEPLOYMENTS if self.deployment else ENDPOINTS

    @property
    def key(self) -> str:
        """The same for every way of writing its id."""
        return f"{self.endpoint}/{self.deployment or ''}".lower()

    def is_in(self, state: WorkspaceState) -> bool:
        """Whether the workspace has it."""
        endpoint = state.endpoint(self.endpoint)
        return endpoint is not None and (self.deployment is None or endpoint.deployment(self.deployment) is not None)

    def metric(self, name: str) -> Metric | None:
        """Its metric of that name, in any case."""
        return next((one for one in METRICS[self.kind] if one.name.lower() == name.lower()), None)


def emitter_of(resource_id: str) -> Emitter | None:
    """The endpoint or deployment of an ARM id; None for anything else."""
    found = _RESOURCE.fullmatch(resource_id.rstrip("/"))
    return Emitter(found["endpoint"], found["deployment"]) if found else None
