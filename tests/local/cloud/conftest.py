"""A local Azure per test, met through the real SDKs and the environment alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.identity import ManagedIdentityCredential

from local.clock import Clock
from local.cloud.authorization import Propagation
from local.cloud.cloud import LocalCloud
from local.cloud.environment import CONFLICTING
from local.cloud.world import BLOB_CONTAINER, WORKSPACE_STORAGE
from tests.local.cloud.routed import World, routed
from tests.local.cloud.sdk import IMAGE, PROPAGATION, SAMPLES, Describe, client

# After `sdk`, which silences what their first import warns of.
from azure.ai.ml import MLClient  # isort: skip
from azure.ai.ml.entities import (  # isort: skip
    CodeConfiguration,
    Environment,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    Model,
)

SCORING_PYTHON = Path(__file__).parents[3] / ".venv-score" / "bin" / "python"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The routes of a local Azure in which what the whole bodies name is there."""
    with routed(tmp_path_factory.mktemp("azure")) as made:
        yield made


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock(stepped=True)
    yield clock
    clock.close()


@pytest.fixture
def cloud(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalCloud]:
    made = LocalCloud(
        tmp_path / "azure", clock, propagation=Propagation.fixed(PROPAGATION), scoring_python=SCORING_PYTHON
    )
    for name in CONFLICTING:
        monkeypatch.delenv(name, raising=False)
    with made:
        for name, value in made.environment("slipway-app").items():
            monkeypatch.setenv(name, value)
        # What versions that only have to be there point to.
        made.blobs.put(WORKSPACE_STORAGE, BLOB_CONTAINER, "models/double/factor.txt", b"2\n")
        yield made


@pytest.fixture
def ml(cloud: LocalCloud) -> MLClient:
    """The function app: its tokens come from the managed identity endpoint."""
    return client(ManagedIdentityCredential())


@pytest.fixture
def developer(cloud: LocalCloud) -> MLClient:
    return client(cloud.credential("developer"))


@pytest.fixture
def model(ml: MLClient) -> Model:
    made: Model = ml.models.create_or_update(
        Model(name="double", path=SAMPLES / "double" / "model", type="custom_model")
    )
    return made


@pytest.fixture
def endpoint(ml: MLClient) -> ManagedOnlineEndpoint:
    """A ready endpoint with a system-assigned identity."""
    asked = ManagedOnlineEndpoint(name="double", auth_mode="key")
    made: ManagedOnlineEndpoint = ml.online_endpoints.begin_create_or_update(asked).result()
    return made


@pytest.fixture
def deployment_of(model: Model) -> Describe:
    """Describes a deployment of the sample model; any field can be given another value."""

    def describe(code: str = "double", **changes: Any) -> ManagedOnlineDeployment:
        fields: dict[str, Any] = {
            "name": "blue",
            "endpoint_name": "double",
            "model": model,
            "code_configuration": CodeConfiguration(code=str(SAMPLES / code / "code"), scoring_script="score.py"),
            "environment": Environment(image=IMAGE),
            "instance_type": "Standard_DS3_v2",
            "instance_count": 1,
        }
        return ManagedOnlineDeployment(**{**fields, **changes})

    return describe
