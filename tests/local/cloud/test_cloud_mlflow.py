"""MLflow models without code: served by the inference server in the environment that they ask for, or failing so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from local.checkout import ROOT
from local.clock import Clock
from local.cloud.cloud import LocalCloud
from local.cloud.environment import CONFLICTING
from tests.local.cloud.conftest import SCORING_PYTHON
from tests.local.cloud.sdk import client

# After `sdk`, which silences what their first import warns of.
from azure.ai.ml import MLClient  # isort: skip
from azure.ai.ml.entities import ManagedOnlineDeployment, ManagedOnlineEndpoint, Model  # isort: skip
from azure.core.exceptions import HttpResponseError  # isort: skip

EXAMPLE = ROOT / "examples" / "mlflow-no-code" / "model"
TABLE = {"columns": ["temperature", "people"], "index": [0, 1], "data": [[21.0, 140.0], [34.5, 12.0]]}


@pytest.fixture(scope="module")
def ml(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MLClient]:
    """A developer of a workspace with an endpoint."""
    clock, patch = Clock(stepped=True), pytest.MonkeyPatch()
    made = LocalCloud(tmp_path_factory.mktemp("azure"), clock, scoring_python=SCORING_PYTHON)
    made.state.quota.cores = 10_000
    with made, patch.context() as variables:
        for name in CONFLICTING:
            variables.delenv(name, raising=False)
        for name, value in made.environment("developer").items():
            variables.setenv(name, value)
        developer = client(made.credential("developer"))
        developer.online_endpoints.begin_create_or_update(
            ManagedOnlineEndpoint(name="double", auth_mode="key")
        ).result()
        yield developer
    clock.close()


def deploy(ml: MLClient, folder: Path, name: str, kind: str = "mlflow_model", **more: Any) -> None:
    """Deploy the model in `folder` under its name; raises why that failed."""
    model = ml.models.create_or_update(Model(name=name, version="1", path=str(folder), type=kind))
    deployment = ManagedOnlineDeployment(
        name=name, endpoint_name="double", model=model, instance_type="Standard_DS3_v2", **more
    )
    ml.online_deployments.begin_create_or_update(deployment).result()


def asked(ml: MLClient, path: str, pin: str, body: Any = None) -> requests.Response:
    """The answer of the endpoint to a GET, or a POST of `body`."""
    key = ml.online_endpoints.get_keys("double").primary_key
    url = ml.online_endpoints.get("double").scoring_uri.replace("/score", path)
    headers = {"Authorization": f"Bearer {key}", "azureml-model-deployment": pin}
    return requests.request("GET" if body is None else "POST", url, json=body, headers=headers, timeout=10)


def test_a_model_is_served_as_its_files_say(ml: MLClient) -> None:
    deploy(ml, EXAMPLE, "consumption")

    assert asked(ml, "/score", "consumption", {"input_data": TABLE}).json() == [146.5, 134.75]
    # As in Azure: what fits another server of MLflow's does not fit this one.
    assert (
        asked(ml, "/score", "consumption", {"dataframe_split": TABLE}).headers["ms-azureml-model-error-statuscode"]
        == "400"
    )
    sample = asked(ml, "/swagger.json", "consumption").json()["definitions"]["ServiceInput"]["example"]
    assert asked(ml, "/score", "consumption", sample).json() == [146.5, 134.75]


def changed(folder: Path, **changes: Any) -> Path:
    """The example's model with other files; None takes one away."""
    shutil.copytree(EXAMPLE, folder)
    for name, content in changes.items():
        file = next(path for path in folder.iterdir() if path.name.partition(".")[0] == name)
        file.unlink() if content is None else file.write_text(content)
    return folder


FLAVORLESS = yaml.safe_dump({"flavors": {"sklearn": {"pickled_model": "model.pkl"}}})
UNRESOLVABLE = yaml.safe_dump({"dependencies": ["python", {"pip": ["no-such-package==1"]}]})
UNMONITORED = yaml.safe_dump({"dependencies": ["python", {"pip": ["mlflow-skinny", "pandas", "scipy"]}]})


@pytest.mark.parametrize(
    ("name", "changes", "message", "log"),
    [
        (
            "no-description",
            {"MLmodel": None},
            "ImageBuildFailure: Image build failed. The model has no file MLmodel",
            "",
        ),
        ("not-yaml", {"MLmodel": "{"}, "ImageBuildFailure: Image build failed. The model's file MLmodel is not", ""),
        ("unresolvable", {"conda": UNRESOLVABLE}, "no-such-package was not found", ""),
        ("flavorless", {"MLmodel": FLAVORLESS}, "ResourceNotReady", 'does not have the "python_function" flavor'),
        ("unmonitored", {"conda": UNMONITORED}, "ModuleNotFoundError: No module named 'azureml'", "azureml.ai"),
    ],
)
def test_a_broken_model_fails_with_its_reason_and_its_log(
    ml: MLClient, tmp_path: Path, name: str, changes: Any, message: str, log: str
) -> None:
    with pytest.raises(HttpResponseError) as failed:
        deploy(ml, changed(tmp_path / "model", **changes), name)

    assert message in str(failed.value.message)
    assert log in ml.online_deployments.get_logs(name, "double", lines=200)


def test_triton_is_refused_by_name(ml: MLClient, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").touch()

    with pytest.raises(HttpResponseError, match="models of type triton_model"):
        deploy(ml, tmp_path, "triton", "triton_model")


def test_a_model_of_a_catalogue_is_refused_by_name(ml: MLClient) -> None:
    catalogue = ManagedOnlineDeployment(
        name="catalogue",
        endpoint_name="double",
        model="azureml://registries/azureml/models/Phi-4/versions/1",
        instance_type="Standard_DS3_v2",
    )

    with pytest.raises(HttpResponseError, match="models and code of Azure ML registries"):
        ml.online_deployments.begin_create_or_update(catalogue)
