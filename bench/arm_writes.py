"""Writes to Azure Resource Manager that one deployment makes."""

from __future__ import annotations

from collections import Counter

from bench.harness.figure import Figure, report
from bench.harness.measured import deploy, local_stack, usual_request


def measure() -> Figure:
    """Counted by the local Azure, as Azure counts them: everything that is not a GET."""
    with local_stack() as stack:
        run = deploy(stack, usual_request("writes"))
    operations = Counter(call.operation for call in run.calls if call.write)
    return Figure("arm_writes", run.writes, "calls", 12, detail={"operations": operations})


if __name__ == "__main__":
    report(measure)
