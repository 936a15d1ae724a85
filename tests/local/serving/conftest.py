"""Real scoring servers for the samples of this folder, started once where a test does not harm them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.clock import Clock
from local.cloud.environment import of_this_machine
from local.cloud.serving import Containers, ServingProcess, ServingSpec, launch
from local.waiting import PATIENCE

SAMPLES = Path(__file__).parent / "samples"
REPOSITORY = Path(__file__).parents[3]
IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest"
# What the prebuilt scoring environment has.
CONDA = "dependencies: [python, {pip: [azureml-inference-server-http, scikit-learn]}]"
# When the processes start, by the clock of the local Azure.
VIRTUAL = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def scoring_python() -> Path:
    python = REPOSITORY / ".venv-score" / "bin" / "python"
    assert python.exists(), "no scoring environment (.venv-score): `make environments` makes it"
    return python


@pytest.fixture(scope="session")
def containers(scoring_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Containers:
    """With a cache of their own, and no images of one's own."""
    folder = tmp_path_factory.mktemp("environments")
    return Containers(folder, scoring_python, images=folder / "none.yml", variables=of_this_machine())


@pytest.fixture
def spec(tmp_path: Path) -> Callable[..., ServingSpec]:
    return lambda **changes: specification(tmp_path / "deployment", **changes)


def specification(root: Path, **changes: Any) -> ServingSpec:
    usual: dict[str, Any] = {
        "endpoint": "credit-risk",
        "deployment": "blue",
        "image": IMAGE,
        "conda_file": CONDA,
        "code_dir": SAMPLES / "linear" / "code",
        "scoring_script": "score.py",
        "model_dir": SAMPLES / "linear" / "model",
        "model_name": "weights",
        "model_version": "1",
        "root": root,
    }
    return ServingSpec(**{**usual, **changes})


class Reports:
    """Collects what a serving process reports; `wait` returns when it has reported `count` times."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self._changed = threading.Condition()

    def __call__(self, process: ServingProcess) -> None:
        with self._changed:
            self.states.append(process.state)
            self._changed.notify_all()

    def wait(self, count: int = 1) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.states) >= count, PATIENCE), "nothing was reported"


@pytest.fixture
def start(containers: Containers) -> Iterator[Callable[[ServingSpec], tuple[ServingProcess, Reports]]]:
    """Launch a spec and wait for its first report; whatever was started is stopped afterwards."""
    started: list[ServingProcess] = []

    def start(spec: ServingSpec) -> tuple[ServingProcess, Reports]:
        reports = Reports()
        process = launch(spec, Clock(start=VIRTUAL), containers, reports)
        started.append(process)
        reports.wait()
        return process, reports

    yield start
    for process in started:
        process.stop()


@pytest.fixture(scope="session")
def linear(containers: Containers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ServingProcess]]:
    """Two healthy deployments, blue and green, for tests that only ask them questions."""
    reports = Reports()
    processes = {
        name: launch(
            specification(
                tmp_path_factory.mktemp("linear") / name,
                deployment=name,
                environment_variables={"COLOUR": name},
                max_concurrent=4,
            ),
            Clock(),
            containers,
            reports,
        )
        for name in ("blue", "green")
    }
    reports.wait(len(processes))
    assert reports.states == ["healthy", "healthy"], [process.log() for process in processes.values()]
    yield processes
    for process in processes.values():
        process.stop()
