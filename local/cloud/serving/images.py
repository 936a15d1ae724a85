"""Whether a deployment's image and packages can run on this machine: never pretended, always by name.

There is no container engine here. A scoring script is run by the real inference server in the scoring virtual
environment, so what the deployment's conda file asks for has to be there already.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from local.cloud.serving.environment import PythonEnvironment, inspect
from local.cloud.serving.spec import ServingSpec, StartupProblem, not_runnable

INFERENCE_SERVER = "azureml-inference-server-http"
# Azure ML's images and curated environments. Prompt flow and MLflow ones bring servers of their own.
_AZUREML_IMAGE = re.compile(
    r"(?!.*(?:promptflow|mlflow))(?:mcr\.microsoft\.com/azureml/|azureml://registries/azureml/environments/)\S+",
    re.IGNORECASE,
)
_PYTHON = re.compile(r"python(?P<spec>[\s=<>!~\d.*,|]*)$")


def problem(spec: ServingSpec, python: Path) -> StartupProblem | None:
    """Why `spec` cannot be served by the interpreter `python`, or None when it can."""
    if not _AZUREML_IMAGE.fullmatch(spec.image):
        return not_runnable(
            f"image {spec.image!r}: without a container engine the local Azure runs scoring scripts only, on Azure "
            "ML's own inference images (mcr.microsoft.com/azureml/..., or a curated environment; neither promptflow "
            "nor mlflow). Use such a base image with a code_configuration, or deploy this one in Azure."
        )
    try:
        environment = inspect(python)
    except FileNotFoundError:
        return not_runnable(f"there is no scoring environment at {python}: create it with the project's setup step.")
    except RuntimeError as error:
        return not_runnable(
            f"the scoring environment is broken: {error}. Create it again with the project's setup step."
        )
    problems = _package_problems(spec.conda_file, environment)
    if problems:
        return not_runnable(
            f"image {spec.image!r} with this conda file: {'; '.join(problems)}. Install it into the scoring "
            f"environment ({environment.interpreter.parent.parent.name}, Python {environment.minor}) or change the "
            "conda file."
        )
    return None


def server_version(python: Path) -> str:
    """What the inference server calls itself in the `x-ms-server-version` header of its answers (recorded)."""
    return f"azmlinfsrv/{inspect(python).packages[INFERENCE_SERVER][0]}"


def _package_problems(conda_file: str | None, environment: PythonEnvironment) -> list[str]:
    problems = []
    if INFERENCE_SERVER not in environment.packages:
        problems.append(f"{INFERENCE_SERVER} is not installed")
    for entry in _dependencies(conda_file):
        if isinstance(entry, dict) and set(entry) == {"pip"} and isinstance(entry["pip"], list):
            found = [_pip_problem(str(line), environment) for line in entry["pip"]]
        else:
            found = [_conda_problem(entry, environment)]
        problems += [text for text in found if text]
    return problems


def _dependencies(conda_file: str | None) -> list[object]:
    if not conda_file:
        return []
    try:
        document = yaml.safe_load(conda_file)
    except yaml.YAMLError:
        return ["a conda file that is not YAML"]
    listed = document.get("dependencies", []) if isinstance(document, dict) else None
    return listed if isinstance(listed, list) else ["a conda file without a list of dependencies"]


def _conda_problem(entry: object, environment: PythonEnvironment) -> str | None:
    text = str(entry).strip()
    if re.match(r"pip([\s=<>!~]|$)", text):
        return None
    python = _PYTHON.match(text)
    if python is None:
        return f"conda package {text!r} cannot be provided without conda (list it under pip)"
    wanted = python["spec"].strip()
    if not wanted or _minor_matches(wanted, environment.minor):
        return None
    return f"Python {wanted} is wanted and the scoring environment has {environment.minor}"


def _minor_matches(wanted: str, minor: str) -> bool:
    """Compare on the minor version only: `=3.11`, `==3.11.7` and `3.11` mean any 3.11."""
    exact = re.fullmatch(r"={0,3}\s*(\d+\.\d+)(\.[\d*]+)*", wanted)
    if exact:
        return exact[1] == minor
    try:
        return SpecifierSet(wanted).contains(f"{minor}.0") or SpecifierSet(wanted).contains(f"{minor}.99")
    except InvalidSpecifier:
        return False


def _pip_problem(line: str, environment: PythonEnvironment) -> str | None:
    text = line.split(" #", maxsplit=1)[0].strip()
    if text.startswith("-"):
        return f"pip option {text.split()[0]!r} is not read here"
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return f"{text!r} is not a requirement that can be compared with what is installed"
    return environment.problem_with(requirement)
