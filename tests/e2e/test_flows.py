"""A registered flow, deployed by naming it: what the service finds out and fills in, up to where its image would run.

`make examples` serves one for real; here its container is one that this machine does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from contracts.flows import ROUTES
from local.cloud import world
from local.cloud.machinelearning.records import Connection
from local.stack import LocalStack
from tests import samples

IDENTITY = "chat-flow-identity"
SECRETS = "Azure Machine Learning Workspace Connection Secrets Reader"
CHAT = {
    "azureml.promptflow.source_flow_id": "chat",
    "azureml.promptflow.mode": "chat",
    "azureml.promptflow.chat_input": "question",
    "slipway.flow.connections": f'["{world.CONNECTION}"]',
}
RUNTIME = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime:latest"
OTHER_PLACE = "deployment.subscription_id=<subscription_id>,deployment.resource_group=<resource_group>"


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    from azure.ai.ml.entities import Model

    with LocalStack(tmp_path_factory.mktemp("flows")) as stack:
        samples.register_environment(stack, "runtime", image=RUNTIME, conda=None)
        folder = stack.data / "chat"
        folder.mkdir()
        (folder / "flow.dag.yaml").write_text("nodes: []")
        plain = {name: text for name, text in CHAT.items() if "source" in name}
        for name, properties in (("chat", CHAT), ("plain", plain), ("files", {})):
            stack.developer().models.create_or_update(
                Model(name=name, version="1", path=str(folder), properties=properties)
            )
        yield stack


def request(model: str = "chat", **deployment: Any) -> dict[str, Any]:
    body = samples.request(endpoint="chat", model=f"azureml:{model}:1", identity=IDENTITY)
    body["deployment"] = {"name": "blue", "instance_type": "Standard_DS3_v2", **deployment}
    body["smoke_test"] = {"request": {"question": "how long?", "chat_history": []}}
    return body


def plan(stack: LocalStack, body: dict[str, Any]) -> dict[str, Any]:
    with stack.http as http:
        found: dict[str, Any] = http.post("/api/plans", json=body).raise_for_status().json()
    return found


def codes(found: dict[str, Any], kind: str = "warnings") -> dict[str, str]:
    return {one["code"]: f"{one['path']}: {one['message']}" for one in found[kind]}


def test_a_flow_needs_no_environment_and_its_connections_role(azure: LocalStack) -> None:
    found = plan(azure, request())

    assert found["problems"] == []
    assert [one for one in found["creates"] if one.startswith("environment slipway-")]
    assert "promptflow-runtime-stable:latest is no longer maintained" in codes(found)["ImageRetired"]
    reasons = {one["role"]: one["reason"] for one in found["grants"]}
    assert reasons[SECRETS] == f"reads the secrets of connections ({world.CONNECTION}, of the flow, as help-desk)"


def test_a_connection_in_the_place_of_the_flows_is_looked_at(azure: LocalStack) -> None:
    def naming(value: str) -> dict[str, Any]:
        return plan(azure, request(environment_variables={world.CONNECTION: value}))

    azure.cloud.state.connections["mine"] = Connection("mine", {"authType": "CustomKeys", "category": "CustomKeys"})
    assert naming("mine")["problems"] == []
    assert naming("${{azureml://connections/mine}}")["problems"] == []

    [problem] = naming("nobodys")["problems"]

    assert (problem["code"], problem["path"]) == ("AssetNotFound", "deployment.environment_variables.help-desk")
    assert problem["command"].startswith("az ml connection create")


@pytest.mark.parametrize(("model", "needs"), [("plain", True), ("files", False)])
def test_what_says_nothing_of_its_connections_may_read_all(azure: LocalStack, model: str, needs: bool) -> None:
    body = request(model, environment={"image": "docker.io/me/mine:1", "inference_config": ROUTES.to_wire()})

    found = plan(azure, body)

    assert (SECRETS in {one["role"] for one in found["grants"]}) == needs
    # Nor does the name of an image say what it is built on.
    assert ("RuntimeUnknown" in codes(found, "unchecked")) == needs


def test_a_flow_that_a_script_serves_is_a_model_like_any_other(azure: LocalStack) -> None:
    script = {"code": "azureml://datastores/workspaceblobstore/paths/code", "scoring_script": "score.py"}

    found = plan(azure, request(code_configuration=script))

    assert "nothing that answers requests" in codes(found, "problems")["RequestRejected"]
    assert SECRETS not in {one["role"] for one in found["grants"]}


def test_what_contradicts_a_flow_is_told(azure: LocalStack) -> None:
    body = request(environment_variables={"PROMPTFLOW_RUN_MODE": "compute", "PRT_CONFIG_OVERRIDE": OTHER_PLACE})
    body["smoke_test"]["request"] = {"text": "how long?"}

    found = plan(azure, body)

    assert "deployment.environment_variables.PROMPTFLOW_RUN_MODE" in codes(found, "problems")["RequestRejected"]
    assert "names another place" in codes(found)["OtherWorkspace"]
    assert "has no question and no chat_history" in codes(found)["ChatIncomplete"]


def test_a_runtime_that_nothing_tells_to_serve_a_flow_is_told(azure: LocalStack) -> None:
    found = plan(azure, request("files", environment="azureml:runtime:1"))

    assert "PROMPTFLOW_RUN_MODE and PRT_CONFIG_OVERRIDE" in codes(found)["FlowVariablesMissing"]
    assert "EnvironmentIncomplete" in codes(found, "problems")


def test_what_a_flow_is_told_at_its_start_is_filled_in(azure: LocalStack) -> None:
    own = {"image": "docker.io/me/flow:1", "name": "own", "version": 1}
    body = {**request(environment=own, environment_variables={"A": "b"}), "on_failure": "keep"}

    status = azure.deploy(body)
    made = azure.developer().online_deployments.get("blue", "chat")

    # It got as far as the container, which this machine does not have.
    assert status["error"]["code"] == "ImageNotRunnable"
    assert "ImageNotRunnableLocally" in status["error"]["message"]
    identity = next(one for one in world.USER_ASSIGNED if one.name == IDENTITY)
    assert {name: value for name, value in made.environment_variables.items() if "AZUREML" not in name} == {
        "A": "b",
        "PROMPTFLOW_RUN_MODE": "serving",
        "PRT_CONFIG_OVERRIDE": f"deployment.subscription_id={world.SUBSCRIPTION},"
        f"deployment.resource_group={world.RESOURCE_GROUP},deployment.workspace_name={world.WORKSPACE},"
        "deployment.endpoint_name=chat,deployment.deployment_name=blue",
        "UAI_CLIENT_ID": identity.client_id,
    }
    registered = azure.cloud.state.asset("environments", "own", "1")
    assert registered
    assert registered.properties["inferenceConfig"] == {
        "livenessRoute": {"path": "/health", "port": 8080},
        "readinessRoute": {"path": "/health", "port": 8080},
        "scoringRoute": {"path": "/score", "port": 8080},
    }
