"""The documents' own files, deployed by one command: what they name on this machine is uploaded, and serves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.checkout import ROOT
from local.cloud.environment import CONFLICTING
from local.stack import LocalStack
from local.waiting import PATIENCE
from tests import samples
from tests.e2e import reading

FILES = {
    "model/coefficients.json": '{"weights": [1, 2, 3], "bias": 3}',
    "environment/conda.yaml": yaml.safe_dump(samples.CONDA),
    "onlinescoring/score.py": (samples.SCORING / "dot_product" / "score.py").read_text(),
    "onlinescoring/.env": "MODE=test",
    "onlinescoring/.amlignore": "*.log",
    "onlinescoring/debug.log": "nobody needs this",
    "sample-request.json": f'{{"data": [{samples.ROW}]}}',
    "endpoints/endpoint.yml": """
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json
name: from-files
auth_mode: Key
tags: {year: 2026}
""",
    "endpoints/model.yml": """
$schema: https://azuremlschemas.azureedge.net/latest/model.schema.json
name: from-files-model
path: ../model
""",
    "endpoints/environment.yml": f"""
$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json
name: from-files-serving
image: {samples.IMAGE}
conda_file: ../environment/conda.yaml
""",
    "endpoints/blue-deployment.yml": """
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: blue
endpoint_name: from-files
model: azureml:from-files-model@latest
code_configuration: {code: ../onlinescoring/, scoring_script: score.py}
environment: azureml:from-files-serving@latest
environment_variables: {WORKERS: 1}
instance_type: Standard_DS3_v2
instance_count: 1
""",
}
GREEN = {
    "name": "green",
    "endpoint_name": "from-files",
    "model": "azureml:from-files-model:1",
    "code_configuration": {"code": "../onlinescoring", "scoring_script": "score.py"},
    "environment": "azureml:from-files-serving",
    "instance_type": "Standard_DS3_v2",
    "scale_settings": {"type": "default"},
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("files")) as started:
        yield started


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "endpoints" / "green-deployment.yml").write_text(yaml.safe_dump(GREEN))
    return folder


def slipway(stack: LocalStack, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in CONFLICTING}
    environment |= {**stack.cloud.environment("developer"), "SLIPWAY_URL": stack.host.url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-m", "cli", *arguments]
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def newest(stack: LocalStack) -> dict[str, Any]:
    with stack.http as http:
        found = http.get("/api/deployments?limit=1").json()["deployments"][0]
    return stack.status(found["id"])


def endpoint(stack: LocalStack) -> Any:
    return stack.developer().online_endpoints.get("from-files")


@pytest.fixture(scope="module")
def first(stack: LocalStack, project: Path) -> tuple[str, dict[str, Any]]:
    """What the documents' four commands print as one, and the status of what they deployed."""
    names = ("endpoint.yml", "model.yml", "environment.yml", "blue-deployment.yml")
    files = [word for name in names for word in ("-f", f"endpoints/{name}")]
    done = slipway(stack, project, "deploy", *files, "--request", "sample-request.json")
    return done.stdout, newest(stack)


def test_the_documents_four_commands_are_one(stack: LocalStack, first: tuple[str, dict[str, Any]]) -> None:
    printed, status = first

    assert (status["status"], status["model"]) == ("Succeeded", "from-files-model:1")
    assert status["result"]["answer"] == [samples.answer_of([1, 2, 3])]
    assert endpoint(stack).tags["year"] == "2026"
    # What goes up and what does not is told.
    assert "uploading model azureml:from-files-model from endpoints/../model (1 file, 33 bytes)" in printed
    assert "left out: debug.log" in printed
    assert "uploaded too, as az ml does: .env" in printed


@pytest.mark.usefixtures("first")
def test_a_second_deployment_of_unchanged_files_confirms_what_is_there(stack: LocalStack, project: Path) -> None:
    (project / "endpoints" / "endpoint.yml").write_text(
        "name: from-files\ndescription: two of them\ntags: {team: risk}\n"
    )
    files = ("-f", "endpoints/endpoint.yml", "-f", "endpoints/green-deployment.yml", "-f", "endpoints/waived.yml")
    (project / "endpoints" / "waived.yml").write_text("smoke_test: {waived: blue has answered already}\n")
    slipway(stack, project, "deploy", *files, "--traffic", "blue=90 green=10")
    status, found = newest(stack), endpoint(stack)

    assert status["status"] == "Succeeded"
    assert reading.step(status, "smoke_test")["detail"] == "waived: blue has answered already"
    assert reading.fates(status) == {
        "endpoint from-files": "in_use",
        "deployment green": "in_use",
        "traffic from-files": "in_use",
    }
    # Changed by what the file says, and in nothing else.
    assert found.description == "two of them"
    assert (found.tags["year"], found.tags["team"]) == ("2026", "risk")
    assert reading.traffic(stack, "from-files") == {"blue": 90, "green": 10}
    assert found.auth_mode == "key"


@pytest.mark.usefixtures("first")
def test_the_same_model_again_is_no_new_version(stack: LocalStack, project: Path) -> None:
    (project / "endpoints" / "teal-deployment.yml").write_text(
        FILES["endpoints/blue-deployment.yml"].replace("name: blue", "name: teal").replace("DS3_v2", "F2s_v2")
    )
    files = ("-f", "endpoints/model.yml", "-f", "endpoints/environment.yml", "-f", "endpoints/teal-deployment.yml")
    slipway(stack, project, "deploy", *files, "--request", "sample-request.json", "--traffic", "none")
    status = newest(stack)

    assert (status["status"], status["model"]) == ("Succeeded", "from-files-model:1")
    assert [str(one.version) for one in stack.developer().environments.list("from-files-serving")] == ["1"]


@pytest.mark.usefixtures("first")
def test_a_deployment_without_a_model_answers_too(stack: LocalStack, project: Path) -> None:
    (project / "workflow").mkdir()
    (project / "workflow" / "score.py").write_text("def init(): ...\n\n\ndef run(raw): return {'said': raw}\n")
    deployment = {
        "name": "workflow",
        "endpoint_name": "from-files",
        "code_configuration": {"code": "../workflow", "scoring_script": "./score.py"},
        "environment": "azureml:from-files-serving:1",
        "instance_type": "Standard_F2s_v2",
    }
    (project / "endpoints" / "workflow.yml").write_text(yaml.safe_dump(deployment))
    files = ("-f", "endpoints/workflow.yml", "--request", "sample-request.json", "--traffic", "none")
    slipway(stack, project, "deploy", *files)
    status = newest(stack)

    assert (status["status"], status["model"]) == ("Succeeded", "none")
    assert status["result"]["observed"]["model_id"] == ""
    assert status["result"]["answer"]["said"] == FILES["sample-request.json"]
