"""What a deployment asks to be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple


class StartupProblem(NamedTuple):
    """Why a deployment does not run: Azure's code, and a message that says what to do."""

    code: str
    message: str


def not_runnable(reason: str) -> StartupProblem:
    """What Azure would run and this machine cannot."""
    return StartupProblem("ImageNotRunnableLocally", reason)


@dataclass(frozen=True)
class ServingSpec:
    """One deployment, resolved: every asset is already a folder on this machine.

    `code_dir` is the registered code folder and `scoring_script` a path inside it. What lies in `model_dir` appears
    in `AZUREML_MODEL_DIR`: the registered folder by its own name, or the registered file. `root` is a folder that
    belongs to this deployment alone; it is emptied first. `environment_variables` are the deployment's own,
    `process_environment` is what the platform adds (identity, proxy, certificates). Nothing else of this machine's
    environment reaches the process, but `PATH`.
    """

    endpoint: str
    deployment: str
    image: str
    conda_file: str | None
    code_dir: Path
    scoring_script: str
    model_dir: Path
    model_name: str
    model_version: str
    root: Path
    environment_variables: Mapping[str, str] = field(default_factory=dict)
    process_environment: Mapping[str, str] = field(default_factory=dict)
    # Service defaults, as the service itself fills them in (recorded).
    request_timeout: timedelta = timedelta(seconds=5)
    max_concurrent: int = 1
    instance_count: int = 1
