"""A plan of what its caller has on disk: nothing is registered, and it tells what the deployment will find."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.marks import CONTENT_TAG
from contracts.plan import Plan
from tests.schedules.plan_worlds import plain_request, registered
from tests.schedules.stage import Stage
from triggers.plans import plan
from triggers.requests import to_be_planned

CODE = "azureml:slipway-code-aaaaaaaaaaaaaaaaaaaa:1"
REQUEST = {
    "model": "azureml:local",
    "deployment": {"code_configuration": {"code": CODE, "scoring_script": "score.py"}},
}


def planned(stage: Stage, content: str, *, code: str = CODE, version: str | None = None) -> Plan:
    stage.azure.now = stage.hub.now
    body = plain_request("blue", REQUEST)
    body["deployment"]["code_configuration"]["code"] = code
    model = {"name": "local", "content": content, **({"version": version} if version else {})}
    return plan(to_be_planned({**body, "uploads": {"model": model, "code": code}}))


def uploads(stage: Stage, content: str, version: str) -> dict[str, Any]:
    """Register as the command line does; the request that it sends then."""
    registered(f"models/local/versions/{version}", tags={CONTENT_TAG: content})(stage)
    registered("codes/slipway-code-aaaaaaaaaaaaaaaaaaaa/versions/1")(stage)
    return plain_request("blue", {**REQUEST, "model": f"azureml:local:{version}"})


def test_the_plan_of_files_is_that_of_the_deployment_once_they_are_uploaded(stage: Stage) -> None:
    before = planned(stage, "first")
    body = uploads(stage, "first", "1")

    assert before.problems == []
    assert {"model local:1", "code slipway-code-aaaaaaaaaaaaaaaaaaaa:1"} <= set(before.creates)
    assert planned(stage, "first").digest == before.digest
    assert stage.asked_for({**body, "plan": before.digest}).status == "Completed"


def test_the_same_files_again_are_no_conflict_and_others_are(stage: Stage) -> None:
    assert stage.asked_for(uploads(stage, "first", "1")).status == "Completed"

    again, other = planned(stage, "first"), planned(stage, "second")
    code = planned(stage, "first", code=CODE.replace("aaa", "bbb"))

    assert (again.problems, again.creates, again.changes) == ([], [], [])
    assert "deployment blue" in again.confirms
    assert other.model == "local:2"
    assert [[one.code for one in found.problems] for found in (other, code)] == [["DeploymentConflict"]] * 2


@pytest.mark.parametrize(("content", "told"), [("first", []), ("second", ["FilesUnknown"])])
def test_whether_a_version_with_a_number_has_these_files_is_told_as_far_as_it_is_known(
    stage: Stage, content: str, told: list[str]
) -> None:
    uploads(stage, "first", "3")

    found = planned(stage, content, version="3")

    assert [one.code for one in found.unchecked if one.path == "model"] == told
