"""Registering local files, with the real SDK against the local Azure."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.local_assets import LocalModel, local_code
from cli.outcome import NotAccepted
from cli.workspace import Workspace
from contracts.assets import ModelDefinition
from local.clock import Clock
from local.cloud.cloud import LocalCloud
from local.stack import SCORING_PYTHON, applied
from settings import Settings

PATH = "azureml://datastores/workspaceblobstore/paths/anywhere"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    with LocalCloud(tmp_path / "cloud", Clock(stepped=True), scoring_python=SCORING_PYTHON) as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("model/weights.json", "src/score.py", "src/features/rows.py"):
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}")
    return tmp_path / "project"


@contextmanager
def workspace_as(cloud: LocalCloud, identity: str) -> Iterator[Workspace]:
    environment = cloud.environment(identity)
    with applied(environment):
        yield Workspace(Settings.read(environment))


def model(folder: Path, **more: str) -> LocalModel:
    definition = ModelDefinition(name="credit-risk", version="1", path=PATH, tags={"team": "risk"}, **more)  # type: ignore[arg-type]  # only texts here
    return LocalModel(definition=definition, path=folder / "model", files=[])


def written_blobs(cloud: LocalCloud) -> int:
    return sum(entry.write and ".blob." in entry.host for entry in cloud.journal.entries())


def test_code_is_uploaded_once_and_found_again(cloud: LocalCloud, folder: Path) -> None:
    code = local_code(folder / "src")
    with workspace_as(cloud, "developer") as workspace:
        first = workspace.register_code(code)
        uploaded = written_blobs(cloud)
        again = workspace.register_code(code)

    assert (first, again) == (True, False)
    assert uploaded == written_blobs(cloud) == len(code.files) == 2
    assert cloud.state.asset("codes", code.name, "1")


def test_a_named_code_version_never_changes(cloud: LocalCloud, folder: Path) -> None:
    with workspace_as(cloud, "developer") as workspace:
        workspace.register_code(local_code(folder / "src", "scoring", "1"))
        (folder / "src" / "score.py").write_text("# changed")

        with pytest.raises(NotAccepted, match="code scoring:1 is registered with other files"):
            workspace.register_code(local_code(folder / "src", "scoring", "1"))


def test_a_model_is_registered_with_its_tags_and_confirmed_when_its_files_are_the_same(
    cloud: LocalCloud, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with workspace_as(cloud, "developer") as workspace:
        workspace.register_model(model(folder))
        workspace.register_model(model(folder))

    registered = cloud.state.asset("models", "credit-risk", "1")
    assert registered
    assert registered.properties["tags"] == {"team": "risk"}
    assert str(registered.properties["modelUri"]).endswith("/model")
    assert capfd.readouterr() == ("", "")


def test_a_model_version_never_changes(cloud: LocalCloud, folder: Path) -> None:
    with workspace_as(cloud, "developer") as workspace:
        workspace.register_model(model(folder))
        (folder / "model" / "weights.json").write_text("[2]")

        with pytest.raises(NotAccepted, match="model credit-risk:1 is registered with other files"):
            workspace.register_model(model(folder))


def test_somebody_without_rights_is_told_which_role_to_ask_for(cloud: LocalCloud, folder: Path) -> None:
    with workspace_as(cloud, "spare-identity") as workspace:
        with pytest.raises(NotAccepted, match="AzureML Data Scientist"):
            workspace.register_code(local_code(folder / "src"))
        with pytest.raises(NotAccepted, match="AzureML Data Scientist"):
            workspace.register_model(model(folder))
