"""A scoring script of the user's in the Azure ML inference server."""

from __future__ import annotations

from typing import Any

from activities import commands
from activities.scene import Finding, Scene
from activities.servings.serving import Serving
from contracts.names import PYTHON
from contracts.online import OnlineDeploymentRequest

PATH = "deployment.code_configuration.scoring_script"


class ScoringScript(Serving):
    """`code_configuration`: a folder with a script that has `init()` and `run()`."""

    def serves(self, wanted: OnlineDeploymentRequest, model_type: str | None) -> bool:
        """A script is named, and what it runs in; a model with its own server may have a script too."""
        return wanted.code_configuration is not None and (wanted.environment is not None or model_type is not None)

    def judge(self, wanted: OnlineDeploymentRequest, scene: Scene, finding: Finding) -> None:
        """Azure's inference server runs Python alone; a container with a server of its own runs what it likes."""
        code = wanted.code_configuration
        if code is None or code.scoring_script.endswith(PYTHON) or _brings_a_server(wanted, scene):
            return
        # A container of one's own can have its server where Azure's own would be: no reading tells.
        message = f"whether the image runs {code.scoring_script}: Azure's inference server takes {PYTHON} files alone"
        command = commands.setting("deployment.environment.inference_config", "<where its own server answers>")
        finding.leave_unchecked("ServerUnknown", PATH, message, command)

    def code_configuration(self, wanted: OnlineDeploymentRequest, code_id: str | None) -> Any:
        """The folder by its ARM id, and the script in it."""
        from azure.ai.ml.entities import CodeConfiguration

        script = wanted.code_configuration
        return CodeConfiguration(code=code_id, scoring_script=script.scoring_script) if script else None


def _brings_a_server(wanted: OnlineDeploymentRequest, scene: Scene) -> bool:
    """Whether the environment says where its own server answers; a registry's may, and is not looked at."""
    if not isinstance(wanted.environment, str):
        return wanted.environment is not None and wanted.environment.inference_config is not None
    return scene.environment is None or bool(scene.environment.get("inferenceConfig"))
