"""Paths in datastores are judged by the plan: workspace, datastore, files; what Slipway may not see is unchecked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.cloud import world
from local.cloud.faults import Fault
from local.stack import LocalStack
from tests import samples
from tests.e2e import reading

PATHS = f"azureml://datastores/{world.DATASTORE}/paths"
DATASTORE = f"{world.WORKSPACE_ID}/datastores/{world.DATASTORE}"
FILES = {
    "made/coefficients.json": b"{}",
    "made-2/coefficients.json": b"{}",
    "made.txt": b"",
    "file.pkl": b"",
    "file.pkl.old": b"",
    "a space/ü & <b>/x": b"",
    "code/score.py": b"",
    "code/other.txt": b"",
}


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A stack whose app may read the workspace's storage; plans leave no trace in it."""
    with LocalStack(tmp_path_factory.mktemp("seeing")) as started:
        samples.register_all(started)
        for name, content in FILES.items():
            started.cloud.blobs.put(world.WORKSPACE_STORAGE, world.BLOB_CONTAINER, name, content)
        storage = world.storage_id(world.WORKSPACE_STORAGE)
        started.cloud.authorization.seed(world.APP.principal_id, "Storage Blob Data Reader", storage)
        yield started


@pytest.fixture
def stack(seeing: LocalStack) -> Iterator[LocalStack]:
    yield seeing
    seeing.cloud.faults.clear()


def of_files(found: dict[str, Any]) -> list[str]:
    """What a plan says that it cannot know of files."""
    return [remark["message"] for remark in found["unchecked"] if remark["code"] == "FilesUnknown"]


def plan(stack: LocalStack, **parts: Any) -> dict[str, Any]:
    with stack.http as http:
        body = samples.request(endpoint="paths", **parts)
        found: dict[str, Any] = http.post("/api/plans", json=body).raise_for_status().json()
    return found


def model(path: str, **more: Any) -> dict[str, Any]:
    return {"name": "from-files", "version": "1", "path": path, **more}


def the_datastore_is(stack: LocalStack, kind: str, **properties: str) -> None:
    """Have Azure say that the workspace's datastore is another one."""
    document = {
        "id": DATASTORE,
        "name": world.DATASTORE,
        "type": "Microsoft.MachineLearningServices/workspaces/datastores",
        "properties": {
            "datastoreType": kind,
            "accountName": world.WORKSPACE_STORAGE,
            "containerName": world.BLOB_CONTAINER,
            "fileShareName": "share",
            "endpoint": "core.windows.net",
            "protocol": "https",
            "credentials": {"credentialsType": "None"},
            **properties,
        },
    }
    stack.cloud.faults.add(Fault(status=200, path=f"{DATASTORE}$", body=document))


def told(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem["path"], problem["code"]) for problem in found["problems"]]


@pytest.mark.parametrize("path", ["made", "made/", "made/coefficients.json", "file.pkl", "a space/ü & <b>", "made.txt"])
def test_files_that_are_there_are_no_problem(stack: LocalStack, path: str) -> None:
    found = plan(stack, model=model(f"{PATHS}/{path}"))

    assert (found["problems"], of_files(found)) == ([], [])
    assert "model from-files:1" in found["creates"]


@pytest.mark.parametrize("path", ["mad", "made/coefficients", "made/other/", "file", "file.pkl.olde", "no where"])
def test_files_that_are_not_there_are_a_problem(stack: LocalStack, path: str) -> None:
    [problem] = plan(stack, model=model(f"{PATHS}/{path}"))["problems"]

    assert (problem["path"], problem["code"]) == ("model.path", "FilesNotFound")
    assert path in problem["message"]
    assert world.DATASTORE in problem["message"]


def test_a_container_that_is_gone_is_a_problem(stack: LocalStack) -> None:
    the_datastore_is(stack, "AzureBlob", containerName="gone")

    assert told(plan(stack, model=model(f"{PATHS}/made"))) == [("model.path", "FilesNotFound")]


def test_a_version_is_not_registered_with_files_that_are_not_there(stack: LocalStack) -> None:
    before = reading.changes(stack)

    status = stack.deploy(samples.request(endpoint="paths", model=model(f"{PATHS}/nowhere")))

    assert (status["error"]["code"], status["error"]["step"]) == ("FilesNotFound", "plan_deployment")
    assert reading.changes(stack) == before


@pytest.mark.parametrize("named", ["model", "code"])
def test_a_datastore_that_is_not_there_is_a_problem(stack: LocalStack, named: str) -> None:
    path = "azureml://datastores/nobody_knows/paths/made"
    parts: dict[str, Any] = {"model": model(path)} if named == "model" else {"code": path}
    field = {"model": "model.path", "code": "deployment.code_configuration.code"}[named]

    assert told(plan(stack, **parts)) == [(field, "AssetNotFound")]


def test_a_datastore_that_is_missed_once_is_not_missing(stack: LocalStack) -> None:
    missed = {"error": {"code": "DatastoreNotFound", "message": "Datastore not found."}}
    stack.cloud.faults.add(Fault(status=404, path=DATASTORE, body=missed))

    with stack.http as http:
        answer = http.post("/api/plans", json=samples.request(endpoint="paths", model=model(f"{PATHS}/made")))

    assert answer.status_code == 503


def long_path(subscription: str, group: str, workspace: str) -> str:
    return (
        f"azureml://subscriptions/{subscription}/resourcegroups/{group}/workspaces/{workspace}"
        f"/datastores/{world.DATASTORE}/paths/made"
    )


def test_a_long_path_into_this_workspace_is_one(stack: LocalStack) -> None:
    path = long_path(world.SUBSCRIPTION, world.RESOURCE_GROUP.upper(), world.WORKSPACE)
    in_full = path.replace("/workspaces/", "/providers/Microsoft.MachineLearningServices/workspaces/")

    assert told(plan(stack, model=model(path))) == told(plan(stack, model=model(in_full))) == []


@pytest.mark.parametrize(
    "path",
    [
        long_path("00000000-0000-0000-0000-00000000beef", world.RESOURCE_GROUP, world.WORKSPACE),
        long_path(world.SUBSCRIPTION, "another", world.WORKSPACE),
        long_path(world.SUBSCRIPTION, world.RESOURCE_GROUP, "another"),
    ],
)
def test_a_path_into_another_workspace_is_a_problem(stack: LocalStack, path: str) -> None:
    [problem] = plan(stack, model=model(path))["problems"]

    assert (problem["path"], problem["code"]) == ("model.path", "RequestRejected")
    assert world.WORKSPACE in problem["suggestion"]


def test_a_version_that_is_registered_with_other_files_is_told_by_the_plan(stack: LocalStack) -> None:
    [problem] = plan(stack, model=model(f"{PATHS}/made", name="credit-risk"))["problems"]

    assert (problem["path"], problem["code"]) == ("model.path", "RequestRejected")
    assert "new version" in problem["suggestion"]


@pytest.mark.parametrize(("code", "problems"), [("code", []), ("code/", []), ("made", ["FilesNotFound"])])
def test_the_script_must_be_in_the_code_folder(stack: LocalStack, code: str, problems: list[str]) -> None:
    found = plan(stack, code=f"{PATHS}/{code}")

    assert told(found) == [("deployment.code_configuration.code", one) for one in problems]
    assert not problems or "made/score.py" in found["problems"][0]["message"]


def test_what_is_in_a_file_share_is_not_known(stack: LocalStack) -> None:
    the_datastore_is(stack, "AzureFile")

    found = plan(stack, model=model(f"{PATHS}/made"))

    assert found["problems"] == []
    assert ["no blob container" in line for line in of_files(found)] == [True]


def test_code_is_not_registered_from_a_file_share(stack: LocalStack) -> None:
    the_datastore_is(stack, "AzureFile")

    [problem] = plan(stack, code=f"{PATHS}/code")["problems"]

    assert (problem["path"], problem["code"]) == ("deployment.code_configuration.code", "RequestRejected")
    assert "blob datastore" in problem["suggestion"]


def test_what_slipway_may_not_see_is_unchecked_and_says_what_lets_it(tmp_path: Path) -> None:
    # An app with what `infra/` gives it.
    with LocalStack(tmp_path) as blind:
        samples.register_all(blind)
        found = plan(blind, model=model(f"{PATHS}/nowhere"), code=f"{PATHS}/nowhere")

    assert found["problems"] == []
    assert [remark["path"] for remark in found["unchecked"] if remark["code"] == "FilesUnknown"] == [
        "model.path",
        "deployment.code_configuration.code",
    ]
    assert all("Storage Blob Data Reader" in line for line in of_files(found))


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(drop="before"), Fault(status=429)])
def test_a_storage_that_does_not_answer_is_unchecked(stack: LocalStack, fault: Fault) -> None:
    stack.cloud.faults.add(replace(fault, path=f"/{world.BLOB_CONTAINER}"))

    found = plan(stack, model=model(f"{PATHS}/made"))

    assert found["problems"] == []
    assert ["cannot be asked" in line for line in of_files(found)] == [True]


@pytest.mark.parametrize(
    ("account", "suffix"), [("slipwaylocal", "storage.example.com"), ("evil.example.com/x", "core.windows.net")]
)
def test_a_token_is_sent_to_storage_of_a_known_cloud_only(stack: LocalStack, account: str, suffix: str) -> None:
    the_datastore_is(stack, "AzureBlob", accountName=account, endpoint=suffix)
    stack.cloud.journal.clear()

    found = plan(stack, model=model(f"{PATHS}/made"))

    assert ["NetworkBlocked" in line for line in of_files(found)] == [True]
    assert not [entry for entry in reading.journal(stack) if "blob" in entry.host]
