"""The examples whose environments are too large for the suite, as their READMEs say: `make examples`.

Each command of a README's first block is run on one local Azure, and what it ends with is what the README expects.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.checkout import ROOT
from local.cloud import world
from local.cloud.environment import CONFLICTING
from local.stack import LocalStack
from tests import samples
from tests.e2e import reading

pytestmark = pytest.mark.examples

FLOW = Path(__file__).parent / "llm_flow"
PROGRAMS = {"slipway": [sys.executable, "-P", "-m", "cli"], "python": [sys.executable]}


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("examples")) as stack:
        stack.cloud.state.quota.cores = samples.ROOM
        yield stack


def blocks(example: str, language: str) -> list[str]:
    page = (ROOT / "examples" / example / "README.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def commands(example: str) -> Iterator[tuple[Path, list[str]]]:
    """Each command of the README's first block, and where it is run."""
    folder = ROOT
    for line in blocks(example, "shell")[0].splitlines():
        program, *arguments = shlex.split(line)
        if program == "cd":
            folder = ROOT / arguments[0]
        else:
            yield folder, [*PROGRAMS[program], *arguments]


def run(stack: LocalStack, folder: Path, command: list[str]) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in CONFLICTING}
    environment |= {**stack.cloud.environment("developer"), "SLIPWAY_URL": stack.host.url, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def told(output: str) -> list[str]:
    """What is the same each time: neither how long it took, nor with what it was signed."""
    found = re.findall(r"^(?:Succeeded: [^,]*|  (?:scoring|traffic|answered) .*)", output, re.MULTILINE)
    return [re.sub(r"signed \S+", "signed …", line) for line in found]


@pytest.mark.parametrize("example", ["chat-flow", "custom-environment", "agent-framework"])
def test_an_example_ends_as_its_readme_says(azure: LocalStack, example: str) -> None:
    [output] = [run(azure, *command) for command in commands(example)]

    assert told(output)
    assert told(output) == told(blocks(example, "text")[0])


def test_an_endpoint_moves_from_a_flow_to_a_workflow(azure: LocalStack) -> None:
    *before, compared, ninety, all_of_it = [run(azure, *command) for command in commands("flow-to-agent-framework")]

    assert "Succeeded: kitchen-chat:1 on chat-flow/blue" in before[0]
    assert compared == blocks("flow-to-agent-framework", "text")[0]
    assert "blue 90 %" in ninety
    assert "→ green 100 %" in all_of_it
    assert azure.developer().online_endpoints.get("chat-flow").traffic == {"blue": 0, "green": 100}


@pytest.mark.parametrize("opened_by", ["key", "role"])
def test_a_flow_with_an_llm_node_asks_its_account_which_has_no_model(azure: LocalStack, opened_by: str) -> None:
    from azure.ai.ml.entities import AzureOpenAIConnection

    account = AzureOpenAIConnection(
        name="gpt",
        azure_endpoint=f"https://{opened_by}.openai.azure.com/",
        api_key="opens-it" if opened_by == "key" else None,
        api_version="2024-02-01",
        open_ai_resource_id=f"{world.RESOURCE_GROUP_ID}/providers/Microsoft.CognitiveServices/accounts/{opened_by}",
    )
    azure.developer().connections.create_or_update(account)
    request = shutil.copytree(FLOW, azure.data / opened_by) / "request.yml"

    output = run(azure, ROOT, [*PROGRAMS["slipway"], "deploy", str(request), "--set", f"endpoint.name=by-{opened_by}"])

    assert "The local Azure has no language model. Deployment mini was asked with 2 messages" in output


def test_a_flow_whose_identity_may_not_read_its_connection_yet_is_tried_again(azure: LocalStack) -> None:
    """The runtime answers 400, the front door 424; the role takes longer than the request waits for it."""
    request: dict[str, Any] = yaml.safe_load((ROOT / "examples/chat-flow/request.yml").read_text())
    request["endpoint"] = {"name": "impatient"}
    request["access"] = {"propagation": {"wait": "PT0S"}}
    request["model"] = "azureml:kitchen-chat:1"
    request["smoke_test"]["request"]["chat_history"] = []

    status = azure.wait(azure.post(request)["id"], seconds=300)

    assert status["status"] == "Succeeded"
    assert reading.step(status, "smoke_test")["attempts"] > 1
    assert "smoke_test was refused" in reading.step(status, "roles_effective")["detail"]
