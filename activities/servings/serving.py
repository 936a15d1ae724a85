"""What every way of serving a model answers; what most of them do is said here."""

from __future__ import annotations

from typing import Any

from activities.scene import Finding, Scene
from contracts.activities import EnsureInput
from contracts.azure_refusals import EnvironmentIncomplete
from contracts.ledger import short_name
from contracts.online import OnlineDeploymentRequest


class Serving:
    """One way of serving."""

    def serves(self, wanted: OnlineDeploymentRequest, model_type: str | None) -> bool:
        """Whether a deployment written like this, of a model of that type, is served so."""
        raise NotImplementedError

    def judge(self, wanted: OnlineDeploymentRequest, scene: Scene, finding: Finding) -> None:
        """Tell what a deployment that is yet to be made lacks, or will surprise with."""

    def code_configuration(self, wanted: OnlineDeploymentRequest, code_id: str | None) -> Any:
        """The SDK's code configuration; None when the model or the container brings what answers."""
        return None

    def variables(self, wanted: OnlineDeploymentRequest, order: EnsureInput) -> dict[str, str]:
        """The environment variables of the deployment."""
        return dict(wanted.environment_variables)


def judge_routes(scene: Scene, finding: Finding) -> None:
    """A registered environment must say where its container answers when nothing else answers (MissingDriverProgram).

    The code is in Azure's public reports; its text was never seen.
    """
    if scene.environment is not None and not scene.environment.get("inferenceConfig"):
        message = f"{short_name(str(scene.resolved.environment))} has no inference_config, and there is no script"
        finding.problem("deployment.environment", EnvironmentIncomplete(message))
