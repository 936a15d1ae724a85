"""What is deployed to Azure: exactly the function app, and nothing of the local Azure, of tests, tools or people."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from infra.check.package import package_findings, packed, patterns

ROOT = Path(__file__).resolve().parents[2]
FUNCIGNORE = ".funcignore"

DEPLOYED = {
    "activities",
    "azure_api",
    "contracts",
    "function_app.py",
    "host.json",
    "orchestrations",
    "requirements.txt",
    "settings.py",
    "triggers",
    "version.py",
}
# What people have lying about, none of which may leave their machine.
PRIVATE = (
    ".env",
    ".env.local",
    ".envrc",
    "activities/.env",
    ".azure/slipway/.env",
    ".azure/config.json",
    ".idea/workspace.xml",
    ".vs/slnx.sqlite",
    ".vscode/settings.json",
    "contracts/.vscode/settings.json",
    ".DS_Store",
    ".direnv/python-3.11/bin/python",
    "local.settings.json",
    "local.settings.dev.json",
    "service-principal.pem",
    "deploy.log",
    "Untitled.ipynb",
    "package.zip",
    "slipway.egg-info/PKG-INFO",
    "node_modules/left-pad/index.js",
)
ENVIRONMENTS = ("venv", "env", ".venv-old", "slipway_env", "py311", "triggers/tryout")


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def cloned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clone = tmp_path_factory.mktemp("clone")
    for name in tracked():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    return clone


@pytest.fixture
def checkout(cloned: Path, tmp_path: Path) -> Path:
    """A fresh clone of the working tree; its files are links, but for the one that a test writes to."""
    shutil.copytree(cloned, tmp_path, copy_function=os.link, dirs_exist_ok=True)
    (tmp_path / FUNCIGNORE).unlink()
    shutil.copy(ROOT / FUNCIGNORE, tmp_path)
    return tmp_path


def roots(folder: Path) -> set[str]:
    return {name.split("/")[0] for name in packed(folder)}


def test_a_fresh_clone_deploys_exactly_the_function_app(checkout: Path) -> None:
    assert roots(checkout) == DEPLOYED
    assert package_findings(checkout) == []
    assert {Path(name).suffix for name in packed(checkout)} == {".py", ".json", ".txt"}


def test_what_is_deployed_is_all_that_the_app_imports(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    site = tmp_path_factory.mktemp("wwwroot")
    for name in packed(checkout):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(checkout / name, site / name)

    done = subprocess.run(
        [sys.executable, "-c", "import function_app; print(len(function_app.app.get_functions()))"],
        cwd=site,
        env={"AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


@pytest.mark.parametrize("name", PRIVATE)
def test_private_files_stay_at_home(checkout: Path, name: str) -> None:
    before = list(packed(checkout))
    (checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (checkout / name).write_text("secret")

    assert list(packed(checkout)) == before


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_virtual_environments_of_any_name_stay_at_home(checkout: Path, name: str) -> None:
    before = list(packed(checkout))
    venv.create(checkout / name)
    assert (checkout / name / "pyvenv.cfg").is_file()

    assert list(packed(checkout)) == before


def test_policies_of_the_user_are_deployed_and_the_example_is_not(checkout: Path) -> None:
    assert not [name for name in packed(checkout) if name.endswith(".yml")]

    for name in ("credit-risk.yml", "fraud.yaml"):
        (checkout / "policies" / name).write_text("match: {model: credit-risk}\n")

    assert {"policies/credit-risk.yml", "policies/fraud.yaml"} <= set(packed(checkout))
    assert package_findings(checkout) == []


@pytest.mark.parametrize(
    "name", ["notes.txt", "customers.csv", "activities/notes.txt", "policies/draft.json", "scratch/try.py", "try.py"]
)
def test_a_file_that_is_neither_denied_nor_the_apps_is_told(checkout: Path, name: str) -> None:
    (checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (checkout / name).write_text("")

    assert package_findings(checkout) == [f"{name}: would be deployed; leave it out in .funcignore, or move it"]


def test_a_part_of_the_app_that_is_denied_is_told(checkout: Path) -> None:
    with (checkout / FUNCIGNORE).open("a") as funcignore:
        funcignore.write("settings.py\n")

    assert package_findings(checkout) == ["settings.py: would not be deployed"]


def test_the_deny_list_has_no_negations() -> None:
    # azd read them wrongly until 1.23.13; a plain list means the same to every tool.
    assert not [line for line in patterns((ROOT / ".funcignore").read_text()) if line.startswith("!")]
