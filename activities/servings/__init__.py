"""Ways of serving a model: the first one that serves the deployment as it is written is taken."""

from __future__ import annotations

from typing import Any, Protocol

from activities.servings.own_container import OwnContainer
from activities.servings.scoring_script import ScoringScript
from contracts.errors import RequestRejected
from contracts.online import OnlineDeploymentRequest


class Serving(Protocol):
    """One way of serving."""

    def serves(self, wanted: OnlineDeploymentRequest) -> bool:
        """Whether a deployment written like this is served so."""

    def code_configuration(self, wanted: OnlineDeploymentRequest, code_id: str | None) -> Any:
        """The SDK's code configuration; None when the model or the container brings what answers."""


SERVINGS: tuple[Serving, ...] = (ScoringScript(), OwnContainer())


def serving_of(wanted: OnlineDeploymentRequest) -> Serving:
    """How this deployment is served; raises RequestRejected when nothing in it answers requests."""
    for serving in SERVINGS:
        if serving.serves(wanted):
            return serving
    raise RequestRejected(
        f"deployment {wanted.name} has nothing that answers requests",
        suggestion="Give it a code_configuration (a score.py), or an environment with inference_config.",
    )
