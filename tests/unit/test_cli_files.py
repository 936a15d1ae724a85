"""Several files that make one request: which is which, what the command line adds, and what is told of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.outcome import NotAccepted
from cli.request_file import Asked, RequestFile, read_request_files
from cli.uploading import left_out, told

ENDPOINT = {"name": "from-files", "traffic": {"blue": 100}}
DEPLOYMENT = {
    "name": "blue",
    "endpoint_name": "from-files",
    "model": "azureml:credit:1",
    "instance_type": "Standard_DS3_v2",
}
IDENTITY_ID = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mine"
)
IDENTITY: dict[str, Any] = {
    "identity": {"type": "user_assigned", "user_assigned_identities": [{"resource_id": "to be filled in"}]}
}
WAIVED = {"smoke_test": {"waived": "not now"}}


def written(folder: Path, **files: Any) -> list[Path]:
    paths = []
    for name, body in files.items():
        path = folder / f"{name}.yml"
        path.write_text(body if isinstance(body, str) else yaml.safe_dump(body))
        paths.append(path)
    return paths


def read(folder: Path, asked: Asked | None = None, **files: Any) -> RequestFile:
    return read_request_files(written(folder, **files), asked or Asked())


def problems(folder: Path, asked: Asked | None = None, **files: Any) -> list[tuple[str, str]]:
    with pytest.raises(NotAccepted) as refused:
        read(folder, asked, **files)
    return [(one.path, one.code) for one in refused.value.problems]


def test_files_are_put_together(tmp_path: Path) -> None:
    found = read(tmp_path, endpoint=ENDPOINT, deployment=DEPLOYMENT, more={**WAIVED, "access": {"grants": "none"}})

    assert found.to_send == {
        "endpoint": {"name": "from-files"},
        "deployment": {"name": "blue", "instance_type": "Standard_DS3_v2"},
        "model": "azureml:credit:1",
        "traffic": {"blue": 100},
        "access": {"grants": "none"},
        **WAIVED,
    }
    assert found.uploads == []


def test_a_deployment_alone_goes_to_the_endpoint_it_names(tmp_path: Path) -> None:
    assert read(tmp_path, deployment=DEPLOYMENT, more=WAIVED).to_send["endpoint"] == {"name": "from-files"}


def test_the_command_line_wins_over_the_files(tmp_path: Path) -> None:
    sample = tmp_path / "sample.json"
    sample.write_text('{"data": [[null]]}')
    asked = Asked(sample, "blue=90,green=10", ["deployment.instance_count=2", "endpoint.tags.team=risk"])
    found = read(tmp_path, asked, endpoint=ENDPOINT, deployment=DEPLOYMENT)

    assert found.to_send["traffic"] == {"blue": "90", "green": "10"}
    assert found.to_send["deployment"]["instance_count"] == 2
    assert found.to_send["endpoint"]["tags"] == {"team": "risk"}
    assert found.to_send["smoke_test"] == {"request": {"data": [[None]]}}


@pytest.mark.parametrize(
    ("name", "content", "sent"),
    [
        ("row.json", b"\xef\xbb\xbf[1]", {"request": [1]}),
        ("rows.csv", b"a,b\n1,2\n", {"text": "a,b\n1,2\n", "content_type": "text/csv"}),
        ("picture.png", b"\x89PNG", {"base64": "iVBORw==", "content_type": "image/png"}),
    ],
)
def test_a_file_is_sent_as_what_its_name_says(tmp_path: Path, name: str, content: bytes, sent: Any) -> None:
    (tmp_path / name).write_bytes(content)
    expected = {"smoke_test": {"expect": {"contains": "x"}}}

    found = read(tmp_path, Asked(tmp_path / name), deployment=DEPLOYMENT, more=expected)

    assert found.to_send["smoke_test"] == expected["smoke_test"] | sent


def test_a_name_may_come_from_the_command_line(tmp_path: Path) -> None:
    nameless = {"auth_mode": "key"}
    assert problems(tmp_path, endpoint=nameless, deployment=DEPLOYMENT, more=WAIVED) == [
        ("endpoint.yml: name", "required")
    ]
    found = read(
        tmp_path, Asked(sets=["endpoint.name=from-files"]), endpoint=nameless, deployment=DEPLOYMENT, more=WAIVED
    )
    assert found.to_send["endpoint"]["name"] == "from-files"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(sets=["instance_count"]), "e.g. deployment.instance_count=2"),
        (Asked(sets=["deployment..name=x"]), "e.g. deployment.instance_count=2"),
        (Asked(sets=["instance_cuont=2"]), "no field 'instance_cuont' in a request; did you mean 'instance_count'"),
        (Asked(sets=["xyz.a=2"]), "no field 'xyz' in a request; write one"),
        (Asked(sets=["tags.a=2"]), "deployment.tags or endpoint.tags"),
        (Asked(sets=["deployment.model.path=x"]), "given by its name"),
        (Asked(sets=["deployment.tags={"]), "cannot be read"),
        (Asked(sets=["endpoint.identity.user_assigned_identities.1.resource_id=x"]), "no 1 in a list of 1"),
        (Asked(sets=["endpoint.identity.user_assigned_identities.resource_id=x"]), "no resource_id in a list"),
        (Asked(Path("nowhere.json")), "cannot be read"),
    ],
)
def test_what_the_command_line_says_is_judged_too(tmp_path: Path, asked: Asked, said: str) -> None:
    with pytest.raises(NotAccepted, match=said):
        read(tmp_path, asked, endpoint=ENDPOINT | IDENTITY, deployment=DEPLOYMENT, more=WAIVED)


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("model=azureml:credit-risk:7", "model", "azureml:credit-risk:7"),
        ("deployment.model=azureml:credit-risk:7", "model", "azureml:credit-risk:7"),
        ("environment=azureml:serving:7", "deployment.environment", "azureml:serving:7"),
        ("endpoint_name=other", "endpoint.name", "other"),
        ("endpoint.name=other", "endpoint.name", "other"),
        ("instance_count=2", "deployment.instance_count", 2),
        ("request_settings.request_timeout_ms=9000", "deployment.request_settings.request_timeout_ms", 9000),
        ("auth_mode=aml_token", "endpoint.auth_mode", "aml_token"),
        ("public_network_access=disabled", "endpoint.public_network_access", "disabled"),
        ("traffic.green=0", "traffic", {"blue": 100, "green": 0}),
        ("traffic=none", "traffic", "none"),
        ("on_failure=keep", "on_failure", "keep"),
        ("ttl=PT8H", "ttl", "PT8H"),
    ],
)
def test_a_field_is_set_as_az_ml_names_it_or_as_a_request_does(
    tmp_path: Path, text: str, path: str, value: Any
) -> None:
    endpoint = ENDPOINT | {"traffic": {"blue": 100}}

    found: Any = read(tmp_path, Asked(sets=[text]), endpoint=endpoint, deployment=DEPLOYMENT, more=WAIVED).to_send

    for part in path.split("."):
        found = found[part]
    assert found == value


@pytest.mark.parametrize("where", ["model", "deployment.model"])
@pytest.mark.parametrize("own_file", [True, False])
def test_one_field_of_a_model_is_set_in_whichever_file_it_stands(tmp_path: Path, where: str, own_file: bool) -> None:
    path = "azureml://datastores/workspaceblobstore/paths/m/"
    model = {"name": "m", "version": 1, "path": path}
    rest = {name: part for name, part in DEPLOYMENT.items() if name != "model"}
    files = {"model": model, "deployment": rest} if own_file else {"deployment": rest | {"model": model}}

    found = read(tmp_path, Asked(sets=[f"{where}.version=7"]), more=WAIVED, **files)

    assert found.to_send["model"] == model | {"version": 7}


def test_a_field_that_several_have_is_the_one_s_whose_file_is_given(tmp_path: Path) -> None:
    found = read(tmp_path, Asked(sets=["tags.team=risk"]), deployment=DEPLOYMENT, more=WAIVED)

    assert found.to_send["deployment"]["tags"] == {"team": "risk"}


def test_a_field_without_a_value_may_have_it_from_the_command_line_and_is_told_once(tmp_path: Path) -> None:
    files: dict[str, Any] = {
        "endpoint": ENDPOINT | {"name": None},
        "deployment": DEPLOYMENT | {"model": None, "description": None},
    }
    found = read(
        tmp_path,
        Asked(sets=["endpoint.name=said-last", "model=azureml:m:1", "deployment.description=d"]),
        more=WAIVED,
        **files,
    )

    assert (found.to_send["endpoint"]["name"], found.to_send["model"]) == ("said-last", "azureml:m:1")
    assert problems(tmp_path, more=WAIVED, **files) == [
        ("endpoint.yml: name", "required"),
        ("deployment.yml: description", "wrong_type"),
        ("deployment.yml: model", "wrong_type"),
    ]


@pytest.mark.parametrize(
    "files",
    [
        {"model": {"name": "m", "path": "azureml://datastores/workspaceblobstore/paths/m/"}},
        {"environment": {"name": "e", "image": "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:1"}},
        {"endpoint": {"name": "from-files", "auth_mode": "key"}},
    ],
)
def test_files_without_a_deployment_are_told_that_one_is_missing_and_nothing_else(
    tmp_path: Path, files: dict[str, Any]
) -> None:
    assert problems(tmp_path, **files) == [("deployment", "required")]


@pytest.mark.parametrize("of_it", ["", ".resource_id"])
def test_a_value_in_a_list_is_set_by_its_number(tmp_path: Path, of_it: str) -> None:
    """Published files leave the identity to be filled in: `resource_id: user_identity_ARM_id_place_holder`."""
    asked = Asked(sets=[f"endpoint.identity.user_assigned_identities.0{of_it}={IDENTITY_ID}"])

    found = read(tmp_path, asked, endpoint=ENDPOINT | IDENTITY, deployment=DEPLOYMENT, more=WAIVED)

    assert found.to_send["endpoint"]["identity"]["user_assigned_identities"] == [
        {"resource_id": IDENTITY_ID} if of_it else IDENTITY_ID
    ]


def test_two_of_a_kind_and_places_that_contradict_are_told_by_their_files(tmp_path: Path) -> None:
    assert ("green.yml", "contradiction") in problems(tmp_path, blue=DEPLOYMENT, green=DEPLOYMENT, more=WAIVED)
    assert problems(tmp_path, endpoint={**ENDPOINT, "name": "other"}, deployment=DEPLOYMENT, more=WAIVED) == [
        ("deployment.yml: endpoint_name", "contradiction")
    ]
    with pytest.raises(NotAccepted) as refused:
        read(tmp_path, endpoint={**ENDPOINT, "name": "other"}, deployment=DEPLOYMENT, more=WAIVED)
    assert refused.value.problems[0].message.startswith("says 'from-files' where endpoint.name says 'other': write it")
    preview = {"$schema": "http://azureml/sdk-2-0/OnlineEndpoint.json", "name": "from-files"}
    assert read(tmp_path, endpoint=preview, deployment=DEPLOYMENT, more=WAIVED).to_send["endpoint"] == {
        "name": "from-files"
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$schema: https://x/latest/batchDeployment.schema.json\nname: blue\n", "batchDeployment: leave it out"),
        ("$schema: https://x/2019-04-01/deploymentTemplate.json#\nresources: []\n", "deploymentTemplate: leave it out"),
        ("colour: blue\n", "nothing in it says which"),
        ("- a\n- b\n", "cannot be read"),
    ],
)
def test_what_is_none_of_the_files_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(NotAccepted, match=said):
        read(tmp_path, other=text)


def test_without_a_sample_the_command_says_how_to_give_one(tmp_path: Path) -> None:
    script = {"code_configuration": {"code": "src", "scoring_script": "score.py"}, "environment": "azureml:e:1"}
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "score.py").write_text("def init(): ...\ndef run(raw): ...\n")
    with pytest.raises(NotAccepted) as refused:
        read(tmp_path, deployment=DEPLOYMENT | script)
    [problem] = refused.value.problems

    assert (problem.path, "--request FILE" in problem.message) == ("smoke_test", True)
    # A script that says what it takes is asked for it once it is deployed.
    (tmp_path / "src" / "score.py").write_text("from inference_schema.schema_decorators import input_schema\n")
    assert "smoke_test" not in read(tmp_path, deployment=DEPLOYMENT | script).to_send


@pytest.mark.parametrize(
    ("example", "sent"),
    [
        ({"columns": ["a"], "data": [[1]]}, {"input_data": {"columns": ["a"], "index": [0], "data": [[1]]}}),
        ({"inputs": [[1, 2]]}, {"input_data": [[1, 2]]}),
        ([[1, 2]], {"input_data": [[1, 2]]}),
    ],
)
def test_an_mlflow_model_is_sent_its_own_example(tmp_path: Path, example: Any, sent: Any) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "MLmodel").write_text("saved_input_example_info: {artifact_path: input_example.json}\n")
    (model / "input_example.json").write_text(json.dumps(example))
    deployment = {**DEPLOYMENT, "model": {"path": "model", "type": "mlflow_model"}}

    assert read(tmp_path, deployment=deployment).to_send["smoke_test"] == {"request": sent}


def test_what_goes_up_and_what_stays_is_told(tmp_path: Path) -> None:
    code = tmp_path / "src"
    (code / "__pycache__").mkdir(parents=True)
    for name, text in (("score.py", "x = 1\n"), (".env", "A=1"), ("__pycache__/score.pyc", ""), ("a.log", "")):
        (code / name).write_text(text)
    (code / ".gitignore").write_text("*.log")
    deployment = {
        **DEPLOYMENT,
        "environment": "azureml:e:1",
        "code_configuration": {"code": "src", "scoring_script": "score.py"},
    }
    found = read(tmp_path, deployment=deployment, more=WAIVED)
    [local] = found.uploads

    assert told(local).endswith(f"from {code} (3 files, 14 bytes)")
    assert [*left_out(local)] == [
        "left out: __pycache__/, a.log",
        "uploaded too, as az ml does: .env (name it in .amlignore to keep it here)",
    ]


def test_a_docker_context_becomes_an_environment_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text("FROM scratch\n")
    environment = {"name": "built", "build": {"path": "docker"}}
    found = read(tmp_path, environment=environment, deployment=DEPLOYMENT, more=WAIVED)
    (tmp_path / "docker" / "Dockerfile").write_text("FROM other\n")
    other = read(tmp_path, environment=environment, deployment=DEPLOYMENT, more=WAIVED)

    assert found.environment
    assert other.environment
    assert found.to_send["deployment"]["environment"] == found.environment.reference
    assert found.environment.reference.startswith("azureml:built:")
    assert found.environment.reference != other.environment.reference
    uploaded = {"reference": found.environment.reference, "answers": False}
    assert found.to_plan == {**found.to_send, "uploads": {"environment": uploaded}}
