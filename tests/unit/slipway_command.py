"""The command as tests run it, against a service with prepared answers; and what these are made of."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cli.__main__ import main
from tests.unit.scripted_service import ScriptedService

ID = "dep-00000000000000000000000000000001"
DIGEST = "0123456789abcdef" * 2
STATUS = f"/api/deployments/{ID}"
REQUEST = {
    "model": "azureml:credit-risk:1",
    "endpoint": {"name": "credit-risk"},
    "deployment": {
        "name": "blue",
        "environment": "azureml:serving:1",
        "code_configuration": {"code": "azureml:scoring:1", "scoring_script": "score.py"},
        "instance_type": "Standard_DS3_v2",
    },
    "smoke_test": {"request": {"data": [[1]]}, "expect": {"json": [1]}},
}


class Ended(NamedTuple):
    """What the command ended with, and what it wrote."""

    code: int
    out: str
    err: str


Slipway = Callable[..., Ended]


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A service that gives the answers it was told."""
    with ScriptedService() as running:
        yield running


@pytest.fixture
def slipway(service: ScriptedService, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Slipway:
    """The command, sent to that service."""
    for name in ("SLIPWAY_KEY", "SLIPWAY_SUBSCRIPTION_ID", "SLIPWAY_RESOURCE_GROUP", "SLIPWAY_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SLIPWAY_URL", service.url)
    # Progress must not wrap or change with the width of whoever runs the tests.
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*arguments: object) -> Ended:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with the request."""
    path = tmp_path / "request.yml"
    path.write_text(json.dumps(REQUEST))
    return path


def deployment(state: str, **more: Any) -> dict[str, Any]:
    """A status as the service tells it."""
    return {
        "id": ID,
        "status": state,
        "endpoint": "credit-risk",
        "deployment": "blue",
        "model": "credit-risk:1",
        "created": "2026-11-20T14:00:00Z",
        "updated": "2026-11-20T14:25:00Z",
        **more,
    }


def step(name: str, state: str, **more: Any) -> dict[str, Any]:
    """One of its steps."""
    return {"name": name, "state": state, "started": "2026-11-20T14:00:00Z", **more}


SUCCEEDED = deployment(
    "Succeeded",
    result={
        "observed": {
            "endpoint": "credit-risk",
            "deployment": "blue",
            "model_id": "/models/credit-risk/versions/1",
            "principal_id": "p",
            "scoring_uri": "https://credit-risk.eastus.inference.ml.azure.com/score",
            "traffic": {"blue": 100},
        },
        "answer": [388.02],
        "traffic_before": {"green": 100},
    },
)
