"""Why a compute instance, as it is, cannot become the runtime that was asked for."""

from __future__ import annotations

from contracts.failure import DeploymentError


class ComputeConflict(DeploymentError, whose="caller"):
    """A compute of that name is something else than asked for, or its application or port is another's."""

    suggestion = "Ask for what the compute instance has, or choose another name for compute, application or port."


class ComputeInUse(DeploymentError, whose="caller"):
    """A job runs on the compute instance, which would restart or go."""

    suggestion = (
        "Wait for the job (`az ml job list`) or cancel it, and ask again; `force=true` (`--force`) deletes all the"
        " same."
    )
