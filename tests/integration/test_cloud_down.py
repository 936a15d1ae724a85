"""Without Azure every activity fails closed: one try, one typed error that may be tried again, nothing made up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from activities.envelope import CONTRACTS
from contracts import activities as c
from local.cloud.faults import Fault
from local.stack import LocalStack, forget_connections
from tests.integration import acting
from tests.integration.messages import messages


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One stack for the module, in which nothing is ever made."""
    with LocalStack(tmp_path_factory.mktemp("down")) as started:
        yield started


@pytest.fixture
def stack(shared: LocalStack) -> Iterator[LocalStack]:
    shared.cloud.journal.clear()
    yield shared
    shared.cloud.faults.clear()
    forget_connections()


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        (Fault(host="management.azure.com", drop="before", times=None), 1),
        (Fault(host="management.azure.com", status=503, times=None), 1),
        (Fault(operation="managedIdentity/token", drop="before", times=None), 0),
        (Fault(operation="managedIdentity/token", status=500, times=None), 0),
    ],
    ids=["connection-lost", "unavailable", "no-token", "token-service-broken"],
)
@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_an_activity_without_azure_answers_so_at_once(stack: LocalStack, name: str, fault: Fault, tries: int) -> None:
    message = messages(stack)[name]
    stack.cloud.faults.add(fault)

    envelope = acting.act(name, message)

    assert list(envelope) == ["error"]
    assert (envelope["error"]["code"], envelope["error"]["retryable"]) == ("CloudUnavailable", True)
    # Waiting and trying again is the orchestration's, on timers that cost nothing.
    asked = [entry for entry in stack.cloud.journal.entries() if entry.host == "management.azure.com"]
    assert len(asked) == tries
    assert len(stack.cloud.journal.entries(operation="managedIdentity/token")) <= 1


def test_with_the_network_gone_nothing_is_reached(stack: LocalStack) -> None:
    orders = messages(stack)
    stack.cloud.faults.dead = True

    for name in sorted(CONTRACTS):
        assert acting.act(name, orders[name])["error"]["code"] == "CloudUnavailable", name

    assert [entry for entry in stack.cloud.journal.entries() if entry.status is not None] == []


@pytest.mark.parametrize(
    "body",
    [
        {"statusCode": 400, "message": "No Managed Identity found for specified ClientId/ResourceId/PrincipalId."},
        {"statusCode": 403, "message": "The identity may not get a token."},
    ],
)
def test_an_app_without_an_identity_is_told_so_and_not_tried_again(stack: LocalStack, body: dict[str, object]) -> None:
    stack.cloud.faults.add(Fault(operation="managedIdentity/token", status=400, body=body, times=None))

    error = acting.act("find_newest_version", c.RegistrationRef(model="m", version="1"))["error"]

    assert (error["code"], error["retryable"]) == ("NotAuthenticated", False)
    assert str(body["message"]) in error["message"]
