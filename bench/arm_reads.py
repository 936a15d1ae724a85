"""Reads of Azure Resource Manager that one deployment makes."""

from __future__ import annotations

from bench.harness.figure import Figure, report
from bench.harness.measured import deploy, local_stack, usual_request


def measure() -> Figure:
    """Counted by the local Azure."""
    with local_stack() as stack:
        run = deploy(stack, usual_request("reads"))
    return Figure("arm_reads", run.reads, "calls", 60)


if __name__ == "__main__":
    report(measure)
