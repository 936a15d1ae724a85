"""HTTP, keys, errors, lists and pages, events with their handshake, and a deployment to its end.

The same wherever Slipway runs: nothing here but what an address and a key allow.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from local.stack import TERMINAL, LocalStack
from local.waiting import until
from tests.contract.service import DEPLOY, DOCUMENT, EVENTS, LIST, MASTER, ONE, PLAN, Service

PROBLEM = "application/problem+json"
HOOK = "/runtime/webhooks/eventgrid?functionName=on_model_registered"
# Of no workspace that anybody has: it is recorded, and deployed by nobody.
ELSEWHERE = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/nobodys/providers"
    "/Microsoft.MachineLearningServices/workspaces/nobodys"
)
# Seconds in which a deployment may take its time.
PATIENCE = 3600.0


def impossible(endpoint: str) -> dict[str, Any]:
    """A good request for a model that nobody has registered: it ends soon, and nothing is made."""
    return {
        "model": "azureml:slipway-contract-no-such-model:1",
        "endpoint": {"name": endpoint, "identity": {"type": "system_assigned"}},
        "deployment": {
            "name": "blue",
            "code_configuration": {"code": "azureml:slipway-contract-no-such-code:1", "scoring_script": "score.py"},
            "environment": "azureml:slipway-contract-no-such-environment:1",
            "instance_type": "Standard_DS3_v2",
        },
        "smoke_test": {"request": {"data": [[1]]}, "expect": {"json": [1]}},
    }


def ended(service: Service, path: str) -> dict[str, Any]:
    """The status at a path once it is the last one, asked for as often as the service says."""

    def look() -> dict[str, Any] | None:
        status: dict[str, Any] = service.get(path)
        return status if status["status"] in TERMINAL else None

    pause = float(service(f"GET {path}").headers.get("Retry-After", "1"))
    return until(look, seconds=PATIENCE, every=0.02 if service.local else pause)


def accepted(service: Service, body: dict[str, Any], key: str = "") -> dict[str, Any]:
    """The answer to a request that is taken."""
    response = service(DEPLOY, json=body, headers={"Idempotency-Key": key} if key else {})
    assert response.status_code == 202, response.text
    assert response.headers["Location"] == f"/api/deployments/{response.json()['id']}"
    status: dict[str, Any] = response.json()
    assert status["status"] in TERMINAL or int(response.headers["Retry-After"]) > 0
    return status


def test_health_needs_no_key_and_routes_no_exact_case_nor_the_lack_of_a_slash(service: Service) -> None:
    for path in ("/api/health", "/API/Health", "/api/health/"):
        response = service(f"GET {path}", key="")
        assert (response.status_code, response.json()["status"]) == (200, "ok")
    head = service("HEAD /api/health", key="")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("call", ["POST /api/health", "OPTIONS /api/health", "GET /api/nowhere", "GET /api/plans"])
def test_what_is_not_there_is_404_and_there_is_no_405(service: Service, call: str) -> None:
    response = service(call)
    assert (response.status_code, "allow" in response.headers) == (404, False)


@pytest.mark.parametrize("call", [LIST, ONE, EVENTS, DOCUMENT, DEPLOY, PLAN, f"POST {HOOK}"])
@pytest.mark.parametrize("key", ["", "no-key-of-anybody"])
def test_without_a_key_that_is_known_nothing_is_told(service: Service, call: str, key: str) -> None:
    response = service(call, key=key)
    assert (response.status_code, response.content) == (401, b"")


def test_the_key_may_come_in_the_query_and_loses_against_the_header(service: Service) -> None:
    service.needs(LIST)
    assert service(f"{LIST}?limit=1&code={service.key}", key="").status_code == 200
    assert service(f"{LIST}?limit=1&code={service.key}", key="wrong").status_code == 401


def test_the_document_describes_the_calls(service: Service) -> None:
    service.needs(DOCUMENT)
    paths = service.get("/api/openapi.json")["paths"]
    assert {"/api/deployments", "/api/deployments/{id}", "/api/plans", "/api/events", "/api/health"} <= set(paths)


@pytest.mark.parametrize(
    ("call", "status", "place"),
    [
        (f"{LIST}?limit=0", 422, "limit"), (f"{LIST}?status=Done", 422, "status"),
        (f"{LIST}?dry_run=true", 422, "dry_run"),
        (f"{EVENTS}?limit=x", 422, "limit"), ("GET /api/deployments/dep-" + "0" * 32, 404, None),
    ],
)  # fmt: skip
def test_a_reading_call_that_makes_no_sense_is_a_problem(
    service: Service, call: str, status: int, place: str | None
) -> None:
    service.needs(call)
    response = service(call)
    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (status, PROBLEM)
    assert [problem["path"] for problem in response.json().get("problems", [])] == ([place] if place else [])


def test_parameters_without_a_value_are_as_if_they_were_not_there(service: Service) -> None:
    service.needs(LIST)
    assert service(f"{LIST}?limit=&status").status_code == 200


@pytest.mark.parametrize("call", [DEPLOY, PLAN])
def test_a_body_that_makes_no_sense_is_refused_with_all_that_is_wrong(service: Service, call: str) -> None:
    service.needs(call)
    body = impossible("x")
    body["smoke_test"] = {"waived": "no", "text": "yes"}
    del body["deployment"]["code_configuration"]
    response = service(call, json=body | {"nonsense": 1})
    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (422, PROBLEM)
    assert {"smoke_test.waived", "endpoint.name", "nonsense"} <= {
        problem["path"] for problem in response.json()["problems"]
    }
    chunked = service(call, content=iter([json.dumps(body).encode()]))
    assert (chunked.status_code, chunked.json()["problems"][0]["code"]) == (400, "unreadable")


def test_a_plan_tells_that_the_model_is_missing(service: Service) -> None:
    service.needs(PLAN)
    problems = service(PLAN, json=impossible("contract-plan")).raise_for_status().json()["problems"]
    assert "ModelNotFound" in [problem["code"] for problem in problems]


def test_a_deployment_that_cannot_be_ends_with_its_cause_and_makes_nothing(service: Service) -> None:
    service.needs(DEPLOY, ONE, writing=True)
    name = f"contract-{secrets.token_hex(4)}"
    first = accepted(service, impossible(name), key=name)
    status = ended(service, f"/api/deployments/{first['id']}")
    assert (status["status"], status["error"]["code"]) == ("Failed", "ModelNotFound")
    assert status["error"]["suggestion"]
    assert [entry for entry in status["ledger"] if entry["how"] != "found"] == []
    again = accepted(service, impossible(name), key=name)
    assert (again["id"], again["status"]) == (first["id"], "Failed")
    other = service(DEPLOY, json=impossible(f"{name}-2"), headers={"Idempotency-Key": name})
    assert (other.status_code, other.json()["type"]) == (409, "urn:slipway:problem:key-reused")


def test_lists_come_in_pages_each_deployment_once(service: Service) -> None:
    service.needs(DEPLOY, LIST, ONE, writing=True)
    name = f"contract-{secrets.token_hex(4)}"
    mine = [accepted(service, impossible(name))["id"] for _ in range(3)]
    for one in mine:
        ended(service, f"/api/deployments/{one}")
    found: list[str] = []
    path: str | None = f"/api/deployments?endpoint={name}&limit=2&status=Failed"
    while path:
        page = service.get(path)
        assert len(page["deployments"]) <= 2
        found += [one["id"] for one in page["deployments"]]
        path = page.get("next")
    assert sorted(found) == sorted(mine)


def test_reading_pages_through_what_is_there(service: Service) -> None:
    service.needs(LIST)
    path: str | None = "/api/deployments?limit=1"
    seen: list[str] = []
    while path and len(seen) < 3:
        page = service.get(path)
        seen += [one["id"] for one in page["deployments"]]
        path = page.get("next")
    assert len(seen) == len(set(seen))


def test_a_deployment_ends_live_and_answering(service: Service, wanted: dict[str, Any] | None) -> None:
    service.needs(DEPLOY, ONE, writing=True)
    if wanted is None:
        pytest.skip("no request that can succeed there was given: make contract REQUEST=request.json")
    status = ended(service, f"/api/deployments/{accepted(service, wanted)['id']}")
    assert status["status"] == "Succeeded", status.get("error")
    expected = wanted["smoke_test"]["expect"].get("json")
    assert status["result"]["answer"] == pytest.approx(expected or status["result"]["answer"], abs=0.1)
    if wanted.get("traffic", "all_at_once") == "all_at_once":
        assert status["result"]["observed"]["traffic"] == {wanted["deployment"]["name"]: 100}
    assert {step["state"] for step in status["steps"]} <= {"succeeded", "skipped"}


def deliver(service: Service, kind: str, event: dict[str, Any], *, function: str = "") -> Any:
    """What the webhook answers."""
    target = f"POST {HOOK if not function else HOOK.replace('on_model_registered', function)}"
    event = {"id": "contract", "eventTime": "2026-01-01T00:00:00Z", "dataVersion": "1", "topic": ELSEWHERE, **event}
    return service(target, key=service.event_key, json=[event], headers={"aeg-event-type": kind})


def test_the_handshake_of_a_subscription_is_answered(service: Service) -> None:
    service.needs(MASTER)
    subject = {"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "subject": ""}
    answer = deliver(service, "SubscriptionValidation", {**subject, "data": {"validationCode": "c-1"}})
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "c-1"})
    assert deliver(service, "SubscriptionValidation", subject, function="nobody").status_code == 404
    assert deliver(service, "Else", subject).status_code == 400


def test_a_registration_elsewhere_is_recorded_with_the_reason_why_nothing_follows(service: Service) -> None:
    service.needs(MASTER, EVENTS, writing=True)
    model = f"contract-{secrets.token_hex(4)}"
    event = {
        "eventType": "Microsoft.MachineLearningServices.ModelRegistered",
        "subject": f"models/{model}:1",
        "data": {"modelName": model, "modelVersion": "1", "modelTags": {}, "modelProperties": {}},
    }
    for _delivery in range(2):
        assert deliver(service, "Notification", event).status_code == 202

    def recorded() -> list[Any] | None:
        events: list[Any] = service.get(f"/api/events?model={model}")["events"]
        return events if events and events[0]["outcome"] != "received" else None

    [record] = until(recorded, seconds=PATIENCE, every=0.5)
    assert (record["outcome"], record["reasons"]) == ("ignored", ["the event is from another workspace"])
    assert record["deployments"] == {}


def test_with_less_than_all_rights_the_suite_says_what_it_leaves_out(own_stack: LocalStack | None) -> None:
    if own_stack is None:
        pytest.skip("it is about this suite, and needs a host of its own")
    host = own_stack.host
    with (
        Service(host.url, host.keys.of_function("list_deployments")) as reader,
        Service(host.url, host.keys.default, writes=False) as cautious,
    ):
        reader.needs(LIST)
        with pytest.raises(pytest.skip.Exception, match="the key does not open POST /api/deployments"):
            reader.needs(LIST, DEPLOY, writing=True)
        cautious.needs(LIST, DEPLOY)
        with pytest.raises(pytest.skip.Exception, match="only reading was asked for"):
            cautious.needs(DEPLOY, writing=True)
        with pytest.raises(pytest.skip.Exception, match="does not open GET /admin/host/systemkeys"):
            cautious.needs(MASTER)
