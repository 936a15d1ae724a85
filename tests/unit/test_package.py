"""What is deployed to Azure: exactly the function app, and nothing of the local Azure, tests or tools."""

import fnmatch
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

DEPLOYED = {
    "activities",
    "azure_api",
    "contracts",
    "function_app.py",
    "host.json",
    "orchestrations",
    "policies",
    "requirements.txt",
    "settings.py",
    "triggers",
    "version.py",
}


def tracked_files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def is_ignored(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(part, pattern) for part in name.split("/") for pattern in patterns)


def package() -> list[str]:
    patterns = [line for line in (ROOT / ".funcignore").read_text().splitlines() if line]
    return [name for name in tracked_files() if not is_ignored(name, patterns)]


def test_the_package_holds_exactly_the_function_app() -> None:
    assert {name.split("/")[0] for name in package()} == DEPLOYED


def test_the_package_holds_python_its_settings_and_its_policies_only() -> None:
    assert {Path(name).suffix for name in package()} == {".py", ".json", ".txt", ".yml"}


def test_the_deny_list_has_no_negations() -> None:
    # azd read them wrongly until 1.23.13; a plain list means the same to every tool.
    assert not [line for line in (ROOT / ".funcignore").read_text().splitlines() if line.startswith("!")]
