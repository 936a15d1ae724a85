"""Which images are known, and what they bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.cloud.images.known import brought_by
from local.cloud.images.prebuilt import is_tool
from local.cloud.images.problems import NOT_PULLED, Refused
from local.cloud.images.recipe import Asked, recipe_of

MCR, REGISTRY = "mcr.microsoft.com/azureml/", "azureml://registries/azureml/environments/"
SERVER = "azureml-inference-server-http"


@pytest.mark.parametrize(
    "image",
    [
        "openmpi4.1.0-ubuntu22.04:latest",
        "openmpi4.1.0-ubuntu20.04",
        "openmpi5.0-cuda12.4-ubuntu22.04:2026",
        "intelmpi2018.3-ubuntu16.04:20210301.v1",
        "intelmpi2018.3-cuda10.0-cudnn7-ubuntu16.04",
        "base:openmpi3.1.2-ubuntu18.04",
    ],
)
def test_a_base_image_brings_nothing(image: str) -> None:
    brings = brought_by(MCR + image, to_build=False)

    assert brings is not None
    assert (brings.python, brings.packages) == (None, ())


@pytest.mark.parametrize(
    ("image", "python", "package"),
    [
        (MCR + "minimal-ubuntu22.04-py39-cpu-inference:latest", "3.9", SERVER),
        ("MCR.microsoft.com/azureml/minimal-ubuntu20.04-py38-cuda11.6.2-gpu-inference", "3.8", SERVER),
        (MCR + "minimal-py312-inference@sha256:0123", "3.12", "numpy"),
        (MCR + "sklearn-0.24.1-ubuntu18.04-py37-cpu-inference:20230101.v1", "3.7", "scikit-learn==0.24.1"),
        (MCR + "curated/sklearn-1.5:29", "3.10", "scikit-learn~=1.5.0"),
        (REGISTRY + "sklearn-1.5/versions/29", "3.10", "azureml-defaults"),
        (REGISTRY + "sklearn-1.5/labels/latest", "3.10", "azureml-defaults"),
    ],
)
def test_an_inference_image_brings_its_python_and_the_server(image: str, python: str, package: str) -> None:
    brings = brought_by(image, to_build=False)

    assert brings is not None
    assert brings.python == python
    assert package in brings.packages


@pytest.mark.parametrize(
    "image",
    [
        MCR + "openmpi9.9-ubuntu22.04:latest",
        MCR + "minimal-ubuntu22.04-py47-cpu-inference",
        MCR + "minimal",
        REGISTRY + "sklearn-9.9/versions/1",
        REGISTRY + "sklearn-1.5",
    ],
)
def test_an_unknown_name_in_a_known_registry_does_not_exist(image: str) -> None:
    with pytest.raises(Refused) as pulled:
        brought_by(image, to_build=False)
    with pytest.raises(Refused) as built:
        brought_by(image, to_build=True)

    assert pulled.value.problem.code == "BadArgument"
    assert pulled.value.problem.message.startswith(f"Unable to download user container image: manifest for {image} not")
    assert built.value.problem.code == "ImageBuildFailure"
    assert "manifest unknown" in built.value.problem.message


@pytest.mark.parametrize(
    "image",
    [
        MCR + "mlflow-ubuntu20.04-py38-cpu-inference:latest",
        REGISTRY + "mlflow-model-inference/versions/1",
        REGISTRY + "acpt-pytorch-2.8-cuda12.6/labels/latest",
    ],
)
def test_a_known_image_that_cannot_be_had_here_says_why(image: str) -> None:
    with pytest.raises(Refused, match="is known, and") as refused:
        brought_by(image, to_build=True)

    assert refused.value.problem.code == "ImageNotRunnableLocally"
    assert repr(image) in refused.value.problem.message


@pytest.mark.parametrize(
    "image",
    [
        "docker.io/tensorflow/serving:latest",
        "evil.example/mcr.microsoft.com/azureml/minimal-py312-inference",
        "mcr.microsoft.com/devcontainers/python:3.11",
        "azureml://registries/contoso/environments/sklearn/versions/1",
        "",
    ],
)
def test_of_other_registries_nothing_is_known(image: str) -> None:
    assert brought_by(image, to_build=True) is None


def is_published(environment: str) -> bool:
    """Whether it is there to be had, be it by this machine or by Azure alone."""
    try:
        return brought_by(environment, to_build=False) is not None
    except Refused as refused:
        return refused.problem.code != NOT_PULLED


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("sklearn-1.0-ubuntu20.04-py38-cpu", True),
        ("AutoML", True),
        ("sklearn-1.5", True),
        ("mlflow-py312-inference", True),
        ("mlflow-model-inference", True),
        ("nope", False),
    ],
)
def test_the_curated_environments(name: str, known: bool) -> None:
    assert is_published(f"{REGISTRY}{name}/versions/3") is known


def test_a_conda_file_is_an_environment_of_its_own_whatever_the_image_brings() -> None:
    recipe = recipe_of(Asked(MCR + "minimal-py312-inference", "dependencies: [python=3.11, {pip: [joblib]}]"))

    assert recipe is not None
    assert (recipe.python, recipe.requirements) == ("==3.11.*", (*recipe.from_conda, "joblib"))
    assert all(is_tool(one) for one in recipe.from_conda)


def test_an_image_of_which_only_its_name_is_known_takes_a_conda_file(tmp_path: Path) -> None:
    image = MCR + "curated/sklearn-1.0-ubuntu20.04-py38-cpu:28"
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nRUN pip install joblib\n")

    built = recipe_of(Asked(image, "dependencies: [python=3.11, {pip: [joblib]}]"))

    assert built is not None
    assert (built.python, built.requirements[-1]) == ("==3.11.*", "joblib")
    for asked in (Asked(image), Asked("", context=tmp_path)):
        with pytest.raises(Refused, match="is known, and what it brings is not published any more") as refused:
            recipe_of(asked)
        assert refused.value.problem.code == "ImageNotRunnableLocally"


def test_an_image_alone_is_what_it_brings() -> None:
    recipe = recipe_of(Asked(MCR + "minimal-ubuntu22.04-py39-cpu-inference"))

    assert recipe is not None
    assert (recipe.python, recipe.requirements) == ("==3.9.*", (SERVER,))


def test_a_context_adds_to_what_its_image_brings(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {MCR}minimal-py312-inference\nRUN pip install joblib\n")

    recipe = recipe_of(Asked("", context=tmp_path))

    assert recipe is not None
    assert (recipe.python, recipe.requirements) == ("==3.12.*", (SERVER, "numpy", "joblib"))


def test_a_context_of_an_unknown_image_needs_an_engine(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM ubuntu:24.04\n")

    with pytest.raises(Refused, match=r"FROM ubuntu:24\.04, an image of which nothing is known") as refused:
        recipe_of(Asked("", context=tmp_path))

    assert refused.value.problem.code == "ImageNotRunnableLocally"
