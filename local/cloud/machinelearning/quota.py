"""How much of the machine learning service a subscription may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Quota:
    """Limits of the subscription in this region (Microsoft Learn, "Manage and increase quotas", 2026-01)."""

    cores: int = 10_000
    endpoints: int = 100
    deployments: int = 500
    deployments_per_endpoint: int = 20
    instances_per_deployment: int = 50
