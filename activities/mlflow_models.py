"""MLflow models: what their own files say of how they are served and asked, where Slipway may read them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import yaml

from activities import commands
from activities.datastores import Container, container_of
from activities.scene import Finding, Scene
from azure_api import blobs
from azure_api.clients import clients
from azure_api.errors import translated
from contracts import mlflow_model
from contracts.azure_refusals import FilesNotDownloaded, FilesNotFound
from contracts.base import Json
from contracts.errors import AccessNotYetEffective, DeploymentError, ModelNotFound
from contracts.names import is_datastore_path, model_of_id, split_datastore_path
from contracts.references import REGISTRIES

MLFLOW = "mlflow_model"


@dataclass(frozen=True)
class MlflowModel:
    """A model's folder in a blob container, and its description."""

    container: Container
    folder: str
    described: dict[str, Any]

    def file(self, name: str) -> str:
        """A file of the model. Raises DeploymentError where it cannot be read."""
        return _read(self.container, f"{self.folder}/{name}")

    def sample(self) -> tuple[Json, str] | None:
        """A request that the model's files give, and what of them; None where they give none."""
        name = mlflow_model.example_file(self.described)
        try:
            if name:
                return mlflow_model.request_of_example(json.loads(self.file(name))), "the model's input example"
        except (DeploymentError, ValueError, TypeError):
            pass  # the signature says it too
        made = mlflow_model.request_of_signature(self.described)
        return None if made is None else (made, "a row made of the model's signature")


def at(path: str) -> MlflowModel | None:
    """The model at a path in a blob container; None at another one, or without a description that can be read.

    Raises FilesNotDownloaded where there is no description, and other deployment errors when it cannot be told.
    """
    if not is_datastore_path(path):
        return None
    datastore, folder = split_datastore_path(path)
    container, folder = container_of(datastore), folder.rstrip("/")
    if container is None:
        return None
    try:
        described = yaml.safe_load(_read(container, f"{folder}/{mlflow_model.DESCRIPTION}"))
    except yaml.YAMLError:
        return None
    return MlflowModel(container, folder, described) if isinstance(described, dict) else None


def of_registered(reference: str) -> MlflowModel | None:
    """That of a registered version; None for any other model. Raises DeploymentError when it cannot be told."""
    if reference.startswith(REGISTRIES):
        return None
    name, version = model_of_id(f"/{reference}")
    with translated(not_found=ModelNotFound):
        found = clients().ml.models.get(name, version=version)
    return at(str(found.path)) if found.type == MLFLOW else None


def judge(path: str, scene: Scene, finding: Finding) -> None:
    """What will not be served as its caller means, of an MLflow model at `path`."""
    deployment = scene.order.part("deployment")
    if deployment.get("code_configuration"):
        if not deployment.get("environment"):
            _leave("deployment.environment", "in which environment the script runs: none is named for it", finding)
        return
    if deployment.get("environment"):
        image = "an image that serves MLflow models by itself (such as Azure ML's mlflow-py312-inference)"
        _leave("deployment.environment", f"whether the environment has {image}", finding)
        return
    try:
        _judge_files(path, finding)
    except FilesNotDownloaded:
        message = f"there is no {mlflow_model.DESCRIPTION} in {path}: it is no MLflow model, or not its folder"
        finding.problem("model", FilesNotFound(message))
    except AccessNotYetEffective:
        may = "Slipway may not read the workspace's storage (Storage Blob Data Reader lets it)"
        _leave("model", f"whether the model lists {mlflow_model.MONITORING}, because {may}", finding)
    except DeploymentError as error:
        _leave("model", f"what the model asks for, because its files cannot be read ({type(error).__name__})", finding)


def _judge_files(path: str, finding: Finding) -> None:
    model = at(path)
    if model is None:
        return
    flavors = model.described.get("flavors")
    if not isinstance(flavors, dict) or "python_function" not in flavors:
        finding.problem(
            "model", FilesNotFound("the model has no python_function flavor, which Azure ML's server loads")
        )
    name = mlflow_model.conda_file(model.described)
    if mlflow_model.MONITORING not in model.file(name):
        message = (
            f"{name} does not list {mlflow_model.MONITORING}: Azure ML's script for MLflow models imports it, and no"
            " server comes up without it"
        )
        finding.warn("ModelEnvironmentIncomplete", "model", message, _saving())


def _saving() -> str:
    return f'mlflow.<flavor>.log_model(…, extra_pip_requirements=["{mlflow_model.MONITORING}"])'


def _leave(path: str, message: str, finding: Finding) -> None:
    model = "az ml model download --name <name> --version <version> --download-path . " + commands.of_workspace()
    finding.leave_unchecked("ServerUnknown", path, message, model)


def _read(container: Container, path: str) -> str:
    return blobs.beginning(container.account, container.suffix, container.name, path)
