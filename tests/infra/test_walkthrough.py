"""docs/azure.md: what can run here is run as it is printed, against the local Azure; what cannot is marked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.check.sources import MAIN, Sources
from local.cloud import world
from local.cloud.environment import CONFLICTING
from local.stack import LocalStack
from local.waiting import PATIENCE
from tests.infra.checkout import ROOT
from tests.infra.recorder import Recorder, says

PAGE = ROOT / "docs" / "azure.md"
README = ROOT / "README.md"
KEY_COMMAND = "az functionapp keys list --name func-slipway-x --query functionKeys.default --output tsv"
IN_AZURE = ("az ", "azd ")


def blocks(language: str) -> list[list[str]]:
    found = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return [block.splitlines() for block in found]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the commands stand on: the repository's examples, and `.venv/bin/python`."""
    shutil.copytree(ROOT / "examples" / "no-sklearn", tmp_path / "checkout" / "examples" / "no-sklearn")
    python = tmp_path / "checkout" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return tmp_path / "checkout"


def run(stack: LocalStack, recorder: Recorder, checkout: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run `script` as a developer of the local workspace whose azd knows the local host."""
    for name, value in {
        "SLIPWAY_URL": stack.host.url,
        "SLIPWAY_KEY_COMMAND": KEY_COMMAND,
        "AZURE_SUBSCRIPTION_ID": world.SUBSCRIPTION,
        "SLIPWAY_TARGET_WORKSPACE": world.WORKSPACE,
        "SLIPWAY_TARGET_RESOURCE_GROUP": world.RESOURCE_GROUP,
    }.items():
        recorder.rule(f"azd get-value {name}", says(value))
    recorder.rule("functionapp keys", says("a-function-key"))
    (recorder.folder / "rules").write_text(json.dumps(recorder.rules))
    known = {**os.environ, **stack.cloud.environment("developer")}
    environment = {
        name: value for name, value in known.items() if name not in CONFLICTING and not name.startswith("SLIPWAY_")
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=checkout,
        env=environment | {"PATH": f"{recorder.programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_every_command_is_marked_with_where_it_runs() -> None:
    fences = set(re.findall(r"^```(\w+)", PAGE.read_text(), re.MULTILINE))

    assert fences == {"shell", "azurecli"}
    assert all(line.startswith(IN_AZURE) for block in blocks("azurecli") for line in block)
    assert not [line for block in blocks("shell") for line in block if line.startswith(IN_AZURE)]


def test_the_walkthrough_makes_the_first_deployment(tmp_path: Path, checkout: Path) -> None:
    script = "\n".join(line for block in blocks("shell") for line in block)
    with LocalStack(tmp_path / "stack") as stack:
        done = run(stack, Recorder(tmp_path / "recorder"), checkout, script)

        assert done.returncode == 0, done.stderr
        with stack.http as http:
            [deployment] = http.get("/api/deployments").json()["deployments"]
        status = stack.status(deployment["id"])
        registered = stack.cloud.state.asset("codes", "linear-scoring", "1")
        [endpoint] = stack.cloud.state.endpoints
    assert (status["status"], status["result"]["answer"]) == ("Succeeded", [388])
    assert re.fullmatch(r"linear-\d+", endpoint)
    assert registered is not None
    assert '"status": "ok"' in done.stdout
    assert f"Succeeded: linear:1 on {endpoint}/version-1" in done.stdout


def test_the_variables_that_are_told_are_those_that_azd_reads() -> None:
    told = set(re.findall(r"`(SLIPWAY_[A-Z_]+)`", PAGE.read_text())) | set(
        re.findall(r"azd env set (\w+)", PAGE.read_text())
    )
    parameters = (ROOT / "infra" / "main.parameters.json").read_text()

    assert told == set(re.findall(r"\$\{(SLIPWAY_\w+)", parameters))


def test_what_azd_is_asked_for_is_an_output() -> None:
    outputs = set(Sources.read(ROOT).trees[MAIN].outputs) | {"AZURE_SUBSCRIPTION_ID"}
    asked = set(re.findall(r"azd env get-value (\w+)", PAGE.read_text()))

    assert asked
    assert asked <= outputs


@pytest.mark.parametrize("page", [PAGE, README], ids=lambda page: page.name)
def test_what_is_said_to_be_needed_is_what_is_checked(page: Path) -> None:
    text = page.read_text()
    required = re.search(r'azd: ">= ([\d.]+)"', (ROOT / "azure.yaml").read_text())
    least = re.search(r"-ge (\d+)", (ROOT / "infra" / "hooks" / "preup.sh").read_text())

    assert required is not None
    assert least is not None
    assert required[1] in text
    assert f"2.{least[1]}" in text


def test_what_the_hooks_print_is_what_is_told() -> None:
    printed = "\n".join(path.read_text() for path in (ROOT / "infra" / "hooks").glob("*.sh"))
    steps = re.findall(r"^\| `((?:\d/4|First) [^`<]+?)(?: <[^`]*)?` \|", PAGE.read_text(), re.MULTILINE)

    assert len(steps) == 5
    assert not [step for step in steps if step not in printed]
