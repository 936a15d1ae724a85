"""What a deployment asks to be run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from local.cloud.images.recipe import Asked

LIVENESS, READINESS = "Liveness", "Readiness"


@dataclass(frozen=True)
class Probe:
    """How a container is asked whether it lives, or is ready.

    Asked first after `initial_delay`, then every `period`, for an answer within `timeout`; given up after so many
    failures in a row. The values are those that the service itself fills in (recorded).
    """

    initial_delay: timedelta = timedelta(seconds=10)
    period: timedelta = timedelta(seconds=10)
    timeout: timedelta = timedelta(seconds=2)
    failure_threshold: int = 30
    success_threshold: int = 1
    path: str = "/"

    @property
    def gives_up_after(self) -> timedelta:
        """How long after its start a container must have answered."""
        return self.initial_delay + (self.failure_threshold - 1) * self.period + self.timeout

    def passed(self, up_after: timedelta) -> timedelta:
        """When the probe has succeeded often enough, for a container that answers `up_after` so long."""
        missed = max(0, math.ceil((up_after - self.initial_delay) / self.period))
        return self.initial_delay + (missed + self.success_threshold - 1) * self.period


@dataclass(frozen=True)
class ServingSpec:
    """One deployment, resolved: every asset is already a folder on this machine.

    `code_dir` is the registered code folder and `scoring_script` a path inside it, empty for a container that serves
    by itself. What lies in `model_dir` appears in `AZUREML_MODEL_DIR`: the registered folder by its own name, or the
    registered file. `root` is a folder that belongs to this deployment alone; it is emptied first.
    `environment_variables` are the deployment's own, `process_environment` is what the platform adds (identity, proxy,
    certificates). Nothing else of this machine's environment reaches the process, but `PATH`. `context` is the folder
    that an environment is built from, `scoring_path` where an own container takes requests, `note` what has to be said
    of an environment that was not named.
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
    liveness: Probe = Probe()
    readiness: Probe = Probe()
    context: Path | None = None
    dockerfile: str = "Dockerfile"
    scoring_path: str = "/score"
    note: str = ""

    @property
    def serves_itself(self) -> bool:
        """Whether the container brings a server of its own, with whatever routes it has."""
        return not self.scoring_script

    @property
    def probes(self) -> dict[str, Probe]:
        """What it is asked, by what Azure calls it."""
        return {LIVENESS: self.liveness, READINESS: self.readiness}

    @property
    def asked(self) -> Asked:
        """The environment that the deployment names."""
        return Asked(self.image, self.conda_file, self.context, self.dockerfile, self.note)
