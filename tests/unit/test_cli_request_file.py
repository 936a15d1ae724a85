"""Requests in files: what local folders become, and every problem at once."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.outcome import NotAccepted
from cli.request_file import read_request_file

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "project/model/weights.json": "[1]",
        "project/src/score.py": "def run(raw): return raw",
        "project/src/__pycache__/score.pyc": "compiled",
        "project/src/.secrets/token": "hidden",
        "project/conda.yml": "name: serving\ndependencies: [python=3.11]\n",
        "elsewhere/weights.json": "[2]",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "project"


def request(**model: Any) -> dict[str, Any]:
    return {
        "model": {"name": "credit-risk", "version": 3, "path": "./model", **model},
        "endpoint": {"name": "credit-risk"},
        "deployment": {
            "name": "blue",
            "code_configuration": {"code": "./src", "scoring_script": "score.py"},
            "environment": {"image": "mcr.microsoft.com/azureml/x:1", "conda_file": "./conda.yml"},
            "instance_type": "Standard_DS3_v2",
        },
        "smoke_test": {"request": {"data": [[1]]}, "expect": {"json": [1]}},
    }


def written(folder: Path, body: dict[str, Any]) -> Path:
    path = folder / "request.yml"
    path.write_text(yaml.safe_dump(body))
    return path


def problems_of(folder: Path, body: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(NotAccepted) as refused:
        read_request_file(written(folder, body))
    return {problem.path: problem.code for problem in refused.value.problems}


def test_local_folders_become_registered_assets(folder: Path) -> None:
    found = read_request_file(written(folder, request()))

    assert found.to_send["model"] == "azureml:credit-risk:3"
    assert found.code is not None
    assert found.to_send["deployment"]["code_configuration"]["code"] == found.code.reference
    assert found.to_send["deployment"]["environment"]["conda_file"] == {
        "name": "serving",
        "dependencies": ["python=3.11"],
    }
    # As az ml uploads it: hidden files too.
    assert [path.name for path in found.code.files] == ["token", "score.py"]
    assert [path.name for path in found.code.left_out] == ["score.pyc"]


def test_a_plan_asks_about_the_model_as_one_to_be_registered(folder: Path) -> None:
    found = read_request_file(written(folder, request()))

    assert found.model
    assert found.code
    uploads = found.to_plan.pop("uploads")
    assert uploads["model"].items() >= {"name": "credit-risk", "content": found.model.digest}.items()
    assert uploads["code"] == found.code.reference == found.to_send["deployment"]["code_configuration"]["code"]


def test_the_same_code_has_the_same_name_wherever_it_lies(folder: Path) -> None:
    before = read_request_file(written(folder, request())).code
    (folder / "src").rename(folder / "scoring")
    body = request()
    body["deployment"]["code_configuration"]["code"] = "./scoring"
    moved = read_request_file(written(folder, body)).code
    (folder / "scoring" / "score.py").write_text("def run(raw): return None")
    changed = read_request_file(written(folder, body)).code

    assert before
    assert moved
    assert changed
    assert before.reference == moved.reference != changed.reference


def test_registered_assets_are_left_as_they_are(folder: Path) -> None:
    body = {**request(), "model": "azureml:credit-risk@latest"}
    body["deployment"]["code_configuration"]["code"] = "azureml:scoring:1"
    body["deployment"]["environment"] = "azureml:serving:1"

    found = read_request_file(written(folder, body))

    assert found.to_send == found.to_plan == body
    assert found.model is None
    assert found.code is None


def test_everything_missing_is_told_at_once(folder: Path) -> None:
    body = request(path="./nowhere")
    body["deployment"]["code_configuration"] = {"code": "./no-src", "scoring_script": "score.py"}
    body["deployment"]["environment"]["conda_file"] = "./no.yml"
    body["endpoint"]["name"] = "x"

    assert problems_of(folder, body) == {
        "model.path": "not_found",
        "deployment.code_configuration.code": "not_found",
        "deployment.environment.conda_file": "not_found",
        "endpoint.name": "invalid_value",
    }


@pytest.mark.parametrize("path", ["../elsewhere", "../elsewhere/weights.json", ".", "/etc/hostname", "model/../.."])
def test_only_what_is_below_the_file_can_be_named(folder: Path, path: str) -> None:
    assert problems_of(folder, request(path=path)) == {"model.path": "outside_folder"}


@pytest.mark.parametrize("inside", ["model", "src"])
def test_a_link_cannot_lead_out_of_an_uploaded_folder(folder: Path, inside: str) -> None:
    (folder / inside / "link").symlink_to(folder.parent / "elsewhere")

    assert list(problems_of(folder, request()).values()) == ["unusable_folder"]


def test_a_link_in_the_path_cannot_lead_out_either(folder: Path) -> None:
    (folder / "link").symlink_to(folder.parent / "elsewhere")

    assert problems_of(folder, request(path="./link")) == {"model.path": "outside_folder"}


@pytest.mark.parametrize("name", [".amlignore", ".gitignore"])
def test_what_an_ignore_file_names_is_left_out_and_told(folder: Path, name: str) -> None:
    (folder / "src" / name).write_text("# ours\n.secrets/\n*.log\n!kept.log\n")
    for log in ("lost.log", "kept.log"):
        (folder / "src" / log).touch()
    found = read_request_file(written(folder, request())).code

    assert found
    assert [path.name for path in found.files] == [name, "kept.log", "score.py"]
    assert [path.name for path in found.left_out] == ["token", "score.pyc", "lost.log"]


def test_amlignore_goes_before_gitignore(folder: Path) -> None:
    (folder / "src" / ".gitignore").write_text("score.py")
    (folder / "src" / ".amlignore").write_text(".gitignore")
    found = read_request_file(written(folder, request())).code

    assert found
    assert "score.py" in [path.name for path in found.files]


def test_a_scoring_script_must_be_in_the_code_folder(folder: Path) -> None:
    body = request()
    body["deployment"]["code_configuration"]["scoring_script"] = "other.py"

    assert problems_of(folder, body) == {"deployment.code_configuration.scoring_script": "not_found"}


def test_a_local_model_without_a_name_is_called_after_its_content(folder: Path) -> None:
    body = request()
    body["model"] = {"path": "./model"}
    found = read_request_file(written(folder, body))

    assert found.model
    assert found.model.reference == found.to_send["model"]
    assert found.model.reference.startswith("azureml:slipway-model-")


def test_a_script_that_is_no_python_is_told_before_it_is_uploaded(folder: Path) -> None:
    (folder / "src" / "score.py").write_text("def run(raw:\n")

    assert problems_of(folder, request()) == {"deployment.code_configuration.scoring_script": "invalid_value"}


def test_anchors_are_taken_in_a_file_of_ones_own_as_far_as_they_do_not_grow_without_measure(folder: Path) -> None:
    body = yaml.safe_dump(request())
    path = folder / "request.yml"
    path.write_text(body.replace("model:", "x-tags: &tags {team: risk}\nmodel:\n  tags: *tags", 1))
    with pytest.raises(NotAccepted) as refused:
        read_request_file(path)
    assert [problem.path for problem in refused.value.problems] == ["x-tags"]

    path.write_text("a: &a [1,2,3,4,5,6,7,8,9]\n" + "\n".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in zip("abcdefg", "bcdefgh", strict=True)
    ))  # fmt: skip
    with pytest.raises(NotAccepted, match="cannot be read"):
        read_request_file(path)


@pytest.mark.parametrize("text", ["a: [", "- a list", "a: &x [*x]", "a: 1\na: 2"])
def test_a_file_that_is_no_request_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "request.yml"
    path.write_text(text)

    with pytest.raises(NotAccepted, match="cannot be read"):
        read_request_file(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAccepted, match="No such file"):
        read_request_file(tmp_path / "request.yml")


def test_a_broken_conda_file_is_told_apart(folder: Path) -> None:
    (folder / "conda.yml").write_text("dependencies: [")

    assert problems_of(folder, request()) == {"deployment.environment.conda_file": "unreadable"}
