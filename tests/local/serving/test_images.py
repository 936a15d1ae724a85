"""Which images and packages run here, and how the others are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from local.cloud.serving import ServingSpec
from local.cloud.serving.environment import inspect
from local.cloud.serving.images import problem

Spec = Callable[..., ServingSpec]


def conda(*dependencies: str, pip: str = "") -> str:
    lines = ["name: model-env", "channels: [conda-forge]", "dependencies:"]
    lines += [f"  - {one}" for one in dependencies]
    if pip:
        lines += ["  - pip:", *(f"    - {one}" for one in pip.split("|"))]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "image",
    [
        "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest",
        "mcr.microsoft.com/azureml/curated/sklearn-1.5:29",
        "azureml://registries/azureml/environments/sklearn-1.5/versions/29",
        "MCR.microsoft.com/azureml/minimal-ubuntu22.04-py310-cpu-inference@sha256:0123",
    ],
)
def test_azure_ml_images_run(spec: Spec, scoring_python: Path, image: str) -> None:
    assert problem(spec(image=image), scoring_python) is None


@pytest.mark.parametrize(
    "image",
    [
        "mcr.microsoft.com/azureml/promptflow/promptflow-runtime-stable:latest",
        "mcr.microsoft.com/azureml/mlflow-ubuntu20.04-py38-cpu-inference:latest",
        "azureml://registries/azureml/environments/mlflow-py312-inference/versions/1",
        "azureml://registries/contoso/environments/sklearn/versions/1",
        "docker.io/tensorflow/serving:latest",
        "evil.example/mcr.microsoft.com/azureml/minimal:1",
        "",
    ],
)
def test_other_images_are_refused_by_name(spec: Spec, scoring_python: Path, image: str) -> None:
    found = problem(spec(image=image), scoring_python)

    assert found is not None
    assert found.code == "ImageNotRunnableLocally"
    assert repr(image) in found.message
    assert "deploy this one in Azure" in found.message


@pytest.mark.parametrize(
    "conda_file",
    [
        None,
        conda("python=MINOR", "pip"),
        conda("python=MINOR.4", "pip=23.3"),
        conda("python==MINOR.*"),
        conda("python>=3.11,<3.14"),
        conda("python >=3.9, !=3.10"),
        conda("python>=MINOR.2"),
        conda("python", pip="azureml-inference-server-http|joblib>=1|scikit-learn>=1.0 # a comment"),
        conda("python", pip="pywin32==1; sys_platform == 'win32'"),
        conda("python", pip="requests[security]"),
    ],
)
def test_packages_that_are_there_are_enough(spec: Spec, scoring_python: Path, conda_file: str | None) -> None:
    here = conda_file and conda_file.replace("MINOR", inspect(scoring_python).minor)
    assert problem(spec(conda_file=here), scoring_python) is None


@pytest.mark.parametrize(
    ("conda_file", "names"),
    [
        (conda("python=3.8"), "Python =3.8 is wanted"),
        (conda("python<3.10"), "Python <3.10 is wanted"),
        (conda("python>=3.9,<3.11"), "Python >=3.9,<3.11 is wanted"),
        (conda("python>=3.14"), "Python >=3.14 is wanted"),
        (conda("numpy=1.26"), "conda package 'numpy=1.26'"),
        (conda("python-graphviz"), "conda package 'python-graphviz'"),
        (conda("python", pip="no-such-package"), "no-such-package is not installed"),
        (conda("python", pip="joblib==0.1"), "joblib==0.1 is wanted and"),
        (conda("python", pip="-r requirements.txt"), "'-r'"),
        (conda("python", pip="git+https://github.com/a/b"), "git+https://github.com/a/b"),
        (conda("python", pip="joblib @ https://example.com/joblib.whl"), "comes from a URL"),
        (conda("python", pip="requests[socks]"), "PySocks"),
        ("dependencies: [", "not YAML"),
        ("just text", "without a list"),
        (conda("python=3.8", pip="no-such-package"), "no-such-package"),
    ],
)
def test_packages_that_are_not_there_are_named(spec: Spec, scoring_python: Path, conda_file: str, names: str) -> None:
    found = problem(spec(conda_file=conda_file), scoring_python)

    assert found is not None
    assert found.code == "ImageNotRunnableLocally"
    assert names in found.message
    assert "Install it into the scoring environment" in found.message


def test_no_scoring_environment_is_said_so(spec: Spec, tmp_path: Path) -> None:
    found = problem(spec(), tmp_path / "python")

    assert found is not None
    assert "no scoring environment" in found.message


def test_a_broken_scoring_environment_is_said_so(spec: Spec, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no module named json >&2\nexit 1\n")
    broken.chmod(0o755)

    found = problem(spec(), broken)

    assert found is not None
    assert "no module named json" in found.message


def test_the_environment_is_asked_not_assumed(scoring_python: Path) -> None:
    environment = inspect(scoring_python)

    assert environment.minor.startswith("3.")
    assert "azureml-inference-server-http" in environment.packages
    assert "azure-ai-ml" not in environment.packages
