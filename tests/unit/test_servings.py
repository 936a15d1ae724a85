"""What answers requests: a script, the model's own server, or a container that says where it answers."""

from __future__ import annotations

from typing import Any

import pytest

from activities.servings import serving_of
from activities.servings.no_code import NoCode
from activities.servings.own_container import OwnContainer
from activities.servings.scoring_script import ScoringScript
from contracts.errors import RequestRejected
from contracts.online import OnlineDeploymentRequest

SCRIPT = {"code": "azureml:scoring:1", "scoring_script": "score.py"}
ROUTE = {"path": "/score", "port": 8080}
OWN = {"image": "a.io/b:1", "inference_config": dict.fromkeys(
    ("liveness_route", "readiness_route", "scoring_route"), ROUTE
)}  # fmt: skip


def deployment(**parts: Any) -> OnlineDeploymentRequest:
    return OnlineDeploymentRequest.model_validate({"name": "blue", "instance_type": "Standard_DS3_v2", **parts})


@pytest.mark.parametrize(
    ("parts", "model_type", "served"),
    [
        ({"code_configuration": SCRIPT, "environment": "azureml:e:1"}, None, ScoringScript),
        ({"code_configuration": SCRIPT, "environment": {"image": "a.io/b:1"}}, None, ScoringScript),
        ({"code_configuration": SCRIPT, "environment": "azureml:e:1"}, "mlflow_model", ScoringScript),
        ({"code_configuration": SCRIPT}, "mlflow_model", ScoringScript),
        ({}, "mlflow_model", NoCode),
        ({}, "triton_model", NoCode),
        ({"environment": "azureml:e:1"}, "mlflow_model", NoCode),
        ({"environment": {"image": "a.io/b:1"}}, "mlflow_model", NoCode),
        ({"environment": OWN}, None, OwnContainer),
        ({"environment": "azureml:e:1"}, None, OwnContainer),
    ],
)
def test_a_deployment_is_served_as_it_is_written(parts: dict[str, Any], model_type: str | None, served: type) -> None:
    assert type(serving_of(deployment(**parts), model_type)) is served


@pytest.mark.parametrize("parts", [{}, {"environment": {"image": "a.io/b:1"}}, {"code_configuration": SCRIPT}], ids=str)
def test_a_deployment_with_nothing_that_answers_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(RequestRejected, match="nothing that answers"):
        serving_of(deployment(**parts), None)


def test_what_a_registrys_model_is_served_by_is_left_to_azure() -> None:
    assert serving_of(deployment(), None, unknown_model=True).code_configuration(deployment(), None) is None
    with pytest.raises(RequestRejected):
        serving_of(deployment(code_configuration=SCRIPT), None, unknown_model=True)
