"""Why an endpoint, as it is, does not let be done with it what was asked for."""

from __future__ import annotations

from contracts.failure import DeploymentError


class ReleaseNotFound(DeploymentError, whose="caller"):
    """The endpoint has no release of that number that was live, or none before the one that serves."""

    suggestion = "Take a number that `slipway releases <endpoint>` shows as live, or deploy what shall serve."


class ReleaseNotRestorable(DeploymentError, whose="caller"):
    """A deployment of the release is gone or another one, and the request that made it is not known any more."""

    suggestion = "Send a deployment request for the model version that the release had."
