"""Bad days of Azure and of the network: survived while they pass, and a typed error by a deadline when they do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local.cloud import world
from local.cloud.faults import Fault
from local.cloud.world import Durations
from local.stack import LocalStack
from tests import samples
from tests.e2e import reading

ML = "Microsoft.MachineLearningServices/workspaces"
ENDPOINT_READ = f"{ML}/onlineEndpoints/read"
TOKEN = "managedIdentity/token"
SCORE = "inference/score"
# Everything the app asks of Azure in one deployment; a test below holds this list to the journal.
OPERATIONS = (
    TOKEN,
    f"{ML}/read",
    f"{ML}/models/versions/read",
    f"{ML}/environments/versions/read",
    f"{ML}/codes/versions/read",
    "Microsoft.ManagedIdentity/userAssignedIdentities/read",
    ENDPOINT_READ,
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Authorization/permissions/read",
    "Microsoft.Authorization/roleDefinitions/read",
    "Microsoft.MachineLearningServices/locations/vmSizes/read",
    reading.GRANT,
    reading.ENDPOINT_WRITE,
    f"{ML}/onlineEndpoints/deployments/read",
    reading.DEPLOYMENT_WRITE,
    f"{ML}/onlineEndpoints/listKeys/action",
    SCORE,
)


def error(code: str, message: str) -> dict[str, Any]:
    """An error body as Azure Resource Manager writes it."""
    return {"error": {"code": code, "message": message}}


THROTTLED = Fault(status=429, body=error("TooManyRequests", "slow down"), headers={"Retry-After": "90"})
BUSY = Fault(status=409, body=error("Conflict", "Another operation on this endpoint is already in progress."))
BROKEN = Fault(status=500, body=error("InternalServerError", "An internal error occurred."))
UNAVAILABLE = Fault(status=503)
LOST_REQUEST = Fault(drop="before")
LOST_ANSWER = Fault(drop="after")
NO_PRINCIPAL = Fault(status=400, body=error("PrincipalNotFound", "Principal does not exist in the directory."))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One stack for the module: every test has an endpoint of its own."""
    with LocalStack(tmp_path_factory.mktemp("faults")) as started:
        samples.register_all(started)
        yield started


@pytest.fixture
def stack(shared: LocalStack) -> Iterator[LocalStack]:
    yield shared
    shared.cloud.faults.clear()


def put_in_force(stack: LocalStack, fault: Fault) -> None:
    stack.cloud.faults.add(fault)


def outcome(status: dict[str, Any]) -> dict[str, Any]:
    """What of a status must not depend on what went wrong on the way."""
    assert status["status"] == "Succeeded", status.get("error")
    return {"ledger": status["ledger"], "answer": status["result"]["answer"]}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The outcome of a first deployment on a good day, and what was asked of Azure for it."""
    with LocalStack(tmp_path_factory.mktemp("undisturbed")) as calm:
        samples.register_all(calm)
        calm.cloud.journal.clear()
        status = calm.deploy(samples.request())
        asked = {entry.operation for entry in calm.cloud.journal.entries()}
        return outcome(status) | {"asked": asked, "made": reading.made(calm, "credit-risk")}


def test_the_operations_below_are_all_there_are(undisturbed: dict[str, Any]) -> None:
    assert undisturbed["asked"] == set(OPERATIONS)


@pytest.mark.parametrize(
    "fault",
    [THROTTLED, BROKEN, UNAVAILABLE, LOST_REQUEST, LOST_ANSWER],
    ids=["429", "500", "503", "lost-request", "lost-answer"],
)
def test_every_operation_may_fail_once(
    tmp_path_factory: pytest.TempPathFactory, undisturbed: dict[str, Any], fault: Fault
) -> None:
    with LocalStack(tmp_path_factory.mktemp("once")) as stack:
        samples.register_all(stack)
        # MSAL remembers a status of the token service for seconds of real time, which no virtual pause outlasts.
        failing = [one for one in OPERATIONS if fault.drop or one != TOKEN]
        for operation in failing:
            stack.cloud.faults.add(replace(fault, operation=operation))

        status = stack.deploy(samples.request())

        assert outcome(status) == {key: undisturbed[key] for key in ("ledger", "answer")}
        assert reading.made(stack, "credit-risk") == undisturbed["made"]
        found = reading.endpoint(stack, "credit-risk")
        assert found is not None
        assert found["properties"]["provisioningState"] == "Succeeded"
        assert [hit["hits"] for hit in stack.cloud.faults.documents()] == [1] * len(failing)


def test_a_request_to_slow_down_is_obeyed(stack: LocalStack) -> None:
    stack.cloud.journal.clear()
    stack.cloud.faults.add(replace(THROTTLED, operation=reading.DEPLOYMENT_WRITE, headers={"Retry-After": "600"}))

    status = stack.deploy(samples.request(endpoint="slow-down"))

    assert status["status"] == "Succeeded"
    assert reading.step(status, "begin_deployment")["attempts"] == 2
    refused, accepted = stack.cloud.journal.entries(operation=reading.DEPLOYMENT_WRITE)
    assert (refused.status, accepted.status) == (429, 201)
    assert accepted.at - refused.at >= timedelta(seconds=600)


def test_two_deployments_at_once_on_one_endpoint_take_turns(stack: LocalStack) -> None:
    stack.cloud.journal.clear()
    with stack.clock.busy():
        first = stack.post(samples.request(endpoint="take-turns", deployment="blue"))["id"]
        second = stack.post(samples.request(endpoint="take-turns", deployment="green", traffic="none"))["id"]

    assert stack.wait(first)["status"] == "Succeeded"
    assert stack.wait(second)["status"] == "Succeeded"
    # The second one waits its turn: the service itself has nothing to refuse.
    assert 409 not in {entry.status for entry in reading.journal(stack, reading.DEPLOYMENT_WRITE)}
    assert reading.deployments(stack, "take-turns") == {"blue": "Succeeded", "green": "Succeeded"}
    assert reading.traffic(stack, "take-turns") == {"blue": 100}


def test_traffic_whose_answer_was_lost_is_watched_to_its_end(stack: LocalStack) -> None:
    assert stack.deploy(samples.request(endpoint="lost-shift", traffic="none"))["status"] == "Succeeded"
    stack.cloud.faults.add(replace(LOST_ANSWER, operation=reading.ENDPOINT_WRITE))

    status = stack.deploy(samples.request(endpoint="lost-shift"))

    assert status["status"] == "Succeeded"
    assert reading.step(status, "shift_traffic")["attempts"] == 2
    assert reading.step(status, "traffic_provisioned")["state"] == "succeeded"
    assert reading.fates(status) == {"traffic lost-shift": "in_use"}


def test_traffic_is_what_it_was_when_it_was_shifted(stack: LocalStack) -> None:
    assert stack.deploy(samples.request(endpoint="overtaken"))["status"] == "Succeeded"
    stack.cloud.faults.add(replace(BUSY, operation=reading.ENDPOINT_WRITE, times=None))

    def overtaken() -> None:
        with stack.cloud.state.lock:
            [found] = [one for one in stack.cloud.state.endpoints.values() if one.name == "overtaken"]
            found.routing = found.in_force = replace(found.routing, traffic={})
        stack.cloud.faults.clear()

    with stack.clock.busy():
        accepted = stack.post(samples.request(endpoint="overtaken", deployment="green"))
        stack.clock.alarm(stack.clock.now() + Durations().deployment_create + timedelta(minutes=10), overtaken)
    status = stack.wait(accepted["id"])

    assert status["status"] == "Succeeded"
    assert reading.step(status, "shift_traffic")["attempts"] > 1
    assert status["result"]["traffic_before"] == {}
    assert reading.traffic(stack, "overtaken") == {"green": 100}


def test_an_endpoint_that_is_being_deleted_is_made_anew_with_its_roles(stack: LocalStack) -> None:
    scope = world.storage_id(world.FEATURE_STORAGE)
    roles = {"additional": [{"role": "Storage Blob Data Reader", "scope": scope}]}
    request = samples.request(endpoint="phoenix", identity=None, access=roles)
    first = stack.deploy(request)
    deleting = stack.developer().online_endpoints.begin_delete("phoenix")

    again = stack.deploy(request)
    deleting.wait()

    assert (first["status"], again["status"]) == ("Succeeded", "Succeeded")
    principals = [status["result"]["observed"]["principal_id"] for status in (first, again)]
    assert principals[0] != principals[1]
    granted = {one.principal_id for one in stack.cloud.authorization.assignments() if one.scope == scope}
    assert set(principals) <= granted


PERSISTENT = {
    "throttled": (replace(THROTTLED, operation=reading.ENDPOINT_WRITE), "Throttled", "ensure_endpoint"),
    "no-principal": (replace(NO_PRINCIPAL, operation=reading.GRANT), "PrincipalNotReady", "grant_roles"),
    "busy": (replace(BUSY, operation=reading.DEPLOYMENT_WRITE), "EndpointBusy", "begin_deployment"),
    "broken": (replace(BROKEN, operation=f"{ML}/models/versions/read"), "CloudUnavailable", "plan_deployment"),
    "lost": (replace(LOST_REQUEST, operation=reading.DEPLOYMENT_WRITE), "CloudUnavailable", "begin_deployment"),
    "scoring": (replace(UNAVAILABLE, operation=SCORE), "ModelUnreachable", "smoke_test"),
    "refused": (Fault(status=401, operation=SCORE), "ScoringRefused", "smoke_test"),
}


@pytest.mark.parametrize("case", list(PERSISTENT))
def test_what_never_passes_ends_in_a_typed_error(stack: LocalStack, case: str) -> None:
    fault, code, step = PERSISTENT[case]
    endpoint = f"never-{case}"
    # An identity of its own: a shared one may hold its roles since another test.
    role = {"role": "Storage Blob Data Reader", "scope": world.storage_id(world.FEATURE_STORAGE)}
    request = samples.request(endpoint=endpoint, identity=None, access={"additional": [role]})
    before = reading.made(stack, endpoint)
    stack.cloud.faults.add(replace(fault, times=None))

    status = stack.deploy(request)

    assert (status["status"], status["error"]["code"], status["error"]["step"]) == ("Failed", code, step)
    assert len(status["error"]["suggestion"]) > 20
    took = reading.ended(status, step) - reading.began(status, step)
    assert took <= timedelta(minutes=45)
    assert (reading.step(status, step)["attempts"] > 3) == (code != "ScoringRefused")
    assert reading.left_behind(stack, endpoint, before) == reading.said_to_stay(status)
    assert not (reading.endpoint(stack, endpoint) or {}).get("deployments")


def test_traffic_already_shifted_is_given_back(stack: LocalStack) -> None:
    assert stack.deploy(samples.request(endpoint="give-back"))["status"] == "Succeeded"
    ready = stack.clock.now() + Durations().deployment_create
    faults = stack.cloud.faults
    with stack.clock.busy():
        accepted = stack.post(samples.request(endpoint="give-back", deployment="green"))
        # From the moment the shift is under way, and for longer than it is watched, nobody can see the endpoint.
        blind = replace(UNAVAILABLE, operation=ENDPOINT_READ, times=None)
        stack.clock.alarm(ready + timedelta(seconds=50), lambda: put_in_force(stack, blind))
        stack.clock.alarm(ready + timedelta(minutes=45), faults.clear)

    status = stack.wait(accepted["id"])

    assert (status["error"]["code"], status["error"]["step"]) == ("CloudUnavailable", "traffic_provisioned")
    assert reading.fates(status) == {"deployment green": "undone", "traffic give-back": "undone"}
    assert reading.traffic(stack, "give-back") == {"blue": 100}
    assert reading.deployments(stack, "give-back") == {"blue": "Succeeded"}


def test_a_deployment_that_somebody_has_given_traffic_is_not_undone(stack: LocalStack) -> None:
    assert stack.deploy(samples.request(endpoint="adopted"))["status"] == "Succeeded"
    stack.cloud.faults.add(replace(UNAVAILABLE, operation=SCORE, times=None))

    def adopted() -> None:
        with stack.cloud.state.lock:
            [found] = [one for one in stack.cloud.state.endpoints.values() if one.name == "adopted"]
            found.routing = found.in_force = replace(found.routing, traffic={"blue": 50, "green": 50})

    with stack.clock.busy():
        accepted = stack.post(samples.request(endpoint="adopted", deployment="green"))
        # While the smoke test is still being tried.
        stack.clock.alarm(stack.clock.now() + Durations().deployment_create + timedelta(minutes=3), adopted)
    status = stack.wait(accepted["id"])

    assert status["error"]["step"] == "smoke_test"
    assert reading.fates(status) == {"deployment green": "stays"}
    assert "50 % of the traffic" in reading.works(status)[0]["reason"]
    assert reading.traffic(stack, "adopted") == {"blue": 50, "green": 50}


def test_what_a_dead_azure_keeps_from_being_undone_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    with LocalStack(tmp_path_factory.mktemp("dead")) as stack:
        samples.register_all(stack)
        with stack.clock.busy():
            accepted = stack.post(samples.request())
            outage = stack.clock.now() + timedelta(minutes=18)
            stack.clock.alarm(outage, lambda: put_in_force(stack, replace(LOST_REQUEST, times=None)))

        status = stack.wait(accepted["id"])

        assert (status["error"]["code"], status["error"]["step"]) == ("CloudUnavailable", "deployment_provisioned")
        # Whether the endpoint and its roles stay is not known of an Azure that says nothing.
        assert set(reading.fates(status).values()) == {"undo_failed"}
        assert all(entry["reason"].startswith("CloudUnavailable") for entry in reading.works(status))


def test_a_deployment_that_takes_too_long_is_given_up_and_undone(tmp_path_factory: pytest.TempPathFactory) -> None:
    forever = Durations(deployment_create=timedelta(minutes=80))
    with LocalStack(tmp_path_factory.mktemp("late"), durations=forever) as stack:
        samples.register_all(stack)

        status = stack.deploy(samples.request())

        assert (status["error"]["code"], status["error"]["step"]) == ("DeadlineExceeded", "deployment_provisioned")
        # Azure refuses to delete what it is still creating: undoing waits for that.
        assert reading.fates(status)["deployment blue"] == "undone"
        assert reading.deployments(stack, "credit-risk") == {}
