"""The metrics that Azure Monitor has of online endpoints and deployments, and how they are compared.

Source: Microsoft Learn, "Supported metrics" for Microsoft.MachineLearningServices/workspaces/onlineEndpoints (2026-07)
and .../onlineEndpoints/deployments (2025-04). What is not on these lists may be there all the same: lists age.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contracts.names import METRIC
from contracts.values import AS_WORDS

Of = Literal["deployment", "endpoint"]
Operator = Literal["greater_than", "greater_than_or_equal", "less_than", "less_than_or_equal", "equals", "not_equals"]
MetricName = Annotated[str, Field(pattern=METRIC, description="as Azure Monitor has it")]
WhichResource = Annotated[Of, AS_WORDS]
_LATENCIES = frozenset(f"RequestLatency_P{percent}" for percent in (50, 90, 95, 99))
_BOTH = _LATENCIES | {"DataCollectionErrorsPerMinute", "DataCollectionEventsPerMinute", "RequestsPerMinute"}
METRICS: dict[Of, frozenset[str]] = {
    "deployment": _BOTH
    | {
        "CpuMemoryUtilizationPercentage",
        "CpuUtilizationPercentage",
        "DeploymentCapacity",
        "DiskUtilization",
        "GpuEnergyJoules",
        "GpuMemoryUtilizationPercentage",
        "GpuUtilizationPercentage",
    },
    "endpoint": _BOTH | {"ConnectionsActive", "NetworkBytes", "NewConnectionsPerSecond", "RequestLatency"},
}


def resource_of(metric: str, of: Of | None) -> Of:
    """Whose metric it is: as asked for, else the deployment's where it has one of that name, else the endpoint's."""
    endpoints_alone = is_documented(metric, "endpoint") and not is_documented(metric, "deployment")
    return of or ("endpoint" if endpoints_alone else "deployment")


def is_documented(metric: str, of: Of) -> bool:
    """Whether the documents name such a metric; its case does not matter to Azure."""
    return metric.lower() in {name.lower() for name in METRICS[of]}


def azure_word(word: str) -> str:
    """A choice as Azure writes it: `greater_than` is `GreaterThan`."""
    return "".join(part.capitalize() for part in word.split("_"))
