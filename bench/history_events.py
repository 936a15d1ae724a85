"""Events in the histories of one deployment: what every replay reads."""

from __future__ import annotations

from bench.harness.figure import Figure, report
from bench.harness.measured import deploy, history_events, local_stack, usual_request


def measure() -> Figure:
    """Of the orchestration and all its sub-orchestrations, on the happy path."""
    with local_stack() as stack:
        run = deploy(stack, usual_request("history"))
        whole, parent = history_events(stack, run.status["id"]), len(stack.history(run.status["id"]))
    return Figure("history_events", whole, "events", 250, detail={"parent": parent, "children": whole - parent})


if __name__ == "__main__":
    report(measure)
