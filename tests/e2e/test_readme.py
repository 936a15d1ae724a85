"""Every command and example of the documents works as it is printed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.problems import read_request
from infra.check.sources import MAIN, Sources
from local.cloud.environment import CONFLICTING, write_env_file
from local.stack import LocalStack
from local.waiting import PATIENCE
from tests import samples
from triggers.http import ROUTES

ROOT = Path(__file__).resolve().parents[2]
API, SETTINGS = (ROOT / "docs" / name for name in ("api.md", "settings.md"))
README, CONTRIBUTING, LOCAL_AZURE = (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "docs/local-azure.md"))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def commands(page: Path, language: str = "shell") -> list[str]:
    """The commands that run here; those that need Azure are marked `azurecli`."""
    return [line for block in blocks(page, language) for line in block.splitlines()]


def starting(page: Path, *words: str, language: str = "shell") -> list[str]:
    return [command for command in commands(page, language) if command.startswith(words)]


def request() -> dict[str, Any]:
    [text] = blocks(README, "yaml")
    body: dict[str, Any] = yaml.safe_load(text)
    return body


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[LocalStack]:
    """A stack with what the README's request names: a model whose answer to its sample request is 388."""
    with LocalStack(tmp_path / "stack") as stack:
        samples.register_model(stack, version="3", weights=tuple(range(1, 11)))
        samples.register_code(stack, "dot_product", name="credit-risk-scoring")
        samples.register_environment(stack, "sklearn-serving")
        yield stack


def shell(stack: LocalStack, script: str, folder: Path) -> str:
    """What a shell in `folder` prints, where the repository's programs and what `make up` writes can be found."""
    (folder / ".slipway").mkdir(parents=True)
    (folder / ".slipway" / "request.json").write_text(json.dumps(request()))
    variables = {**stack.cloud.environment("developer"), "SLIPWAY_URL": stack.host.url, "SLIPWAY_KEY": "any"}
    write_env_file(folder / ".slipway" / "env", variables)
    for program, start in ((".venv/bin/python", ""), ("bin/slipway", " -P -m cli")):
        path = folder / program
        path.parent.mkdir(parents=True)
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}"{start} "$@"\n')
        path.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if name not in CONFLICTING},
        "PYTHONPATH": str(ROOT),
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "CONTROL_URL": stack.cloud.control_url,
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_request_is_one_in_at_most_twelve_lines() -> None:
    [text] = blocks(README, "yaml")

    assert len(text.splitlines()) <= 12
    assert str(read_request(request()).model).startswith("azureml:credit-risk:")


def test_there_is_no_command_that_nobody_checks() -> None:
    # `pip install .` is tried by tests/unit/test_installed.py, files of `az ml` by tests/e2e/test_az_ml_files.py.
    checked = ("make ", "source ", "curl ", "echo ", "slipway ", "pip install .")

    pages = (README, CONTRIBUTING, LOCAL_AZURE)
    assert not [command for page in pages for command in commands(page) if not command.startswith(checked)]
    # What needs Azure is marked, here as in docs/azure.md.
    assert all(command.startswith(("az ", "azd ")) for page in pages for command in commands(page, "azurecli"))


@pytest.mark.parametrize("page", [README, CONTRIBUTING, LOCAL_AZURE], ids=lambda page: page.name)
def test_make_commands_are_targets(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = {command.split()[1] for command in starting(page, "make ")} | set(
        re.findall(r"`make ([a-z]+)", page.read_text())
    )

    assert told
    assert told <= targets


def test_azd_is_told_what_infra_asks_for() -> None:
    given = json.loads((ROOT / "infra" / "main.parameters.json").read_text())["parameters"]
    optional = {name for name, one in Sources.read(ROOT).trees[MAIN].parameters.items() if one.default is not None}
    needed = json.dumps([one["value"] for name, one in given.items() if name not in optional])
    asked = set(re.findall(r"\$\{(SLIPWAY_\w+)\}", needed))
    told = {command.split()[3] for command in starting(README, "azd env set ", language="azurecli")}

    assert told == asked


def test_every_setting_is_told() -> None:
    read = set(re.findall(r'"(SLIPWAY_\w+)"', (ROOT / "settings.py").read_text()))

    assert not [name for name in read if f"`{name}`" not in SETTINGS.read_text()]


def test_every_route_is_told() -> None:
    routes = {f"/api/{route.path}" for route in ROUTES}

    assert len(routes) > 13
    assert not [route for route in routes if f" {route}`" not in API.read_text()]


def test_the_commands_of_the_readme_deploy_its_request(ready: LocalStack, tmp_path: Path) -> None:
    slipway = ("slipway deploy .slipway/", "slipway list", "slipway endpoint ")
    script = starting(README, "source ", "curl ", "echo ", *slipway)

    said = shell(ready, "\n".join(script), tmp_path / "checkout")

    with ready.http as http:
        [deployment] = http.get("/api/deployments").json()["deployments"]
    status = ready.status(deployment["id"])
    assert (status["status"], status["result"]["answer"]) == ("Succeeded", [388])
    assert '"status": "ok"' in said
    assert f"accepted as {status['id']}" in said
    assert "Succeeded: credit-risk:3 on credit-risk/blue" in said
    assert "by Slipway" in said
    assert said.endswith("[388]\n")


def test_the_examples_of_the_local_azure_work(ready: LocalStack, tmp_path: Path) -> None:
    [script], [fault] = blocks(LOCAL_AZURE, "python"), starting(LOCAL_AZURE, "curl ")
    (tmp_path / "list_models.py").write_text(script)
    listing = f"source .slipway/env\n.venv/bin/python {tmp_path / 'list_models.py'}\n"

    said = shell(ready, listing + fault, tmp_path / "checkout")

    assert said.startswith("credit-risk 3\n")
    [in_force] = ready.cloud.faults.documents()
    assert (in_force["status"], in_force["times"]) == (429, 2)
