"""Cores that a deployment takes of its quota, in the product and in the local Azure."""

from __future__ import annotations

from activities.capacity import NOT_RESERVED, RETIRED, cores_needed
from local.cloud.machinelearning.skus import sizes


def test_machines_are_counted_as_azure_counts_them() -> None:
    assert {name for name, size in sizes().items() if size.exempt} == NOT_RESERVED
    assert not RETIRED & sizes().keys()
    for name, size in sizes().items():
        assert [cores_needed(name, size.cores, count) for count in range(1, 51)] == [
            size.cores_for(count) for count in range(1, 51)
        ]
