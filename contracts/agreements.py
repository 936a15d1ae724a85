"""Why a run does not do what its caller agreed to."""

from __future__ import annotations

from contracts.failure import DeploymentError


class PlanOutdated(DeploymentError, whose="caller"):
    """What the request would do now is not what the plan said that its caller agreed to; nothing was made."""

    suggestion = "Look at the plan again, and send the digest that it has now as `plan` (`--if-plan`)."
