"""The examples without JSON or without code answer for real, and what nobody wrote is found: on one stack."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml.entities import Model

from cli.request_file import Asked, RequestFile, read_request_files
from cli.workspace import Workspace
from contracts.activities import SmokeTestInput
from local.cloud.world import APP, WORKSPACE_STORAGE, storage_id
from local.stack import ROOT, LocalStack
from settings import settings
from tests import samples
from tests.e2e import reading
from tests.integration.acting import act, done

EXAMPLES = ROOT / "examples"
READER = "Storage Blob Data Reader"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("examples")) as started:
        started.cloud.state.quota.cores = samples.ROOM
        yield started


def request_of(stack: LocalStack, name: str, *files: str, request: str | None = None) -> RequestFile:
    """The example's request, with what it names registered as its command would."""
    folder = EXAMPLES / name
    asked = Asked(folder / request if request else None)
    found = read_request_files([folder / file for file in files], asked)
    workspace = Workspace(settings())
    workspace._credential = stack.cloud.credential("developer")
    for one in found.uploads:
        found.naming(one, workspace.register(one)[0])
    return found


@pytest.fixture(scope="module")
def consumption(stack: LocalStack) -> dict[str, Any]:
    """The status of the MLflow example, deployed without a word of what to send to it."""
    found = request_of(stack, "mlflow-no-code", "endpoint.yml", "model.yml", "blue-deployment.yml")
    return stack.deploy({name: part for name, part in found.to_send.items() if name != "smoke_test"})


@pytest.fixture(scope="module")
def bright(stack: LocalStack) -> dict[str, Any]:
    """The status of the binary example, asked twice."""
    files = ("endpoint.yml", "blue-deployment.yml", "smoke-test.yml")
    found = request_of(stack, "binary", *files, request="picture.pgm").to_send
    once = found["smoke_test"]
    again = {name: part for name, part in once.items() if name != "expect"} | {"expect": {"contains": "P5"}}
    return stack.deploy(found | {"smoke_test": {"cases": [once, again]}})


def test_an_mlflow_model_without_code_is_asked_what_it_says_itself(consumption: dict[str, Any]) -> None:
    assert consumption["status"] == "Succeeded", consumption["error"]
    assert consumption["result"]["answer"] == [146.5, 134.75]
    # As in Azure: what MLflow's own server takes, this one does not.
    refused = act("smoke_test", asked("consumption", request={"dataframe_split": {"columns": ["a"], "data": [[1]]}}))
    assert "the model answered 400: " in refused["error"]["message"]


def test_bytes_are_sent_and_answered_and_told_by_type_size_and_digest(bright: dict[str, Any]) -> None:
    assert bright["status"] == "Succeeded", bright["error"]
    first, second = bright["result"]["answer"]
    assert first == second
    assert reading.step(bright, "smoke_test")["detail"] == "2 cases"
    assert (first["content_type"], first["size"]) == ("image/x-portable-graymap", 75)


def asked(endpoint: str, model: str | None = None, **test: Any) -> SmokeTestInput:
    return SmokeTestInput(endpoint=endpoint, deployment="blue", test=test, model=model)


@pytest.mark.usefixtures("bright")
def test_a_script_that_describes_nothing_has_to_be_told_what_to_send() -> None:
    error = act("smoke_test", asked("bright"))["error"]

    assert error["code"] == "SampleMissing"
    assert "waived" in error["suggestion"]


@pytest.mark.usefixtures("bright")
@pytest.mark.parametrize(
    ("test", "code", "message"),
    [
        ({"name": "as text", "text": "no picture"}, "ModelFailed", "as text: the model answered 400: send a picture"),
        ({"request": [1]}, "ModelFailed", "the model answered 400"),
        ({"base64": "UDUKMSAxCjI1NQoA", "expect": {"json": 1}}, "WrongAnswer", "expect `bytes`"),
        ({"base64": "UDUKMSAxCjI1NQoA", "expect": {"bytes": {"size": 1}}}, "WrongAnswer", "has size 12, not 1"),
    ],
)
def test_what_is_wrong_with_a_case_is_told_with_its_name(test: Any, code: str, message: str) -> None:
    error = act("smoke_test", asked("bright", **test))["error"]

    assert (error["code"], message in error["message"]) == (code, True), error


def plan(stack: LocalStack, model: str, *, tested: bool = True, **deployment: Any) -> dict[str, Any]:
    body = samples.request(endpoint="planned", model=model, identity=None)
    body["deployment"] = {"name": "blue", "instance_type": "Standard_DS3_v2"} | deployment
    if not tested:
        del body["smoke_test"]
    with stack.http as http:
        found: dict[str, Any] = http.post("/api/plans", json=body).raise_for_status().json()
    return found


def codes(found: dict[str, Any], kind: str) -> list[str]:
    return [one["code"] for one in found[kind] if one["code"] not in ("QuotaUnknown", "CapacityUnknown")]


@pytest.mark.usefixtures("consumption")
def test_files_that_slipway_may_not_read_are_left_unchecked(stack: LocalStack) -> None:
    found = plan(stack, "azureml:consumption:1")

    assert "ServerUnknown" in codes(found, "unchecked")
    assert found["problems"] == []


@pytest.fixture
def readable(stack: LocalStack) -> Iterator[None]:
    """Slipway may read the workspace's storage meanwhile."""
    assignment = stack.cloud.authorization.seed(APP.principal_id, READER, storage_id(WORKSPACE_STORAGE))
    yield
    stack.cloud.authorization.remove(assignment.name)
    stack.cloud.authorization.settle()


def registered(stack: LocalStack, folder: Path, name: str, kind: str = "mlflow_model") -> str:
    stack.developer().models.create_or_update(Model(name=name, version="1", path=str(folder), type=kind))
    return f"azureml:{name}:1"


@pytest.mark.usefixtures("consumption", "readable")
def test_what_is_sent_is_the_models_own_example_where_it_may_be_read(stack: LocalStack) -> None:
    result = done("smoke_test", asked("consumption", "models/consumption/versions/1"))

    assert (result["answer"], result["sent"]) == ([146.5, 134.75], "the model's input example")


@pytest.mark.usefixtures("readable")
def test_a_plan_tells_what_azures_server_would_not_come_up_with(stack: LocalStack, tmp_path: Path) -> None:
    good = shutil.copytree(EXAMPLES / "mlflow-no-code" / "model", tmp_path / "good")
    lacking = shutil.copytree(good, tmp_path / "lacking")
    (lacking / "conda.yaml").write_text("dependencies: [python, {pip: [mlflow]}]")
    flavorless = shutil.copytree(good, tmp_path / "flavorless")
    (flavorless / "MLmodel").write_text("flavors: {sklearn: {}}")
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "model.pkl").touch()

    fine = plan(stack, registered(stack, good, "good"))
    assert (codes(fine, "warnings"), fine["problems"]) == (["FewInstances"], [])
    assert "ServerUnknown" not in codes(fine, "unchecked")
    # With a script or an environment of its own it is another matter.
    script = {"code": "azureml:consumption-script:1", "scoring_script": "score.py"}
    for own in (
        {"environment": "azureml://registries/azureml/environments/sklearn-1.5/versions/1"},
        {"code_configuration": script},
    ):
        assert "ServerUnknown" in codes(plan(stack, "azureml:good:1", **own), "unchecked")
    assert "ModelEnvironmentIncomplete" in codes(plan(stack, registered(stack, lacking, "lacking")), "warnings")
    assert codes(plan(stack, registered(stack, flavorless, "flavorless")), "problems") == ["FilesNotFound"]
    assert codes(plan(stack, registered(stack, tmp_path / "none", "no-description")), "problems") == ["FilesNotFound"]


def test_what_may_be_left_out_depends_on_what_can_say_it(stack: LocalStack, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").touch()
    triton = registered(stack, tmp_path, "triton", "triton_model")

    assert plan(stack, triton)["problems"] == []
    [problem] = plan(stack, triton, tested=False)["problems"]
    assert (problem["code"], problem["path"]) == ("SampleMissing", "smoke_test")
    catalogue = plan(stack, "azureml://registries/azureml/models/Phi-4/versions/1", tested=False)
    assert catalogue["problems"] == []
    assert {"AssetUnknown", "SampleUnknown"} <= set(codes(catalogue, "unchecked"))
