"""How much of the machine learning service a subscription may use."""

from __future__ import annotations

from dataclasses import dataclass, field

from local.cloud.machinelearning.skus import Family


@dataclass
class Quota:
    """Limits of the subscription in this region (Microsoft Learn, "Manage and increase quotas", 2026-01).

    `cores` is what each family of sizes without GPU has: the least that the page gives a new subscription (24 to 300
    by its offer). Families with GPUs have none until they are asked for. `family_cores` overrides one family.
    """

    cores: int = 24
    gpu_cores: int = 0
    endpoints: int = 100
    deployments: int = 500
    deployments_per_endpoint: int = 20
    instances_per_deployment: int = 50
    family_cores: dict[str, int] = field(default_factory=dict)

    def cores_of(self, family: Family) -> int:
        """The limit of one family."""
        return self.family_cores.get(family.name, self.gpu_cores if family.gpu else self.cores)
