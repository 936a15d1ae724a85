"""The files and variables a scoring process sees: the layout of Azure ML's inference images.

Source: azure-ai-ml's own local endpoints, and the variables the service adds to a deployment once it has succeeded
(recorded): code beside `azureml-models/<name>/<version>`, `AML_APP_ROOT` the scoring script's folder,
`AZUREML_ENTRY_SCRIPT` relative to it. There the folder is /var/azureml-app; here it is inside the deployment's root.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath

from cli.wording import counted
from local.cloud.images.problems import StartupProblem
from local.cloud.serving.spec import ServingSpec

INFERENCE_LOG = "inference-server.log"
STORAGE_LOG = "storage-initializer.log"


def code_folder(spec: ServingSpec) -> Path:
    """The deployment's copy of its code."""
    return spec.root / "azureml-app" / spec.code_dir.name


def model_folder(spec: ServingSpec) -> Path:
    """What `AZUREML_MODEL_DIR` says."""
    return spec.root / "azureml-app" / "azureml-models" / spec.model_name / spec.model_version


def app_root(spec: ServingSpec) -> Path:
    """The folder the scoring script lies in."""
    return code_folder(spec) / PurePosixPath(spec.scoring_script).parent


def prepare(spec: ServingSpec, now: datetime) -> StartupProblem | None:
    """Lay out code and model under `spec.root`, writing down what was done; what is missing, if anything is."""
    shutil.rmtree(spec.root, ignore_errors=True)
    spec.root.mkdir(parents=True)
    script = PurePosixPath(spec.scoring_script)
    if script.is_absolute() or ".." in script.parts:
        return StartupProblem(
            "UserError", f"scoring_script {spec.scoring_script!r} must be a path inside the code folder."
        )
    lines = [_copied(spec.code_dir, code_folder(spec), f"code of deployment {spec.deployment}", now)]
    lines.append(_copied(spec.model_dir, model_folder(spec), f"model {spec.model_name}:{spec.model_version}", now))
    (spec.root / STORAGE_LOG).write_text("".join(lines))
    if spec.scoring_script and not (code_folder(spec) / script).is_file():
        message = f"The scoring script {spec.scoring_script!r} is not in the code folder {spec.code_dir.name!r}."
        return StartupProblem("UserError", message)
    return None


def usual_variables() -> dict[str, str]:
    """What every scoring process begins with; a deployment's own variables win over these."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}


def with_programs_of(python: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """The same where the programs beside an interpreter are found first, as in an image."""
    return {**variables, "PATH": f"{python.parent}{os.pathsep}{variables['PATH']}"}


def variables(spec: ServingSpec) -> dict[str, str]:
    """The environment of the scoring process; the platform's variables win over the deployment's."""
    temporary = spec.root / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        **usual_variables(),
        "HOME": str(spec.root),
        "TMPDIR": str(temporary),
        **spec.environment_variables,
        **spec.process_environment,
        "AZUREML_MODEL_DIR": str(model_folder(spec)),
        "AML_APP_ROOT": str(app_root(spec)),
        "AZUREML_ENTRY_SCRIPT": PurePosixPath(spec.scoring_script).name,
    }


def _copied(source: Path, target: Path, what: str, now: datetime) -> str:
    # A copy, as in Azure: a script that writes to its folders must not change the registered asset.
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        target.mkdir(parents=True)
        shutil.copy2(source, target)
    files = [path for path in target.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    return f"{now:%Y-%m-%d %H:%M:%S} I Placed {what}: {counted(len(files), 'file')}, {size} bytes\n"
