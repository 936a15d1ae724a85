"""Peak memory of a process that has imported the app."""

from __future__ import annotations

from bench.harness.figure import Figure, report
from bench.harness.importing import RUNS, import_app


def measure() -> Figure:
    """The median of several new processes."""
    cost = import_app()
    return Figure(
        "import_memory",
        cost.peak_mib,
        "MiB",
        70,
        also=not cost.loads_azure_ai_ml,
        detail={"processes": RUNS, "loads_azure_ai_ml": cost.loads_azure_ai_ml, "includes": "the interpreter"},
    )


if __name__ == "__main__":
    report(measure)
