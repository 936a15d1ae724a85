"""One fault that passes, at each request of a run: the run ends as it would have ended without it."""

from __future__ import annotations

import pytest

from tests.schedules.stage import WRONG, Stage, error_of
from tests.schedules.weather import Kind
from tests.schedules.wire import Line

PASSING: tuple[Kind, ...] = ("throttled", "unavailable", "lost_before", "lost_after", "conflict")
# Every so many requests: all of them are met when each kind begins elsewhere.
STRIDE = 4
LOOKING = (
    "plan_deployment",
    "register_model",
    "register_environment",
    "ensure_endpoint",
    "begin_deployment",
    "endpoint_provisioned",
    "deployment_provisioned",
    "smoke_test",
    "read_traffic",
    "shift_traffic",
    "traffic_provisioned",
    "read_back",
)
UNDOING = ("remove_deployment", "remove_role_assignment", "remove_endpoint")


@pytest.mark.parametrize(("first", "kind"), [*enumerate(PASSING, 1)])
def test_a_fault_that_passes_does_not_fail_a_run(line: Line, kind: Kind, first: int) -> None:
    number, met = (first - 1) % STRIDE + 1, 0
    while True:
        stage = Stage(line)
        stage.strikes(kind, number=number)
        run = stage.deploys()
        if not stage.weather.met:
            break
        assert (run.status, stage.rests()) == ("Completed", []), stage.weather.met
        number, met = number + STRIDE, met + 1

    assert met >= 2


@pytest.mark.parametrize(("first", "kind"), [*enumerate(PASSING, 2)])
def test_a_fault_that_passes_changes_nothing_about_what_is_undone(line: Line, kind: Kind, first: int) -> None:
    number, met = (first - 1) % STRIDE + 1, 0
    while True:
        stage = Stage(line)
        stage.deploys("green")
        stage.weather.endings = [WRONG]
        stage.strikes(kind, number=number)
        run = stage.deploys()
        if not stage.weather.met:
            break
        error = error_of(run)
        assert (error and error.code, stage.rests()) == ("WrongAnswer", []), stage.weather.met
        assert stage.azure.endpoints["north"].traffic == {"green": 100}
        number, met = number + STRIDE, met + 1

    assert met >= 1


@pytest.mark.parametrize("activity", LOOKING)
def test_what_is_not_seen_once_is_not_taken_to_be_gone(line: Line, activity: str) -> None:
    number = 0
    while True:
        stage = Stage(line)
        stage.strikes("hidden", activity, number := number + 1)
        run = stage.deploys()
        if not stage.weather.met:
            break
        assert (run.status, stage.rests()) == ("Completed", []), stage.weather.met

    assert number > 1


@pytest.mark.parametrize("activity", UNDOING)
def test_what_is_not_seen_once_is_undone_all_the_same(line: Line, activity: str) -> None:
    number = 0
    while True:
        stage = Stage(line)
        stage.weather.endings = [WRONG]
        stage.strikes("hidden", activity, number := number + 1)
        run = stage.deploys()
        if not stage.weather.met:
            break
        assert stage.rests() == [], stage.weather.met
        assert not stage.azure.endpoints["north"].deployments
        error = error_of(run)
        assert error is not None
        assert error.code == "WrongAnswer"

    assert number > 1
