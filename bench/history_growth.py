"""How much longer the histories get when the cloud takes twice as long."""

from __future__ import annotations

from bench.harness.figure import Figure, report
from bench.harness.measured import deploy, history_events, local_stack, usual_request
from local.cloud.world import Durations
from orchestrations.policies import LOOKS_PER_HISTORY

NORMAL = Durations()
DOUBLED = Durations(
    endpoint_create=2 * NORMAL.endpoint_create,
    endpoint_update=2 * NORMAL.endpoint_update,
    deployment_create=2 * NORMAL.deployment_create,
    deployment_startup=2 * NORMAL.deployment_startup,
    delete=2 * NORMAL.delete,
)

# What a replay has to read is bounded by this, not by Azure's time; the work done is told beside it.
HOW = f"a watch begins a new history every {LOOKS_PER_HISTORY} looks (orchestrations/policies.py)"


def measure() -> Figure:
    """One deployment on a cloud as recorded, one on a cloud half as fast."""
    (normal, looked), (doubled, looked_doubled) = taken(NORMAL), taken(DOUBLED)
    return Figure(
        "history_growth",
        100 * (doubled - normal) / normal,
        "%",
        25,
        detail={
            "events": normal,
            "events_doubled": doubled,
            "invocations": looked,
            "invocations_doubled": looked_doubled,
            "how": HOW,
        },
    )


def taken(durations: Durations) -> tuple[int, int]:
    """Events kept of one deployment on a cloud of that speed, and invocations made for it."""
    with local_stack(durations=durations) as stack:
        run = deploy(stack, usual_request("growth"))
        return history_events(stack, run.status["id"]), len(run.invocations)


if __name__ == "__main__":
    report(measure)
