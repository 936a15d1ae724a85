"""Why there is nothing to send to a new deployment."""

from __future__ import annotations

from contracts.failure import DeploymentError


class SampleMissing(DeploymentError, whose="caller"):
    """The request names nothing to send, and neither the model nor the deployment describes a request itself."""

    suggestion = (
        "Write smoke_test.request (`slipway deploy --request FILE`), or waive the test by name:"
        " `smoke_test: {waived: <why>}`."
    )
