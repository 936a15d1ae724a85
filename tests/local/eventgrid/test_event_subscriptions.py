"""Event subscriptions over ARM."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from local.cloud.arm.router import ArmRouter
from local.cloud.eventgrid import EventGrid
from local.cloud.eventgrid.provider import EventGridProvider
from local.cloud.faults import Faults
from local.cloud.gate import Gate
from local.cloud.identity.tokens import Tokens
from local.cloud.journal import Journal
from local.cloud.world import DEVELOPER

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/slipway-local"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/slipway-workspace"
KIND = "/providers/Microsoft.EventGrid/eventSubscriptions"
URL = f"{WORKSPACE}{KIND}/slipway"
SECOND = timedelta(seconds=1)
PassTime = Callable[[timedelta], None]


class Arm:
    """Management requests, with the actions they were checked for; `refuse` makes the check fail."""

    def __init__(self, grid: EventGrid) -> None:
        self.checked: list[tuple[str, str]] = []
        self.refuse = False
        tokens = Tokens()
        token, _ = tokens.issue(DEVELOPER, "https://management.azure.com")
        self._headers = {"Authorization": f"Bearer {token}"}
        routes = EventGridProvider(grid, self).routes()
        arm = ArmRouter(routes, clock=grid.clock, tokens=tokens, permissions=self, lock=threading.RLock())
        self._app = Gate(arm, grid.clock, Journal(), Faults())

    def __call__(self, method: str, url: str, body: Any = None, version: str = "2022-06-15") -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            base = "https://management.azure.com"
            async with httpx.AsyncClient(transport=transport, base_url=base, headers=self._headers) as client:
                return await client.request(method, url, json=body, params={"api-version": version})

        return asyncio.run(send())

    def allowed(self, principal_id: str, action: str, scope: str, *, data: bool = False) -> bool:
        self.checked.append((action, scope))
        return not self.refuse


@pytest.fixture
def arm(grid: EventGrid) -> Arm:
    return Arm(grid)


def webhook(url: str, **properties: Any) -> dict[str, Any]:
    destination = {"endpointType": "WebHook", "properties": {"endpointUrl": url}}
    return {"properties": {"destination": destination, **properties}}


def batched(events: int) -> dict[str, Any]:
    body = webhook("http://127.0.0.1:1/")
    body["properties"]["destination"]["properties"]["maxEventsPerBatch"] = events
    return body


def test_created_after_its_handshake_and_then_served(
    arm: Arm, grid: EventGrid, subscriber: Any, pass_time: PassTime
) -> None:
    created = arm("PUT", URL, webhook(subscriber.url))
    pass_time(SECOND)
    operation = arm("GET", created.headers["Azure-AsyncOperation"].split("?")[0])
    grid.model_registered(WORKSPACE, "credit-risk", "3")
    pass_time(SECOND)

    assert (created.status_code, created.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert operation.json()["status"] == "Succeeded"
    assert arm("GET", URL.lower()).json()["properties"]["provisioningState"] == "Succeeded"
    assert len(subscriber.events) == 1


def test_no_event_before_the_handshake(arm: Arm, grid: EventGrid, subscriber: Any, pass_time: PassTime) -> None:
    subscriber.handshake_status = 500
    arm("PUT", URL, webhook(subscriber.url))
    grid.model_registered(WORKSPACE, "credit-risk", "3")
    pass_time(SECOND)

    assert arm("GET", URL).json()["properties"]["provisioningState"] == "Creating"
    subscriber.handshake_status = 200
    pass_time(10 * SECOND)
    assert arm("GET", URL).json()["properties"]["provisioningState"] == "Succeeded"
    assert subscriber.events == []


def test_failed_when_the_endpoint_does_not_answer_the_handshake(arm: Arm, subscriber: Any, pass_time: PassTime) -> None:
    subscriber.handshake = {"validationResponse": "guess"}
    created = arm("PUT", URL, webhook(subscriber.url))
    pass_time(10 * SECOND)

    status = arm("GET", created.headers["Azure-AsyncOperation"].split("?")[0]).json()
    assert (status["status"], status["error"]["code"]) == ("Failed", "Url validation")
    assert "esvalidation" in status["error"]["message"]
    assert "secret" not in status["error"]["message"]
    assert arm("GET", URL).json()["properties"]["provisioningState"] == "Failed"


def test_the_key_in_the_url_is_shown_to_nobody_but_who_asks_for_it(
    arm: Arm, subscriber: Any, pass_time: PassTime
) -> None:
    created = arm("PUT", URL, webhook(subscriber.url))
    pass_time(SECOND)

    assert "secret" not in created.text + arm("GET", URL).text + arm("GET", f"{WORKSPACE}{KIND}").text
    assert arm("POST", f"{URL}/getFullUrl").json() == {"endpointUrl": subscriber.url}


def test_properties_come_back(arm: Arm, subscriber: Any, pass_time: PassTime) -> None:
    retry = {"maxDeliveryAttempts": 5, "eventTimeToLiveInMinutes": 60}
    given = {"retryPolicy": retry, "filter": {"subjectBeginsWith": "models/"}}
    arm("PUT", URL, webhook(subscriber.url, **given))
    pass_time(SECOND)

    (listed,) = arm("GET", f"{WORKSPACE}{KIND}").json()["value"]
    assert listed == arm("GET", URL).json()
    assert listed["properties"]["retryPolicy"] == retry
    assert listed["properties"]["filter"]["subjectBeginsWith"] == "models/"
    assert listed["properties"]["eventDeliverySchema"] == "EventGridSchema"
    assert arm("GET", f"{GROUP}{KIND}").json()["value"] == []


def test_attempts_end_where_the_retry_policy_says(
    arm: Arm, grid: EventGrid, subscriber: Any, pass_time: PassTime
) -> None:
    arm("PUT", URL, webhook(subscriber.url, retryPolicy={"maxDeliveryAttempts": 3}))
    pass_time(SECOND)
    subscriber.statuses[:] = [500]
    grid.model_registered(WORKSPACE, "credit-risk", "3")
    pass_time(timedelta(days=1))

    assert len(subscriber.events) == 3
    assert grid.deliveries()[-1].reason == "MaxDeliveryAttemptsExceeded"


def test_deleted_and_gone(arm: Arm, subscriber: Any, pass_time: PassTime) -> None:
    arm("PUT", URL, webhook(subscriber.url))
    pass_time(SECOND)

    assert [arm("DELETE", URL).status_code, arm("DELETE", URL).status_code] == [200, 204]
    assert arm("GET", URL).status_code == 404
    assert arm("POST", f"{URL}/getFullUrl").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "names"),
    [
        ({}, 400, "properties"),
        ({"properties": {}}, 400, "destination"),
        (webhook(""), 400, "endpointUrl"),
        (webhook("https://app.azurewebsites.net/x"), 400, "azurewebsites"),
        ({"properties": {"destination": {"endpointType": "AzureFunction"}}}, 501, "AzureFunction"),
        (webhook("http://127.0.0.1:1/", eventDeliverySchema="CustomInputSchema"), 501, "CustomInputSchema"),
        (webhook("http://127.0.0.1:1/", deadLetterDestination={"x": 1}), 501, "deadLetterDestination"),
        (webhook("http://127.0.0.1:1/", expirationTimeUtc="2027-01-01T00:00:00Z"), 501, "expirationTimeUtc"),
        (batched(10), 501, "maxEventsPerBatch"),
        (webhook("http://127.0.0.1:1/", retryPolicy={"maxDeliveryAttempts": 31}), 400, "maxDeliveryAttempts"),
        (webhook("http://127.0.0.1:1/", retryPolicy={"eventTimeToLiveInMinutes": 0}), 400, "eventTimeToLiveInMinutes"),
        (webhook("http://127.0.0.1:1/", filter={"advancedFilters": [1]}), 400, "advancedFilters"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(arm: Arm, body: Any, status: int, names: str) -> None:
    refused = arm("PUT", URL, body)

    assert refused.status_code == status
    assert names in refused.json()["error"]["message"]
    assert arm("GET", URL).status_code == 404


def test_every_request_is_checked_for_its_action(arm: Arm) -> None:
    arm.refuse = True

    answers = [
        arm("PUT", URL, webhook("http://127.0.0.1:1/")),
        arm("GET", URL),
        arm("DELETE", URL),
        arm("POST", f"{URL}/getFullUrl"),
        arm("GET", f"{WORKSPACE}{KIND}"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    kind = "Microsoft.EventGrid/eventSubscriptions"
    actions = [f"{kind}/{verb}" for verb in ("write", "read", "delete", "getFullUrl/action", "read")]
    assert arm.checked == [*((action, URL) for action in actions[:4]), (actions[4], WORKSPACE)]


def test_unknown_api_versions_and_operations(arm: Arm) -> None:
    assert arm("GET", URL, version="2019-01-01").json()["error"]["code"] == "NotEmulatedLocally"
    operations = "/subscriptions/x/providers/Microsoft.EventGrid/locations/eastus/operationsStatus/none"
    assert arm("GET", operations).status_code == 404
