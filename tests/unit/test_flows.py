"""A flow's folder and the request that deploys it: what is read, filled in, left alone and refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.outcome import NotAccepted
from cli.request_file import RequestFile, read_request_file, read_request_files
from contracts.flows import ROUTES

DAG: dict[str, Any] = {
    "inputs": {
        "chat_history": {"type": "list", "is_chat_history": True},
        "question": {"type": "string", "is_chat_input": True},
    },
    "outputs": {"answer": {"reference": "${answer.output}", "is_chat_output": True}, "evidence": {}},
    "nodes": [
        {"name": "ask", "type": "llm", "connection": "aoai", "inputs": {"question": "${inputs.question}"}},
        {
            "name": "search",
            "type": "python",
            "source": {"type": "package", "tool": "promptflow.tools.serpapi"},
            "inputs": {"connection": "serp"},
        },
        {
            "name": "answer",
            "type": "python",
            "source": {"type": "code", "path": "answer.py"},
            "inputs": {"desk": "help-desk", "style": "brief", "other": "${inputs.question}"},
        },
    ],
}
ANSWER = """
from promptflow.core import tool
from promptflow.connections import CustomConnection

@tool
def answer(desk: CustomConnection, style: str, other: "CustomConnection") -> str: ...
"""
REQUEST: dict[str, Any] = {
    "model": {"path": "./flow", "name": "chat"},
    "endpoint": {"name": "chat"},
    "deployment": {"name": "blue", "instance_type": "Standard_DS3_v2"},
    "smoke_test": {"request": {"question": "how long?"}},
}
RUNTIME = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime-stable:20231207.v1"


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    folder = tmp_path / "flow"
    folder.mkdir()
    (folder / "answer.py").write_text(ANSWER)
    written(folder)
    return folder


def written(folder: Path, **parts: Any) -> None:
    (folder / "flow.dag.yaml").write_text(yaml.safe_dump({**DAG, **parts}))


def read(flow: Path, **parts: Any) -> RequestFile:
    path = flow.parent / "request.yml"
    said = {name: part for name, part in {**REQUEST, **parts}.items() if part is not None}
    path.write_text(yaml.safe_dump(said))
    return read_request_file(path)


def problems(flow: Path, **parts: Any) -> list[tuple[str, str]]:
    with pytest.raises(NotAccepted) as refused:
        read(flow, **parts)
    return [(one.path, one.message) for one in refused.value.problems]


def test_a_chat_flow_becomes_a_model_that_says_so_and_is_asked_with_its_history(flow: Path) -> None:
    found = read(flow)

    assert found.model
    assert found.model.definition.properties == {
        "azureml.promptflow.source_flow_id": "flow",
        "azureml.promptflow.mode": "chat",
        "azureml.promptflow.chat_input": "question",
        "azureml.promptflow.chat_output": "answer",
        "slipway.flow.connections": '["aoai", "help-desk", "serp"]',
    }
    assert found.to_send["smoke_test"]["request"] == {"question": "how long?", "chat_history": []}
    assert found.to_plan["uploads"]["model"]["properties"] == dict(found.model.definition.properties)
    # Neither image nor packages: the service takes the runtime's own.
    assert "environment" not in found.to_send["deployment"]


def test_what_the_request_says_of_a_flow_stays(flow: Path) -> None:
    own = {
        "image": "a.azurecr.io/flow:1",
        "inference_config": {**ROUTES.to_wire(), "liveness_route": {"path": "/", "port": 1}},
    }
    deployment = {**REQUEST["deployment"], "environment": own}
    model = {**REQUEST["model"], "properties": {"azureml.promptflow.mode": "standard"}}

    found = read(flow, deployment=deployment, model=model)

    assert found.to_send["deployment"]["environment"] == own
    assert found.model
    assert found.model.definition.properties["azureml.promptflow.mode"] == "standard"


def test_a_standard_flow_is_no_chat_and_its_defaults_are_its_sample(flow: Path) -> None:
    written(flow, inputs={"url": {"default": "https://example.org"}}, outputs={"category": {}}, nodes=[])
    found = read(flow, smoke_test=None)

    assert found.model
    assert found.model.definition.properties == {
        "azureml.promptflow.source_flow_id": "flow",
        "slipway.flow.connections": "[]",
    }
    assert found.to_send["smoke_test"] == {"request": {"url": "https://example.org"}}


def test_the_flows_image_is_its_environment(flow: Path) -> None:
    written(flow, environment={"image": RUNTIME, "python_requirements_txt": "none.txt"})

    assert read(flow).to_send["deployment"]["environment"] == {"image": RUNTIME, "inference_config": ROUTES.to_wire()}


def test_packages_are_installed_upon_the_flows_image(flow: Path) -> None:
    written(flow, environment={"image": RUNTIME})
    (flow / "requirements.txt").write_text("# packages\nduckdb\n")

    found = read(flow)

    assert found.environment
    assert found.to_send["deployment"]["environment"] == found.environment.reference
    assert found.environment.definition["inference_config"] == ROUTES.to_wire()
    files = {path.name: path.read_text() for path in found.environment.files}
    assert files == {
        "Dockerfile": f"FROM {RUNTIME}\nCOPY ./requirements.txt .\nRUN pip install -r requirements.txt\n",
        "requirements.txt": "# packages\nduckdb\n",
    }
    again = read(flow).environment
    assert again
    assert again.reference == found.environment.reference


def test_a_private_feed_is_for_an_image_that_is_built_before(flow: Path) -> None:
    (flow / "requirements.txt").write_text("-i https://{private}@pkgs.dev.azure.com/o/_packaging/f/pypi/simple\nours\n")

    [(path, message)] = problems(flow)

    assert (path, "private feed" in message, "build the image" in message) == ("deployment.environment", True, True)
    image = {"environment": {"image": "acr.azurecr.io/flow:1"}}
    assert read(flow, deployment={**REQUEST["deployment"], **image}).to_send["deployment"]["environment"]["image"]


def test_a_build_context_of_ones_own_is_given_the_routes(flow: Path) -> None:
    (flow.parent / "build").mkdir()
    (flow.parent / "build" / "Dockerfile").write_text(f"FROM {RUNTIME}")

    found = read(flow, deployment={**REQUEST["deployment"], "environment": {"build": {"path": "./build"}}})

    assert found.to_plan["uploads"]["environment"]["answers"] is True


def test_what_a_flow_includes_from_elsewhere_is_uploaded_with_it(flow: Path) -> None:
    written(flow, additional_includes=["../shared", "../prompt.jinja2"])
    (flow.parent / "shared").mkdir()
    (flow.parent / "shared" / "words.txt").write_text("words")
    (flow.parent / "prompt.jinja2").write_text("{{question}}")

    found = read(flow)

    assert found.model
    folder = found.model.path
    assert folder.name == "flow"
    assert sorted(path.relative_to(folder).as_posix() for path in found.model.files) == [
        "answer.py",
        "flow.dag.yaml",
        "prompt.jinja2",
        "shared/words.txt",
    ]
    assert "additional_includes" not in yaml.safe_load((folder / "flow.dag.yaml").read_text())


@pytest.mark.parametrize(
    ("included", "said"),
    [
        ("../nowhere", "there is no ../nowhere"),
        ("../../elsewhere", "below the request"),
        ("../answer.py", "another answer.py"),
    ],
)
def test_what_cannot_be_included_is_told_by_name(flow: Path, included: str, said: str) -> None:
    written(flow, additional_includes=[included])
    (flow.parent / "answer.py").write_text("")

    [(path, message)] = problems(flow)

    assert path == "model.path"
    assert said in message


def test_of_variants_the_default_one_counts(flow: Path) -> None:
    one = {"type": "llm", "connection": "first"}
    two = {"type": "llm", "connection": "second"}
    variants = {"ask": {"default_variant_id": "b", "variants": {"a": {"node": one}, "b": {"node": two}}}}
    written(flow, nodes=[{"name": "ask", "use_variants": True}], node_variants=variants)

    found = read(flow)

    assert found.model
    assert json.loads(found.model.definition.properties["slipway.flow.connections"]) == ["second"]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (
            "flow.dag.yaml",
            yaml.safe_dump({"nodes": [{"name": "score", "aggregation": True}]}),
            "evaluation flow (score",
        ),
        (".promptflow/flow.meta.yaml", "type: evaluate", "it is an evaluation flow"),
        ("flow.dag.yaml", "nodes: [", "cannot be read"),
    ],
)
def test_what_is_not_deployed_says_why(flow: Path, file: str, text: str, said: str) -> None:
    (flow / file).parent.mkdir(exist_ok=True)
    (flow / file).write_text(text)

    found = problems(flow)

    assert [path for path, _ in found] == ["model.path"]
    assert said in found[0][1]


def test_a_flex_flow_is_told_by_name(flow: Path) -> None:
    (flow / "flow.dag.yaml").rename(flow / "flow.flex.yaml")

    assert "flow.flex.yaml makes it a flex flow" in problems(flow)[0][1]


@pytest.mark.parametrize(
    ("parts", "place", "said"),
    [
        ({"smoke_test": {"request": {"text": "how long?"}}}, "smoke_test.request", "the flow asks for question"),
        ({"variable": '["reply"]'}, "INCLUDED_FIELDS", "no output 'reply': it has answer, evidence"),
        ({"variable": "answer"}, "INCLUDED_FIELDS", "write a JSON list"),
    ],
)
def test_what_the_flow_does_not_take_or_answer_is_told(
    flow: Path, parts: dict[str, Any], place: str, said: str
) -> None:
    variable = parts.pop("variable", None)
    if variable:
        parts["deployment"] = {
            **REQUEST["deployment"],
            "environment_variables": {"PROMPTFLOW_RESPONSE_INCLUDED_FIELDS": variable},
        }

    [(path, message)] = problems(flow, **parts)

    assert place in path
    assert said in message


def test_a_script_beside_a_flow_serves_and_the_flow_is_files(flow: Path) -> None:
    (flow.parent / "code").mkdir()
    (flow.parent / "code" / "score.py").write_text("")
    scripted = {"code_configuration": {"code": "./code", "scoring_script": "score.py"}, "environment": "azureml:e:1"}

    found = read(flow, deployment={**REQUEST["deployment"], **scripted})

    assert found.model
    assert found.model.definition.properties == {}
    assert found.to_send["smoke_test"]["request"] == {"question": "how long?"}


def test_a_flows_folder_is_a_file_of_its_own(flow: Path) -> None:
    path = flow.parent / "deployment.yml"
    path.write_text(yaml.safe_dump({**REQUEST["deployment"], "endpoint_name": "chat"}))
    rest = flow.parent / "rest.yml"
    rest.write_text(yaml.safe_dump({"smoke_test": REQUEST["smoke_test"]}))

    found = read_request_files([flow, path, rest])

    assert (found.to_send["model"], found.to_send["endpoint"]) == ("azureml:flow", {"name": "chat"})
    with pytest.raises(NotAccepted, match="a folder, and no flow"):
        read_request_files([flow.parent, path])
