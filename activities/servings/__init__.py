"""Ways of serving a model: the first one that serves the deployment as it is written is taken."""

from __future__ import annotations

from activities.servings.flow import Flow
from activities.servings.no_code import NoCode
from activities.servings.own_container import OwnContainer
from activities.servings.scoring_script import ScoringScript
from activities.servings.serving import Serving
from contracts.errors import RequestRejected
from contracts.online import OnlineDeploymentRequest

__all__ = ["SERVINGS", "Serving", "serving_of"]

SERVINGS: tuple[Serving, ...] = (
    ScoringScript(),
    NoCode("mlflow_model"),
    NoCode("triton_model"),
    Flow(),
    OwnContainer(),
)


def serving_of(wanted: OnlineDeploymentRequest, model_type: str | None, *, unknown_model: bool = False) -> Serving:
    """How this deployment is served; raises RequestRejected when nothing in it answers requests.

    With `unknown_model`, one of a registry or one that is not registered yet, its type may say: what is missing is
    then left to Azure, or to the plan that follows.
    """
    for serving in SERVINGS:
        if serving.serves(wanted, model_type):
            return serving
    if unknown_model and wanted.code_configuration is None:
        return SERVINGS[-1]
    raise RequestRejected(
        f"deployment {wanted.name} has nothing that answers requests",
        suggestion=(
            "Give it a code_configuration (a score.py) and an environment, or an environment with inference_config, or"
            " a model of type mlflow_model or triton_model, or one that holds a prompt flow."
        ),
    )
