"""The examples are what they say: requests that can be sent, code that runs, a policy that can deploy."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.request_file import Asked, read_request_file, read_request_files
from triggers.policies import load_policy

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
SCORING_PYTHON = ROOT / ".venv-score" / "bin" / "python"
SCORING_LOCK = ROOT / "local" / "cloud" / "serving" / "requirements.txt"

SCORE = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
os.environ["AZUREML_MODEL_DIR"] = sys.argv[2]
import score
score.init()
print(json.dumps(score.run(sys.argv[3])))
"""

# The same for a model of each version, trained by the example's own program: importing scikit-learn is most of it.
TRAINED = """
import json, os, runpy, sys
program, score_folder, out, question, *versions = sys.argv[1:]
sys.path.insert(0, score_folder)
import score
for version in versions:
    sys.argv = [program, "--version", version, "--out", os.path.join(out, version, "model")]
    runpy.run_path(program, run_name="__main__")
    os.environ["AZUREML_MODEL_DIR"] = os.path.join(out, version)
    score.init()
    print(json.dumps(score.run(question)))
"""
ANSWERS = {"1": 388.02, "2": 223.03}


def scored(example: str, model: Path, question: Any) -> Any:
    """What the example's script answers, in the environment that models are served in."""
    return json.loads(output_of("-c", SCORE, EXAMPLES / example / "score", model.parent, json.dumps(question)))


def output_of(*arguments: object) -> str:
    """What the scoring environment's Python prints."""
    command = [str(SCORING_PYTHON), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def pins(conda: dict[str, Any]) -> list[str]:
    pip = next(entry["pip"] for entry in conda["dependencies"] if isinstance(entry, dict))
    return [line for line in pip if "==" in line]


@pytest.mark.parametrize("request_file", sorted(EXAMPLES.glob("*/request.yml")), ids=lambda path: path.parent.name)
def test_every_example_is_a_request_that_can_be_sent(request_file: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(request_file.parent, tmp_path / "example")
    trained = copied / "model" / "sklearn_regression_model.pkl"
    trained.parent.mkdir(exist_ok=True)
    trained.touch()

    assert read_request_file(copied / "request.yml").to_send


def commands() -> Iterator[tuple[Path, list[str]]]:
    """The commands of examples that are files of `az ml`: where they are run, and their words."""
    for page in sorted(EXAMPLES.glob("*/README.md")):
        folder = ROOT
        for line in page.read_text().splitlines():
            if line.startswith("cd "):
                folder = ROOT / line.removeprefix("cd ")
            elif line.startswith("slipway deploy -f"):
                yield folder, shlex.split(line)


@pytest.mark.parametrize(
    ("folder", "words"), [*commands()], ids=lambda part: part.name if isinstance(part, Path) else ""
)
def test_every_example_of_az_ml_files_is_a_request_that_can_be_sent(folder: Path, words: list[str]) -> None:
    given = [*zip(words[2::2], words[3::2], strict=True)]
    request = next((folder / path for option, path in given if option == "--request"), None)
    shares = next((shares for option, shares in given if option == "--traffic"), None)

    found = read_request_files([folder / path for option, path in given if option == "-f"], Asked(request, shares))

    assert found.to_send["smoke_test"]
    assert found.uploads


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the program that trains says of each version, and what its model answers then."""
    example, question = EXAMPLES / "credit-risk", json.dumps({"data": [list(range(1, 11))]})
    out = tmp_path_factory.mktemp("trained")
    said = output_of("-c", TRAINED, example / "train.py", example / "score", out, question, *ANSWERS).splitlines()
    return {version: said[2 * place : 2 * place + 2] for place, version in enumerate(ANSWERS)}


@pytest.mark.parametrize(("version", "answer"), ANSWERS.items())
def test_the_trained_model_answers_as_its_documents_say(
    version: str, answer: float, trained: dict[str, list[str]]
) -> None:
    said, found = trained[version]

    assert f"{answer:.2f}" in said
    assert json.loads(found) == [pytest.approx(answer, abs=0.005)]


@pytest.mark.parametrize(("version", "answer"), [("v1", 388), ("v2", 223)])
def test_the_model_without_sklearn_answers_as_its_documents_say(version: str, answer: int) -> None:
    model = EXAMPLES / "no-sklearn" / version / "model"

    assert scored("no-sklearn", model, {"data": [list(range(1, 11))]}) == [answer]


@pytest.mark.parametrize(("example", "error"), [("broken-init", "FileNotFoundError"), ("broken-run", "ValueError")])
def test_the_broken_examples_break_where_they_say(example: str, error: str, tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as broken:
        scored(example, tmp_path / "model", {})

    assert error in broken.value.stderr
    assert f", in {example.removeprefix('broken-')}\n" in broken.value.stderr


CONDA_FILES = [*EXAMPLES.glob("*/conda.yml"), *EXAMPLES.glob("*/model/conda.yaml")]


@pytest.mark.parametrize("conda", sorted(CONDA_FILES), ids=lambda path: path.relative_to(EXAMPLES).parts[0])
def test_examples_ask_for_the_packages_that_models_are_served_with(conda: Path) -> None:
    locked = re.findall(r"^[\w-]+==[\w.]+", SCORING_LOCK.read_text(), re.MULTILINE)

    pinned = set(pins(yaml.safe_load(conda.read_text())))

    assert pinned
    assert pinned <= set(locked)


def test_the_policy_makes_requests_with_the_environment_of_the_example() -> None:
    policy = load_policy(ROOT / "examples" / "policies" / "credit-risk.yml")
    example = yaml.safe_load((EXAMPLES / "credit-risk" / "conda.yml").read_text())

    made = policy.request_for("credit-risk", "2").to_wire()

    assert made["model"] == "azureml:credit-risk:2"
    assert made["deployment"]["name"] == "version-2"
    assert made["deployment"]["environment"]["conda_file"] == example
