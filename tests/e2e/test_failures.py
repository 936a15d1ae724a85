"""Deployments that cannot succeed: each ends in its own error, and leaves behind exactly what its ledger says stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from local.cloud import world
from local.stack import LocalStack
from orchestrations.run import OWN_WORDS
from tests import samples
from tests.e2e import reading

Body = dict[str, Any]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One stack for the module: every test has an endpoint of its own."""
    with LocalStack(tmp_path_factory.mktemp("failures")) as started:
        samples.register_all(started)
        for script in ("init_raises", "run_raises"):
            samples.register_code(started, script)
        samples.register_environment(started, "own-image", image="docker.io/me/mine:1", conda=None)
        samples.register_environment(started, "no-such-package", conda={"dependencies": [{"pip": ["nothing==0.0.0"]}]})
        yield started


@pytest.fixture
def stack(shared: LocalStack) -> Iterator[LocalStack]:
    quota = replace(shared.cloud.state.quota)
    yield shared
    shared.cloud.state.quota = quota


@dataclass(frozen=True)
class Expected:
    """How a run ends: its error, what the message says, and whether the container's log explains it."""

    code: str
    step: str
    cause: str | None
    message: str
    log: str | None = None
    stays: frozenset[str] = frozenset({"endpoint", "role_assignment"})


def quota_of(cores: int) -> Callable[[LocalStack], None]:
    def limit(stack: LocalStack) -> None:
        stack.cloud.state.quota.cores = cores

    return limit


def no_more_endpoints(stack: LocalStack) -> None:
    stack.cloud.state.quota.endpoints = 0


def nothing(_stack: LocalStack) -> None:
    """Leave the world as it is."""


CASES: dict[str, tuple[Body, Callable[[LocalStack], None], Expected]] = {
    "init-raises": (
        {"code": "azureml:init-raises:1"},
        nothing,
        Expected(
            "ScoringScriptFailed",
            "deployment_provisioned",
            "ResourceNotReady",
            message="FileNotFoundError: weights-that-do-not-exist.bin",
            log='raise FileNotFoundError("weights-that-do-not-exist.bin")',
        ),
    ),
    "run-raises": (
        {"code": "azureml:run-raises:1"},
        nothing,
        Expected(
            "ModelFailed",
            "smoke_test",
            "ModelError",
            message="the model answered 500",
            log="ValueError: the model cannot take this input",
        ),
    ),
    "wrong-answer": (
        {"expect": {"json": [18], "tolerance": 0.5}},
        nothing,
        Expected(
            "WrongAnswer",
            "smoke_test",
            None,
            message="expected [18] (tolerance 0.5), the model answered [17]",
            log="POST /score 200",
        ),
    ),
    "no-cores": (
        {},
        quota_of(1),
        Expected(
            "QuotaExceeded",
            "begin_deployment",
            "InferencingClientCreateDeploymentFailed",
            message="Not enough quota available for STANDARD_DS3_V2",
        ),
    ),
    "no-endpoints": (
        {},
        no_more_endpoints,
        Expected(
            "QuotaExceeded",
            "ensure_endpoint",
            "OutOfQuota",
            message="limit of 0 online endpoints",
            stays=frozenset({"role_assignment"}),
        ),
    ),
    world.NAME_TAKEN_IN_REGION: (
        {},
        nothing,
        Expected(
            "EndpointNameTaken",
            "ensure_endpoint",
            "EndpointNameTaken",
            message="unique within a region",
            stays=frozenset({"role_assignment"}),
        ),
    ),
    "own-image": (
        {"environment": "azureml:own-image:1"},
        nothing,
        Expected(
            "ImageNotRunnable",
            "deployment_provisioned",
            "ImageNotRunnableLocally",
            message="docker.io/me/mine:1",
        ),
    ),
    "no-such-package": (
        {"environment": "azureml:no-such-package:1"},
        nothing,
        Expected(
            "ImageNotRunnable", "deployment_provisioned", "ImageBuildFailure", message="Image build failed. error"
        ),
    ),
    "unknown-size": (
        {"instance_type": "Standard_Imaginary"},
        nothing,
        Expected("InstanceTypeUnavailable", "begin_deployment", "InvalidInstanceType", message="Standard_Imaginary"),
    ),
}


def request_for(endpoint: str, parts: Body) -> Body:
    """A request in which `parts` differ: those of `samples.request`, an instance type, or an identity's ARM id."""
    parts = dict(parts)
    size, identity = parts.pop("instance_type", None), parts.pop("identity_id", None)
    body = samples.request(endpoint=endpoint, **parts)
    if size:
        body["deployment"]["instance_type"] = size
    if identity:
        body["endpoint"]["identity"]["user_assigned_identities"] = [identity]
    return body


@pytest.mark.parametrize("case", list(CASES))
def test_a_failure_names_step_cause_and_remedy_and_cleans_up(stack: LocalStack, case: str) -> None:
    parts, prepare, expected = CASES[case]
    prepare(stack)
    before = reading.made(stack, case)

    status = stack.deploy(request_for(case, parts))

    error = status["error"]
    assert (status["status"], error["code"]) == ("Failed", expected.code)
    assert (error["step"], error.get("cause")) == (expected.step, expected.cause)
    assert expected.message in error["message"]
    assert len(error["suggestion"]) > 20
    assert (expected.log or "") in error.get("log_tail", "")
    assert ("log_tail" in error) == (expected.log is not None)
    assert reading.step(status, expected.step)["state"] == "failed"
    assert "result" not in status
    left = reading.left_behind(stack, case, before)
    assert left == reading.said_to_stay(status)
    assert {name.split(" ")[0] for name in left} <= expected.stays
    assert ("endpoint" in expected.stays) == (f"endpoint {case}" in left)


NOBODY = f"{world.RESOURCE_GROUP_ID}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nobody"
REFUSED: dict[str, tuple[Body, str, str]] = {
    "model": ({"model": "azureml:nobody-knows:1"}, "ModelNotFound", "model: "),
    "model-version": ({"model": "azureml:credit-risk:99"}, "ModelNotFound", "model: "),
    "code": ({"code": "azureml:nobody-knows:1"}, "AssetNotFound", "deployment.code_configuration.code: "),
    "environment": ({"environment": "azureml:nobody-knows:1"}, "AssetNotFound", "deployment.environment: "),
    "role": (
        {"access": {"additional": [{"role": "Nobody Knows", "scope": world.REGISTRY_ID}]}},
        "RoleNotFound",
        "access.additional.0.role: there is no role named 'Nobody Knows'",
    ),
    "identity": ({"identity_id": NOBODY}, "IdentityNotFound", "endpoint.identity: "),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_what_reading_can_tell_is_told_before_anything_is_written(stack: LocalStack, case: str) -> None:
    parts, code, message = REFUSED[case]
    written = reading.changes(stack)

    status = stack.deploy(request_for(f"unknown-{case}", parts))

    assert (status["status"], status["error"]["code"]) == ("Failed", code)
    assert status["error"]["message"].startswith(message)
    assert status["error"]["step"] == "plan_deployment"
    taken = [(one["name"], one["state"]) for one in status["steps"]]
    assert taken == [("wait_for_turn", "succeeded"), ("plan_deployment", "failed")]
    assert reading.changes(stack) == written
    assert status["ledger"] == []


@pytest.fixture(scope="module")
def serving(shared: LocalStack) -> str:
    """An endpoint whose deployment `blue` has all traffic."""
    status = shared.deploy(samples.request(endpoint="serving"))
    assert status["status"] == "Succeeded"
    return "serving"


class TestAServingEndpoint:
    """What already serves is not touched by a deployment that fails beside it."""

    def test_keeps_its_traffic_when_the_next_answers_wrongly(self, stack: LocalStack, serving: str) -> None:
        before = reading.made(stack, serving)

        status = stack.deploy(samples.request(endpoint=serving, deployment="green", expect={"json": [0]}))

        assert status["error"]["code"] == "WrongAnswer"
        assert reading.left_behind(stack, serving, before) == set()
        assert reading.traffic(stack, serving) == {"blue": 100}
        assert reading.fates(status) == {"deployment green": "undone"}

    def test_refuses_traffic_for_a_deployment_it_does_not_have(self, stack: LocalStack, serving: str) -> None:
        before = reading.made(stack, serving)

        status = stack.deploy(
            samples.request(endpoint=serving, deployment="green", traffic={"green": 50, "purple": 50})
        )

        assert status["error"]["code"] == "TrafficRejected"
        assert "purple" in status["error"]["message"]
        assert reading.left_behind(stack, serving, before) == set()

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"deployment": "blue", "model": "azureml:other:1"}, "DeploymentConflict"),
            ({"deployment": "green", "identity": "spare-identity"}, "EndpointConflict"),
            ({"deployment": "green", "identity": None}, "EndpointConflict"),
        ],
    )
    def test_is_not_changed_into_something_else(
        self, stack: LocalStack, serving: str, changes: Body, code: str
    ) -> None:
        samples.register_model(stack, "other")
        written = reading.changes(stack)

        status = stack.deploy(samples.request(endpoint=serving, **changes))

        assert (status["error"]["code"], status["error"]["step"]) == (code, "plan_deployment")
        assert reading.changes(stack) == written


def test_words_that_the_host_takes_for_credentials_hide_no_failure(stack: LocalStack) -> None:
    """What a run has asked for is in the text with which it fails, and the Functions host hides what follows them."""
    words = 'sort by key="age", Server="x", Token=\'y\'; https://host/p?code="z"&sig="z" Data Source="w"'
    body = samples.request(endpoint="words", expect={"json": [18]})
    body["deployment"] |= {"environment_variables": {"HINT": words}, "tags": {"hint": words}}
    body["smoke_test"]["request"]["hint"] = words

    status = stack.deploy(body)

    assert (status["status"], status["error"]["code"]) == ("Failed", "WrongAnswer")
    assert reading.fates(status)["deployment blue"] == "undone"
    history = str(stack.history(status["id"]))
    assert OWN_WORDS in history
    assert re.findall(r"resumptions\W+(\d)", history) == ["0"]
