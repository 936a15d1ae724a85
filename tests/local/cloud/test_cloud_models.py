"""Models, code and the datastore of the local Azure through the real SDK."""

from __future__ import annotations

from pathlib import Path

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Model
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ManagedIdentityCredential

from local.clock import Clock
from local.cloud.cloud import LocalCloud
from local.cloud.environment import write_workspace_file
from local.cloud.world import APP, RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE, WORKSPACE_STORAGE, storage_id
from tests.local.cloud.conftest import SCORING_PYTHON
from tests.local.cloud.sdk import SAMPLES, Describe, arm, client, deploy

PATH = "azureml://datastores/workspaceblobstore/paths/models/double"


def test_versions_count_up_and_latest_is_the_newest(ml: MLClient, model: Model) -> None:
    assert model.version == "1"
    second = ml.models.create_or_update(Model(name="double", path=PATH, tags={"stage": "test"}))
    assert second.version == "2"
    assert ml.models.get("double", label="latest").version == "2"
    assert [one.version for one in ml.models.list("double")] == ["2", "1"]
    assert ml.models.get("double", "2").tags == {"stage": "test"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # azure-ai-ml's own use of azure-storage-blob
def test_what_was_uploaded_can_be_downloaded(ml: MLClient, model: Model, tmp_path: Path) -> None:
    ml.models.download("double", "1", download_path=tmp_path)
    assert [path.read_text() for path in tmp_path.rglob("factor.txt")] == ["2\n"]


def test_same_content_is_uploaded_once(cloud: LocalCloud, ml: MLClient, model: Model) -> None:
    before = len(cloud.journal.entries(operation="blob/put"))
    ml.models.create_or_update(Model(name="double", version="7", path=str(SAMPLES / "double" / "model")))
    assert len(cloud.journal.entries(operation="blob/put")) == before


def test_unknown_names_are_not_found(ml: MLClient, model: Model) -> None:
    with pytest.raises(ResourceNotFoundError, match="Model container with name: nobody not found"):
        ml.models.get("nobody", "1")
    with pytest.raises(ResourceNotFoundError, match="version: 9 not found"):
        ml.models.get("double", "9")


def test_a_version_keeps_its_path(ml: MLClient, model: Model) -> None:
    with pytest.raises(HttpResponseError, match=r"\(UserError\) Asset paths cannot be updated\.") as refused:
        ml.models.create_or_update(Model(name="double", version="1", path=PATH))
    assert refused.value.status_code == 400


def test_second_put_changes_tags_and_keeps_the_creation(cloud: LocalCloud, model: Model) -> None:
    first = arm(cloud, "GET", "/models/double/versions/1").json()
    first["properties"]["tags"] = {"approved": "yes"}
    again = arm(cloud, "PUT", "/models/double/versions/1", body={"properties": first["properties"]})
    assert again.status_code == 200
    assert again.json()["properties"]["tags"] == {"approved": "yes"}
    assert again.json()["systemData"]["createdAt"] == first["systemData"]["createdAt"]


def test_archived_versions_leave_the_list(ml: MLClient, model: Model) -> None:
    ml.models.archive("double", "1")
    assert list(ml.models.list("double")) == []
    ml.models.restore("double", "1")
    assert [one.version for one in ml.models.list("double")] == ["1"]


def test_lists_come_in_pages(cloud: LocalCloud, ml: MLClient) -> None:
    for version in range(1, 6):
        ml.models.create_or_update(Model(name="many", version=str(version), path=PATH))
    page = arm(cloud, "GET", "/models/many/versions?$top=2").json()
    assert [one["name"] for one in page["value"]] == ["5", "4"]
    rest = arm(cloud, "GET", page["nextLink"].removeprefix("https://management.azure.com"), version=None).json()
    assert [one["name"] for one in rest["value"]] == ["3", "2"]


@pytest.mark.usefixtures("endpoint")
def test_same_code_is_registered_once(cloud: LocalCloud, ml: MLClient, deployment_of: Describe) -> None:
    deploy(ml, deployment_of())
    deploy(ml, deployment_of(name="green"))
    uploads = cloud.journal.entries(
        operation="Microsoft.MachineLearningServices/workspaces/codes/versions/startPendingUpload/action"
    )
    assert len(uploads) == 1


def test_identity_based_datastore_asks_for_a_role(
    tmp_path: Path, clock: Clock, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = LocalCloud(tmp_path / "identity-based", clock, scoring_python=SCORING_PYTHON, datastore_credentials="None")
    with other:
        for name, value in other.environment().items():
            monkeypatch.setenv(name, value)
        ml = client(ManagedIdentityCredential())
        folder = str(SAMPLES / "double" / "model")
        refused = arm(other, "POST", "/datastores/workspaceblobstore/listSecrets")
        assert refused.json()["error"]["message"] == "No secrets for credentials of type None."
        with pytest.raises(Exception, match=r"(?i)permission"):
            ml.models.create_or_update(Model(name="double", path=folder))
        contributor = "Storage Blob Data Contributor"
        other.authorization.seed(APP.principal_id, contributor, storage_id(WORKSPACE_STORAGE))
        assert ml.models.create_or_update(Model(name="double", path=folder)).version == "1"


def test_a_client_is_made_from_the_workspaces_file(tmp_path: Path) -> None:
    write_workspace_file(tmp_path / "config.json")

    made = MLClient.from_config(ManagedIdentityCredential(), path=tmp_path)

    assert (made.subscription_id, made.resource_group_name, made.workspace_name) == (
        SUBSCRIPTION,
        RESOURCE_GROUP,
        WORKSPACE,
    )
