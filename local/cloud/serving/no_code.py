"""MLflow models without code: what Azure ML makes of the model's own files when it is deployed.

It builds the conda environment that the model names, with the inference server added, upon its MLflow image, whose
script then serves the model (read back from a deployment of 30 September 2026, public; the image is in
Azure/azureml-assets). What it says of a model without an MLmodel was never seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.cloud.images.problems import BUILD_FAILED, StartupProblem

IMAGE = "mcr.microsoft.com/azureml/curated/mlflow-py312-inference:latest"
SERVER = "azureml-inference-server-http"
RESOURCES = Path(__file__).with_name("mlflow_resources")
SCRIPT = "mlflow_score_script.py"
# Images with that script: as an image of Microsoft's, and as a curated environment.
_ITS_IMAGE = re.compile(r"(?:^|/)mlflow-py312-inference(?:$|[:@/])", re.IGNORECASE)
# Where the script looks for the model below AZUREML_MODEL_DIR.
FOLDER_VARIABLE = "MLFLOW_MODEL_FOLDER"
DESCRIPTION = "MLmodel"


@dataclass(frozen=True)
class Served:
    """How a model is served: the folder with its MLmodel, the conda file built for it, and what differs from Azure."""

    folder: str
    conda_file: str
    note: str = ""


def is_its_image(image: str) -> bool:
    """Whether a container of that image serves an MLflow model by itself."""
    return _ITS_IMAGE.search(image) is not None


def served(model_dir: Path) -> Served | StartupProblem:
    """How the model that was fetched into `model_dir` is served; why it is not."""
    found = next((path.parent for path in sorted(model_dir.glob(f"*/{DESCRIPTION}"))), None)
    if found is None:
        return _fails(f"The model has no file {DESCRIPTION} in its folder, so it is no MLflow model")
    described = _yaml(found / DESCRIPTION)
    if not isinstance(described, dict):
        return _fails(f"The model's file {DESCRIPTION} is not YAML with fields")
    named = _environment_named(described)
    if (found / named).is_file():
        environment, note = _yaml(found / named), ""
    else:
        environment = _without_conda(found)
        note = f"the model has no {named}, the only file that Azure ML is said to read"
    if not isinstance(environment, dict):
        return _fails(f"The model has no {named} that lists what it needs")
    return Served(found.name, yaml.safe_dump(_with_server(environment)), note)


def _environment_named(described: dict[str, Any]) -> str:
    """The conda file that the flavor names: a text before MLflow 2, by kind since; usually `conda.yaml`."""
    flavors = described.get("flavors")
    flavor = flavors.get("python_function") if isinstance(flavors, dict) else None
    named = flavor.get("env") if isinstance(flavor, dict) else None
    named = named.get("conda") if isinstance(named, dict) else named
    return str(named or "conda.yaml")


def _without_conda(folder: Path) -> dict[str, Any] | None:
    """The same of `python_env.yaml` and `requirements.txt`, which MLflow writes beside; None without a list."""
    if not (folder / "requirements.txt").is_file():
        return None
    environment = _yaml(folder / "python_env.yaml")
    python = environment.get("python") if isinstance(environment, dict) else None
    listed = [line.strip() for line in (folder / "requirements.txt").read_text().splitlines()]
    pip = [line for line in listed if line and not line.startswith("#")]
    return {"dependencies": [f"python={python}" if python else "python", "pip", {"pip": pip}]}


def _with_server(environment: dict[str, Any]) -> dict[str, Any]:
    dependencies = environment.get("dependencies")
    if not isinstance(dependencies, list):
        return environment  # told by whoever reads it next
    sections = [one["pip"] for one in dependencies if isinstance(one, dict) and isinstance(one.get("pip"), list)]
    if _lists_server(one for section in (dependencies, *sections) for one in section):
        return environment
    rest = [one for one in dependencies if not (isinstance(one, dict) and one.get("pip") in sections)]
    pip = [one for section in sections for one in section]
    return {**environment, "dependencies": [*rest, {"pip": [*pip, SERVER]}]}


def _lists_server(listed: Iterable[Any]) -> bool:
    return any(str(one).strip().lower().replace("_", "-").startswith(SERVER) for one in listed)


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text())
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _fails(reason: str) -> StartupProblem:
    return StartupProblem(BUILD_FAILED, f"Image build failed. {reason}.")
