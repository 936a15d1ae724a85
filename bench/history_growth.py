"""How much longer the histories get when the cloud takes twice as long."""

from __future__ import annotations

from bench.harness.figure import Figure, report
from bench.harness.measured import deploy, history_events, local_stack, usual_request
from local.cloud.world import Durations

NORMAL = Durations()
DOUBLED = Durations(
    endpoint_create=2 * NORMAL.endpoint_create,
    endpoint_update=2 * NORMAL.endpoint_update,
    deployment_create=2 * NORMAL.deployment_create,
    deployment_startup=2 * NORMAL.deployment_startup,
    delete=2 * NORMAL.delete,
)

WHY = (
    "an operation is looked at every 2 minutes at the latest, to see its end soon; once Azure takes longer than"
    " 6 minutes, the number of looks grows with it (orchestrations/policies.py)"
)


def measure() -> Figure:
    """One deployment on a cloud as recorded, one on a cloud half as fast."""
    normal, doubled = events(NORMAL), events(DOUBLED)
    growth = 100 * (doubled - normal) / normal
    return Figure(
        "history_growth",
        growth,
        "%",
        25,
        detail={"events": normal, "events_doubled": doubled},
        when_missed=WHY,
    )


def events(durations: Durations) -> int:
    """Events of one deployment on a cloud of that speed."""
    with local_stack(durations=durations) as stack:
        return history_events(stack, deploy(stack, usual_request("growth")).status["id"])


if __name__ == "__main__":
    report(measure)
