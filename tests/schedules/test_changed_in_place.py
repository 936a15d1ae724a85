"""A deployment whose variables and code are changed in place: what is written, and what is given back."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from azure_api.clients import clients
from contracts.operations import OperationResult
from tests.schedules.clients import guard_looks
from tests.schedules.documents import asset
from tests.schedules.instances import Instance
from tests.schedules.orders import PATHS
from tests.schedules.stage import WRONG, Stage, body, error_of, fates_of

WERE = {"LEVEL": "info", "OPTIONS": "key=a%3D;token=b", "STAYS": "1", "GOES": "x"}
CODE = {"code": f"{PATHS}/code/other", "scoring_script": "main.py"}
CHANGE = {
    "environment_variables": {"LEVEL": "debug", "OPTIONS": "key=c", "GOES": None, "NEW": 3},
    "code_configuration": CODE,
    "description": "counts key=1",
    "tags": {"owner": "key=me", "team": None, "new": "1"},
    "in_place": True,
}
# To Azure, names of tags are the same in any case.
TAGS = {"Owner": "key=a%3D", "TEAM": "risk", "stays": "1"}


def properties(stage: Stage) -> dict[str, Any]:
    """Those of the deployment, as somebody's PUT said them last."""
    body = stage.azure.endpoints["north"].deployments["blue"].body
    found, names = body["properties"], ("environmentVariables", "codeConfiguration", "model", "environmentId")
    told = {name: found.get(name) for name in (*names, "description")}
    return {**told, "tags": dict(sorted(body["tags"].items()))}


def changed(stage: Stage, asked: dict[str, Any]) -> Instance:
    """A deployment with variables, and a change of it; its end."""
    request = body("blue") | {"access": {}}
    request["deployment"] |= {"environment_variables": WERE, "tags": TAGS, "description": "was"}
    stage.asked_for({name: part for name, part in request.items() if name != "diagnostics"})
    return stage.operates("update_deployment", asked, deployment="blue")


def test_what_is_named_changes_and_the_rest_stays(stage: Stage) -> None:
    run = changed(stage, CHANGE)
    assert stage.rests() == []
    assert run.status == "Completed", error_of(run)

    entries = OperationResult.from_wire(run.output).ledger
    [code] = [one.id for one in entries if one.kind == "code"]
    is_now = properties(stage)
    assert is_now["environmentVariables"] == {"LEVEL": "debug", "OPTIONS": "key=c", "STAYS": "1", "NEW": "3"}
    assert is_now["description"] == "counts key=1"
    others = {"Owner": "key=me", "stays": "1", "new": "1"}
    assert {name: text for name, text in is_now["tags"].items() if not name.startswith("slipway-")} == others
    assert is_now["codeConfiguration"]["codeId"].endswith(code)
    assert is_now["codeConfiguration"]["scoringScript"] == "main.py"
    assert code in stage.azure.assets
    script = stage.operates(
        "update_deployment", {"code_configuration": {"scoring_script": "other.py"}}, deployment="blue"
    )
    stage.rests()
    error = error_of(script)
    assert error
    assert error.code == "StillServing"
    same = stage.operates("update_deployment", CHANGE, deployment="blue")
    assert stage.rests() == []
    assert OperationResult.from_wire(same.output).ledger == []


@pytest.mark.parametrize("killed", [False, True], ids=["undone", "begun anew"])
def test_what_does_not_answer_is_given_back(stage: Stage, killed: bool) -> None:
    """One whose worker dies knows no more than its status shows, in which `key=` is not what it was."""
    run = changed(stage, CHANGE)
    before = deepcopy(properties(stage))
    stage.weather.endings = [WRONG]
    if killed:
        stage.hub.after(40, lambda: stage.hub.kill_worker(1, "update_deployment"))
        stage.hub.after(600, lambda: guard_looks(stage.hub))

    assert stage.rests() == []
    error = error_of(run)
    assert error
    assert error.code == "WrongAnswer"
    assert run.resumed == killed
    assert fates_of(run) == {"code": "stays", "deployment_update": "undone"}
    assert properties(stage) == before


REFERENCE = "${{azureml://connections/db/credentials/key}}"


@pytest.mark.parametrize(
    ("there", "asked", "says"),
    [
        (
            {"environmentVariables": {"DB_PASSWORD": "hunter2"}},
            {"environment_variables": {"DB_PASSWORD": REFERENCE}},
            "DB_PASSWORD",
        ),
        ({}, {"environment_variables": {"LEVEL": "l" * 1500}}, "more at once than undo could give back"),
        ({"codeConfiguration": None}, {"code_configuration": {"scoring_script": "main.py"}}, "name both"),
        ({"codeConfiguration": None}, {"code_configuration": {"code": CODE["code"]}}, "name both"),
    ],
    ids=["a secret of others", "too much", "a script without code", "code without a script"],
)
def test_what_could_not_be_given_back_or_serve_is_refused(
    stage: Stage, there: dict[str, Any], asked: dict[str, Any], says: str
) -> None:
    run = changed(stage, {**asked, "in_place": True})
    body = stage.azure.endpoints["north"].deployments["blue"].body
    body["properties"] |= there
    before = deepcopy(body)

    assert stage.rests() == []
    error = error_of(run)
    assert error
    assert error.code == "RequestRejected"
    assert says in error.message
    assert "hunter2" not in str(run.shown)
    assert stage.azure.endpoints["north"].deployments["blue"].body == before


@pytest.mark.parametrize(("registry", "refused"), [("docker.io", True), ("mcr.microsoft.com", False)])
def test_an_image_that_no_deployment_may_have_comes_by_no_change_either(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, registry: str, refused: bool
) -> None:
    """Whoever runs Slipway says where images may come from."""
    changed(stage, CHANGE)
    stage.rests()
    path = "environments/serving/versions/2"
    stage.azure.assets[path] = asset(path, {"properties": {"image": f"{registry}/somebody/serving:1"}}, stage.hub.now)
    monkeypatch.setattr(clients(), "settings", replace(clients().settings, allowed_registries=("mcr.microsoft.com",)))
    before = properties(stage)
    asked = {"environment": "azureml:serving:2", "in_place": True}

    run = stage.operates("update_deployment", asked, deployment="blue")

    assert stage.rests() == []
    error = error_of(run)
    assert (run.status == "Failed") == refused
    assert (error and (error.code, error.step)) == (("RegistryNotAllowed", "plan_update") if refused else None)
    assert (properties(stage) == before) == refused
