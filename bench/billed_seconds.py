"""Billed execution of one deployment on Azure Functions' Flex Consumption plan."""

from __future__ import annotations

from bench.harness import billing
from bench.harness.figure import Figure, report
from bench.harness.measured import deploy, local_stack, usual_request

# A guess at what an ARM call costs from inside Azure, for the detail only: the local Azure answers in a few ms.
ARM_CALL_MS = 500


def measure() -> Figure:
    """By the published formula, over the invocations the host recorded."""
    with local_stack() as stack:
        run = deploy(stack, usual_request("billed"))
    as_on_azure = billing.billed_seconds(run.invocations, (call.at for call in run.calls), ARM_CALL_MS)
    return Figure(
        "billed_seconds",
        billing.billed_seconds(run.invocations),
        "s",
        60,
        also=as_on_azure <= 60,
        detail={
            "formula": billing.FORMULA,
            "invocations": len(run.invocations),
            "active_periods": billing.active_periods(run.invocations),
            "running_s": round(sum(one["duration_ms"] for one in run.invocations) / 1000, 2),
            f"billed_s_if_each_arm_call_took_{ARM_CALL_MS}_ms": as_on_azure,
        },
    )


if __name__ == "__main__":
    report(measure)
