"""CPU seconds of `import function_app`: most of a cold start that is ours."""

from __future__ import annotations

from bench.harness.figure import Figure, report
from bench.harness.importing import RUNS, import_app


def measure() -> Figure:
    """The median of several new processes, with bytecode written."""
    cost = import_app()
    return Figure(
        "import_cpu",
        cost.cpu_seconds,
        "s",
        0.5,
        also=not cost.loads_azure_ai_ml,
        detail={"processes": RUNS, "loads_azure_ai_ml": cost.loads_azure_ai_ml},
    )


if __name__ == "__main__":
    report(measure)
