"""Why an endpoint, as it is, does not let be done with it what was asked for."""

from __future__ import annotations

from contracts.failure import DeploymentError


class EndpointInUse(DeploymentError, whose="caller"):
    """Another run writes to the endpoint, and the request says `when_busy: reject`; or hundreds wait already."""

    suggestion = (
        "Ask again when the run that the message names has ended, or leave `when_busy` (`--when-busy`) out to wait in"
        " line."
    )


class ReleaseNotFound(DeploymentError, whose="caller"):
    """The endpoint has no release of that number that was live, or none before the one that serves."""

    suggestion = "Take a number that `slipway releases <endpoint>` shows as live, or deploy what shall serve."


class ReleaseNotRestorable(DeploymentError, whose="caller"):
    """A deployment of the release is gone or another one, and the request that made it is not known any more."""

    suggestion = "Send a deployment request for the model version that the release had."


class SharesNotSeen(DeploymentError, whose="Azure"):
    """Traffic was changed, and other deployments answer real requests than it says, more than chance explains."""

    retryable = True
    suggestion = "Send the request again; if it ends so again, look at the endpoint's traffic in Azure ML studio."


class RolloutStopped(DeploymentError, whose="caller"):
    """While a new deployment had a part of the traffic, more of its live answers failed than `rollout` tolerates."""

    suggestion = "Read the deployment's kept logs; the old deployments have their traffic back."


class StillServing(DeploymentError, whose="caller"):
    """What is to be deleted has traffic: the requests that it gets would fail."""

    suggestion = "Give the traffic to another deployment first (`slipway traffic`), or send `force=true` (`--force`)."


class MadeByOthers(DeploymentError, whose="caller"):
    """What is to be deleted, or something on it, was not made by Slipway."""

    suggestion = "Ask whoever made it; `force=true` (`--force`) deletes it all the same."


class StillNeeded(DeploymentError, whose="caller"):
    """What is to be removed is none of the endpoint's findings: something needs it, or may go back to it."""

    suggestion = "Look at `slipway findings`; `slipway delete` deletes what is none of them as well."
