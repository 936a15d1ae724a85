"""A scoring script of the user's in the Azure ML inference server."""

from __future__ import annotations

from typing import Any

from activities.servings.serving import Serving
from contracts.online import OnlineDeploymentRequest


class ScoringScript(Serving):
    """`code_configuration`: a folder with a script that has `init()` and `run()`."""

    def serves(self, wanted: OnlineDeploymentRequest, model_type: str | None) -> bool:
        """A script is named, and what it runs in; a model with its own server may have a script too."""
        return wanted.code_configuration is not None and (wanted.environment is not None or model_type is not None)

    def code_configuration(self, wanted: OnlineDeploymentRequest, code_id: str | None) -> Any:
        """The folder by its ARM id, and the script in it."""
        from azure.ai.ml.entities import CodeConfiguration

        script = wanted.code_configuration
        return CodeConfiguration(code=code_id, scoring_script=script.scoring_script) if script else None
