"""MLflow models without code that cannot be served, and models that no local Azure serves: each with its reason.

One that is served: tests/e2e/test_examples.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
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
