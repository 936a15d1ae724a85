"""`slipway policies check` tells what the app would say of the same folder, and CI asks it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from cli.__main__ import main
from tests.samples import request
from triggers.policies import read_folder

ROOT = Path(__file__).resolve().parents[2]
Slipway = Callable[..., tuple[int, str, str]]


@pytest.fixture
def slipway(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Slipway:
    monkeypatch.delenv("SLIPWAY_POLICIES", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    body = {key: part for key, part in request(endpoint="{model}").items() if key != "model"}
    for name, match in (("good.yml", {"model": "fraud"}), ("bad.yaml", {"models": "[bold]credit[/bold]-*"})):
        (tmp_path / name).write_text(yaml.safe_dump({"match": match, **body}))
    (tmp_path / "worse.yml").write_text("match: [\x1b[31m")
    return tmp_path


def test_every_problem_of_a_folder_is_told(slipway: Slipway, folder: Path) -> None:
    code, out, err = slipway("policies", "check", folder)

    told = [line for invalid in read_folder(folder).invalid for line in invalid.lines]
    assert len(told) == 3
    assert (code, err.splitlines()) == (1, told)
    assert out == f"{folder}: 1 policy file can be used, 3 problems\n"


def test_a_folder_without_problems_is_a_success(slipway: Slipway, folder: Path) -> None:
    for name in ("bad.yaml", "worse.yml"):
        (folder / name).unlink()

    assert slipway("policies", "check", folder) == (0, f"{folder}: 1 policy file can be used, 0 problems\n", "")


def test_json_has_every_problem_by_its_file(slipway: Slipway, folder: Path) -> None:
    code, out, err = slipway("policies", "check", folder, "--json")

    told = json.loads(out)
    assert (code, err, told["folder"], told["policies"]) == (1, "", str(folder), 1)
    assert [one["file"] for one in told["invalid"]] == ["bad.yaml", "worse.yml"]
    assert {"path": "match.model", "code": "required"}.items() <= told["invalid"][0]["problems"][0].items()


def test_installed_without_a_folder_there_is_nothing_to_check(
    slipway: Slipway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.policy_commands.policies_folder", lambda _: tmp_path / "site" / "policies")
    monkeypatch.chdir(tmp_path)

    code, out, err = slipway("policies", "check")

    assert (code, out) == (2, "")
    assert "there is no folder `policies` here" in err


def test_the_folder_of_the_settings_is_checked_unless_another_is_named(
    slipway: Slipway, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert slipway("policies", "check")[0] == 0

    monkeypatch.setenv("SLIPWAY_POLICIES", str(folder))
    assert slipway("policies", "check")[0] == 1
    monkeypatch.setenv("SLIPWAY_POLICIES", "polices")
    code, _, err = slipway("policies", "check")
    assert (code, str(ROOT / "polices") in err) == (1, True)
    # A folder that is named is where its name is written.
    monkeypatch.chdir(tmp_path)
    assert str(folder) in slipway("policies", "check", ".")[1]


def test_ci_checks_the_policies_and_the_example() -> None:
    makefile = (ROOT / "Makefile").read_text()
    [check] = re.findall(r"^check:(.*)$", makefile, re.MULTILINE)
    [recipe] = re.findall(r"^policies:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)

    assert "policies" in check.split()
    assert [line.split("-m ")[1] for line in recipe.splitlines()] == [
        "cli policies check",
        "cli policies check examples/policies",
    ]
    assert "make check" in (ROOT / ".github" / "workflows" / "check.yml").read_text()
