"""Environments of deployments: built for real, refused by name, and never silently another one than Azure's."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from local.clock import Clock
from local.cloud.authorization import Propagation
from local.cloud.cloud import LocalCloud
from local.cloud.machinelearning.settings import probe
from local.cloud.serving import Probe
from local.cloud.world import WORKSPACE_STORAGE
from local.waiting import PATIENCE
from tests.local.cloud.conftest import SCORING_PYTHON
from tests.local.cloud.sdk import PROPAGATION, Describe, deploy, score

# After `sdk`, which silences what their first import warns of.
from azure.ai.ml import MLClient  # isort: skip
from azure.ai.ml.entities import BuildContext, CodeConfiguration, Environment  # isort: skip

BASE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest"
SERVER = "azureml-inference-server-http"

pytestmark = pytest.mark.usefixtures("endpoint")


def environment(*pip: str, python: str = "python", image: str = BASE) -> Environment:
    return Environment(image=image, conda_file={"dependencies": [python, {"pip": list(pip)}]})


def refusal(ml: MLClient, deployment: object) -> str:
    with pytest.raises(HttpResponseError) as refused:
        ml.online_deployments.begin_create_or_update(deployment).result()
    assert ml.online_deployments.get("blue", "double").provisioning_state == "Failed"
    return str(refused.value.message)


def test_a_package_that_does_not_exist_fails_the_build_and_its_log_is_kept(
    cloud: LocalCloud, ml: MLClient, deployment_of: Describe
) -> None:
    message = refusal(ml, deployment_of(environment=environment(SERVER, "no-such-package==1")))

    assert "ImageBuildFailure: Image build failed. error: No solution found" in message
    assert "no-such-package was not found" in message
    place = message.split("under the path '")[1].split("'")[0]
    assert place.startswith("/azureml/ImageLogs/azureml_")
    signature = cloud.world.access.signature(WORKSPACE_STORAGE, lifetime=timedelta(hours=1))
    log = requests.get(f"https://{WORKSPACE_STORAGE}.blob.core.windows.net{place}?{signature}", timeout=PATIENCE)
    assert (log.status_code, "no-such-package was not found" in log.text) == (200, True)
    assert ml.online_deployments.get_logs("blue", "double", lines=10) == ""


def test_a_build_takes_the_time_that_it_takes_in_azure(
    cloud: LocalCloud, ml: MLClient, deployment_of: Describe
) -> None:
    began = cloud.clock.now()

    refusal(ml, deployment_of(environment=environment("no-such-package")))

    durations = cloud.world.durations
    took = next(one.ended - one.started for one in cloud.state.operations.values() if one.error and one.ended)
    assert took == durations.deployment_startup + durations.image_build
    assert cloud.clock.now() - began >= took


def test_an_environment_without_the_server_crashes_as_azures_images_do(ml: MLClient, deployment_of: Describe) -> None:
    message = refusal(ml, deployment_of(environment=environment("joblib")))

    assert (
        f"ResourceNotReady: User container has crashed or terminated: A required package {SERVER} is missing" in message
    )
    assert f"A required package {SERVER} is missing" in ml.online_deployments.get_logs("blue", "double", lines=10)


def test_an_import_that_the_conda_file_lacks_crashes_the_container(
    ml: MLClient, deployment_of: Describe, tmp_path: Path
) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "score.py").write_text("import sklearn\ndef init(): pass\ndef run(raw): return raw\n")
    code = CodeConfiguration(code=str(folder), scoring_script="score.py")

    message = refusal(ml, deployment_of(environment=environment(SERVER), code_configuration=code))

    assert "ModuleNotFoundError: No module named 'sklearn' (exit code 3)" in message


def test_another_python_is_said_in_the_log_and_in_the_properties(
    cloud: LocalCloud, ml: MLClient, deployment_of: Describe
) -> None:
    made = deploy(ml, deployment_of(environment=environment(SERVER, python="python=3.5")))

    told = made.properties["localAzure.environment"]
    assert told.startswith("Python ==3.5.* is wanted and is not on this machine: this is Python 3.")
    assert told in ml.online_deployments.get_logs("blue", "double", lines=50)
    assert score(cloud, ml, {"data": [2]}).status_code == 200


def test_a_context_of_a_known_image_is_followed(
    cloud: LocalCloud, ml: MLClient, deployment_of: Describe, tmp_path: Path
) -> None:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "requirements.txt").write_text(f"{SERVER}\n")
    (folder / "Dockerfile").write_text(f"FROM {BASE}\nCOPY . /tmp\nRUN pip install -r /tmp/requirements.txt\n")
    context = Environment(name="context", build=BuildContext(path=str(folder)))

    made = deploy(ml, deployment_of(environment=context))

    assert made.properties["localAzure.environment"] == "not there, though the Dockerfile copies it: /tmp/Dockerfile"
    assert score(cloud, ml, {"data": [2]}).status_code == 200


def test_a_curated_environment_is_there_under_its_name_in_a_workspace(ml: MLClient) -> None:
    newest = ml.environments.get("AzureML-minimal-py312-inference", label="latest")
    pinned = ml.environments.get("azureml-Sklearn-1.5", version="19")

    assert (newest.image, newest.version) == ("mcr.microsoft.com/azureml/curated/minimal-py312-inference:1", "1")
    assert pinned.image == "mcr.microsoft.com/azureml/curated/sklearn-1.5:19"
    with pytest.raises(ResourceNotFoundError, match="version: mine not found"):
        ml.environments.get("AzureML-sklearn-1.5", version="mine")


def test_a_curated_environment_is_nobody_elses_and_one_that_is_not_known_is_not_said_to_be_missing(
    ml: MLClient,
) -> None:
    mine = Environment(name="AzureML-mine", version="1", image=BASE)
    with pytest.raises(HttpResponseError, match="can not start with the prefix AzureML"):
        ml.environments.create_or_update(mine)
    for version in (None, "1"):
        with pytest.raises(HttpResponseError, match="can not start with the prefix AzureML"):
            ml.environments.archive("AzureML-sklearn-1.5", version=version)
    with pytest.raises(HttpResponseError, match="does not emulate the curated environment AzureML-Tutorial"):
        ml.environments.get("AzureML-Tutorial", version="1")
    assert [one.name for one in ml.environments.list()] == []


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (
            Environment(image="mcr.microsoft.com/azureml/openmpi9-ubuntu22.04"),
            "BadArgument: Unable to download user container image: manifest for mcr.microsoft.com/azureml/openmpi9",
        ),
        (
            environment(SERVER, image="mcr.microsoft.com/azureml/nope:1"),
            "ImageBuildFailure: Image build failed. manifest",
        ),
        (environment(SERVER, python="openjdk=11"), "ImageNotRunnableLocally: the environment's conda file: openjdk is"),
        ("azureml://registries/azureml/environments/nope/versions/1", "nope"),
        ("azureml:AzureML-acpt-pytorch-2.8-cuda12.6@latest", "cuda12.6:1' is known, and it is made for GPUs"),
        (
            "azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:26",
            "curated/sklearn-1.0-ubuntu20.04-py38-cpu:26' is known, and what it brings is not published any more",
        ),
    ],
)
def test_what_cannot_be_is_never_succeeded(ml: MLClient, deployment_of: Describe, wanted: object, says: str) -> None:
    with pytest.raises(HttpResponseError) as refused:
        deploy(ml, deployment_of(environment=wanted))

    assert says in str(refused.value.message)


class TestOwnContainers:
    """`local-images.yml` in the folder that the local Azure is started in."""

    IMAGE = "docker.io/files/serving"

    @pytest.fixture
    def clock(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Clock:
        """Beforehand: the file that names a command for the image."""
        command = [sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1", "--directory", "{model_dir}"]
        images = {"images": [{"image": f"{self.IMAGE}*", "command": command}]}
        (tmp_path / "local-images.yml").write_text(json.dumps(images))
        monkeypatch.chdir(tmp_path)
        return clock

    def test_one_that_has_a_command_serves_by_itself(
        self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe
    ) -> None:
        route = {"port": 8501, "path": "/model/factor.txt"}
        routes = dict.fromkeys(("liveness_route", "readiness_route", "scoring_route"), route)
        container = Environment(name="own", image=f"{self.IMAGE}:1", inference_config=routes)

        deploy(ml, deployment_of(environment=container, code_configuration=None))

        key = ml.online_endpoints.get_keys("double").primary_key
        headers = {"Authorization": f"Bearer {key}", "azureml-model-deployment": "blue"}
        scored = requests.get(cloud.inference_url("double"), headers=headers, timeout=PATIENCE)
        listed = requests.get(
            cloud.inference_url("double").replace("score", "model/"), headers=headers, timeout=PATIENCE
        )
        assert (scored.status_code, scored.text.strip()) == (200, "2")
        assert "factor.txt" in listed.text
        assert "run as a command of this machine" in ml.online_deployments.get_logs("blue", "double", lines=50)

    def test_one_that_has_none_says_what_to_do(self, ml: MLClient, deployment_of: Describe) -> None:
        message = refusal(ml, deployment_of(environment=Environment(image="docker.io/me/mine:1")))

        assert "ImageNotRunnableLocally: image 'docker.io/me/mine:1': nothing is known here" in message
        assert "local-images.yml" in message


def test_a_wrong_file_of_own_images_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "local-images.yml").write_text("images: [{image: a, command: [serve]}]")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(RuntimeError, match=r"local-images\.yml: images\.0\.command must have \{port\}"):
        LocalCloud(
            tmp_path / "other",
            Clock(stepped=True),
            propagation=Propagation.fixed(PROPAGATION),
            scoring_python=SCORING_PYTHON,
        )


def test_probe_settings_are_read_as_they_are_on_the_wire() -> None:
    given = {
        "initialDelay": "PT1M",
        "period": "PT5S",
        "timeout": "PT1.5S",
        "failureThreshold": 3,
        "successThreshold": 2,
    }
    read = probe(given, "/live")

    assert read == Probe(
        timedelta(minutes=1),
        timedelta(seconds=5),
        timedelta(seconds=1.5),
        failure_threshold=3,
        success_threshold=2,
        path="/live",
    )
    assert probe({}, "/") == Probe()
    assert read.gives_up_after == timedelta(seconds=71.5)
    assert [read.passed(timedelta(seconds=up)).total_seconds() for up in (0, 60, 61, 70)] == [65, 65, 70, 75]
