"""Billed execution of one deployment on Azure Functions' Flex Consumption plan."""

from __future__ import annotations

from bench.harness.figure import Figure, report
from bench.harness.measured import deploy, local_stack, usual_request
from local.billing import active_periods, billed

FORMULA = "sum over active periods of max(1000 ms, running time), rounded up to 100 ms; one instance"

# A guess at what an ARM call costs from inside Azure, for the detail only: the local Azure answers in a few ms.
ARM_CALL_MS = 500


def measure() -> Figure:
    """By the published formula, over the invocations the host recorded."""
    with local_stack() as stack:
        run = deploy(stack, usual_request("billed"))
    # On the stepped clock everything stands at one moment, so a slower call is more running time at its moment.
    moments = [call.at.isoformat() for call in run.calls]
    slower = [{"function": "arm_call", "started": at, "ended": at, "duration_ms": ARM_CALL_MS} for at in moments]
    as_on_azure = billed([*run.invocations, *slower]).total_seconds()
    return Figure(
        "billed_seconds",
        billed(run.invocations).total_seconds(),
        "s",
        60,
        also=as_on_azure <= 60,
        detail={
            "formula": FORMULA,
            "invocations": len(run.invocations),
            "active_periods": len(active_periods(run.invocations)),
            "running_s": round(sum(one["duration_ms"] for one in run.invocations) / 1000, 2),
            f"billed_s_if_each_arm_call_took_{ARM_CALL_MS}_ms": as_on_azure,
        },
    )


if __name__ == "__main__":
    report(measure)
