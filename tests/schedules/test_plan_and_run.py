"""A plan that finds nothing means that the run succeeds: both, for each request of a table, on an Azure that is strict.

And a plan's problem is true: the same run fails when it is told to go on nevertheless.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import activities
from activities.planning import plan_deployment
from azure_api.clients import clients
from contracts.online import ENFORCE
from contracts.plan import Plan, PlanInput, PlanProblem, PlanRemark
from tests.schedules.clients import guard_looks
from tests.schedules.plan_cases import CASES, IN_OTHER_LETTERS, USUAL, Case
from tests.schedules.plan_worlds import cores, deployed, plain_request
from tests.schedules.stage import Stage, error_of
from tests.schedules.stage import body as whole_request
from triggers.plans import plan
from triggers.requests import judged

# What is not there is left out of what the plan tells a run, and so is a role that Slipway itself does not grant.
NOTHING_TO_GO_ON_WITH = {"ModelNotFound", "AssetNotFound", "RoleNotGrantable"}


def planned(body: dict[str, Any]) -> Plan:
    return plan(PlanInput(request=judged(body)))


def codes(found: Plan) -> set[str]:
    return {one.code for one in findings(found)}


def findings(found: Plan) -> list[PlanProblem | PlanRemark]:
    return [*found.problems, *found.warnings, *found.unchecked]


def goes_on_nevertheless(stage: Stage) -> None:
    """Have the run overlook what its plan finds."""

    def overlooked(payload: Any) -> Any:
        answer = plan_deployment(payload)
        return {"ok": {**answer["ok"], "problems": [], "problem_count": 0}}

    stage.hub.activities["plan_deployment"] = overlooked


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_plan_and_its_run_do_not_contradict(stage: Stage, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients(), "settings", replace(clients().settings, **case.settings))
    case.world(stage)
    body = plain_request("blue", case.body)
    stage.azure.now = stage.hub.now
    found = planned(body)
    if not {one.code for one in found.problems} & NOTHING_TO_GO_ON_WITH and found.problems:
        goes_on_nevertheless(stage)

    run = stage.asked_for(body)

    assert case.finds <= codes(found)
    assert bool(found.problems) == (case.fails_by is not None and case.problem), found.problems
    assert (run.status == "Completed") == (case.fails_by is None), error_of(run)
    if case.fails_by and not case.problem:
        assert case.fails_by in {one.code for one in found.unchecked}
    assert all(one.command for one in findings(found))


# Words of ARM's enumerations that plans and runs read.
WORDS = {"authMode", "provisioningState", "modelType", "type", "category", "publicNetworkAccess", ENFORCE}


def in_other_letters(document: Any) -> Any:
    """The same with all words of enumerations in capitals: ARM's have no case."""
    if isinstance(document, list):
        return [in_other_letters(one) for one in document]
    if not isinstance(document, dict):
        return document
    return {
        name: value.upper() if name in WORDS and isinstance(value, str) else in_other_letters(value)
        for name, value in document.items()
    }


@pytest.mark.parametrize("case", [one for one in CASES if one.name in IN_OTHER_LETTERS], ids=lambda case: case.name)
def test_words_of_azure_have_no_case(stage: Stage, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = stage.azure.answer

    def answered(*asked: Any) -> tuple[int, Any]:
        status, document = answer(*asked)
        return status, in_other_letters(document)

    monkeypatch.setattr(stage.azure, "answer", answered)

    test_a_plan_and_its_run_do_not_contradict(stage, case, monkeypatch)


def test_a_plan_tells_what_is_left_of_a_quota(stage: Stage) -> None:
    cores("DSv2", 24, deployed())(stage)

    def usage(deployment: str) -> dict[str, tuple[int, int, int]]:
        told = planned(plain_request(deployment, {"deployment": {"instance_count": 1}})).usage
        return {one.name: (one.used, one.takes, one.limit) for one in told}

    assert usage("green") == {"standardDSv2Family": (8, 8, 24)}
    assert usage("blue") == {}
    stage.azure.endpoints.clear()
    assert usage("blue") == {"standardDSv2Family": (0, 8, 24), "online endpoints": (0, 1, 10_000)}


def test_there_are_sixty_requests_and_each_finding_is_provoked() -> None:
    assert len(CASES) >= 60
    provoked = {code for case in CASES for code in case.finds} | USUAL
    assert set(remarks()) - provoked == set()


def remarks() -> Iterator[str]:
    """Codes of all warnings, and of all that is left unchecked, of deployments; runtimes have tests of their own."""
    folder = Path(activities.__path__[0])
    for path in {*folder.rglob("*.py")} - {*folder.glob("*runtime*.py")}:
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in ("warn", "leave_unchecked"):
                yield from (str(one.value) for one in call.args[:1] if isinstance(one, ast.Constant))


def test_a_run_refuses_before_anything_is_made_when_its_plan_is_another_one_by_then(stage: Stage) -> None:
    body = plain_request("green", {})
    deployed()(stage)
    agreed = planned(body).digest
    deployed("red")(stage)
    made = len(stage.azure.acts)

    run = stage.asked_for({**body, "plan": agreed})

    error = error_of(run)
    assert error
    assert (error.code, error.step) == ("PlanOutdated", "plan_deployment")
    assert len(stage.azure.acts) == made


def test_a_plan_stays_itself_until_something_moves_and_its_run_is_taken(stage: Stage) -> None:
    body = plain_request("green", {})
    deployed()(stage)
    agreed = planned(body)
    stage.azure.quota.cores -= 1

    assert planned(body).digest == planned({**body, "plan": agreed.digest}).digest == agreed.digest
    assert planned(plain_request("green", {"traffic": "none"})).digest != agreed.digest
    assert stage.asked_for({**body, "plan": agreed.digest}).status == "Completed"


def test_a_run_that_the_platform_ended_is_not_refused_for_what_it_has_made_itself(stage: Stage) -> None:
    body = whole_request("blue")
    run = stage.begins({**body, "plan": planned(body).digest})
    # While the roles take effect.
    stage.hub.after(200, lambda: stage.hub.kill_worker(1))
    stage.hub.after(600, lambda: guard_looks(stage.hub))

    stage.rests()

    assert (run.resumed, run.status) == (1, "Completed"), error_of(run)
