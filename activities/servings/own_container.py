"""A container that answers probes and requests itself."""

from __future__ import annotations

from typing import Any

from contracts.online import OnlineDeploymentRequest


class OwnContainer:
    """An environment whose `inference_config` says where the container answers."""

    def serves(self, wanted: OnlineDeploymentRequest, model_type: str | None) -> bool:
        """Said inline; a registered environment may say it, and only Azure knows."""
        environment = wanted.environment
        if environment is None:
            return False
        return isinstance(environment, str) or environment.inference_config is not None

    def code_configuration(self, wanted: OnlineDeploymentRequest, code_id: str | None) -> Any:
        """None."""
        return None
