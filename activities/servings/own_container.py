"""A container that answers probes and requests itself."""

from __future__ import annotations

from activities.scene import Finding, Scene
from activities.servings.flow import warn_of_missing
from activities.servings.serving import Serving, judge_routes
from contracts.online import OnlineDeploymentRequest


class OwnContainer(Serving):
    """An environment whose `inference_config` says where the container answers."""

    def serves(self, wanted: OnlineDeploymentRequest, model_type: str | None) -> bool:
        """Said inline; a registered environment may say it, and only Azure knows."""
        environment = wanted.environment
        if environment is None:
            return False
        return isinstance(environment, str) or environment.inference_config is not None

    def judge(self, wanted: OnlineDeploymentRequest, scene: Scene, finding: Finding) -> None:
        """What a registered environment lacks; a model that is not known may bring it."""
        if not scene.resolved.model_type and not scene.model_unknown:
            judge_routes(scene, finding)
        warn_of_missing(wanted, scene, finding)
