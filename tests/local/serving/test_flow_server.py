"""How prompt flow's server is started, and what it is told; `make examples` runs it for real."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from local.cloud.images.building import Built
from local.cloud.images.problems import Refused
from local.cloud.serving import flow_server
from local.cloud.serving.spec import ServingSpec

SERVING = {"PROMPTFLOW_RUN_MODE": "serving"}


@pytest.fixture
def built(tmp_path: Path) -> Built:
    (tmp_path / "env/lib/python3.11/site-packages/promptflow_core-1.18.5.dist-info").mkdir(parents=True)
    return Built(tmp_path / "env" / "bin" / "python", "azureml_flow")


@pytest.fixture
def spec(tmp_path: Path) -> ServingSpec:
    root = tmp_path / "root"
    root.mkdir()
    return ServingSpec("chat", "blue", "promptflow", None, root, "", root, "chat", "1", root, SERVING)


def test_an_environment_with_prompt_flow_serves_what_has_no_script(spec: ServingSpec, built: Built) -> None:
    assert flow_server.serves(spec, built)
    assert not flow_server.serves(replace(spec, scoring_script="score.py"), built)
    assert not flow_server.serves(spec, Built(built.python.parent.parent.parent / "bin" / "python", "other"))


def test_it_is_promptflows_own_application(spec: ServingSpec, built: Built) -> None:
    workers = replace(spec, environment_variables={**SERVING, "PROMPTFLOW_WORKER_NUM": "2"})

    command = flow_server.command(workers, built, 3)

    assert command[:5] == [str(built.python), "-m", "gunicorn", "--bind", "fd://3"]
    assert command[-1] == "promptflow.core._serving.app:create_app(engine='flask',extension_type='azureml')"
    assert command[command.index("--workers") + 1] == "2"


@pytest.mark.parametrize("variables", [{}, {"PROMPTFLOW_RUN_MODE": "compute"}])
def test_a_runtime_that_is_not_told_to_serve_answers_nothing(
    spec: ServingSpec, built: Built, variables: dict[str, str]
) -> None:
    with pytest.raises(Refused, match="set PROMPTFLOW_RUN_MODE to serving") as refused:
        flow_server.command(replace(spec, environment_variables=variables), built, 3)

    assert refused.value.problem.code == "ImageNotRunnableLocally"


def test_the_identity_has_the_name_that_the_sdk_reads(spec: ServingSpec, built: Built) -> None:
    told = flow_server.variables(replace(spec, environment_variables={**SERVING, "UAI_CLIENT_ID": "mine"}), built)

    assert told["AZURE_CLIENT_ID"] == "mine"
    assert "AZURE_CLIENT_ID" not in flow_server.variables(spec, built)
