"""What models answer through Slipway."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from local.cloud.faults import Fault
from local.cloud.machinelearning.records import AuthMode, Endpoint
from local.stack import LocalStack
from tests.e2e.endpoints.asking import MODES, call, get


def invoke(stack: LocalStack, content: bytes, query: str = "", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return call(stack, "POST", f"/credit-risk/invoke{query}", content=content, headers=named)


@pytest.mark.parametrize("mode", MODES)
def test_the_model_answers_whatever_the_auth_mode(stack: LocalStack, endpoint: Endpoint, mode: AuthMode) -> None:
    endpoint.routing = endpoint.in_force = replace(endpoint.routing, auth_mode=mode)

    said = invoke(stack, b'{"data": [1]}', x_ms_client_request_id="mine-1")

    assert (said.status_code, said.json()) == (200, {"data": [1]})
    assert said.headers["azureml-model-deployment"] == "blue"
    assert said.headers["x-ms-client-request-id"] == "mine-1"
    assert get(stack, "/credit-risk")["auth_mode"] == MODES[mode]


@pytest.mark.parametrize(
    ("kind", "content"), [("text/plain", "größer".encode()), ("application/octet-stream", bytes(range(256)))]
)
def test_any_content_goes_through_as_it_is(stack: LocalStack, kind: str, content: bytes) -> None:
    said = invoke(stack, content, content_type=kind)

    assert (said.status_code, said.content) == (200, content)
    assert said.headers["content-type"].split(";")[0] == kind
    assert said.headers["x-content-type-options"] == "nosniff"
    assert said.headers["content-security-policy"] == "sandbox"


def test_a_deployment_can_be_named(stack: LocalStack) -> None:
    assert invoke(stack, b"{}", "?deployment=green").headers["azureml-model-deployment"] == "green"
    assert invoke(stack, b"{}", "?deployment=red").json()["title"] == "No such deployment"


def test_the_key_is_cut_out_of_whatever_the_model_says(stack: LocalStack, endpoint: Endpoint) -> None:
    key = endpoint.keys["primaryKey"]

    said = invoke(stack, f"it is {key}".encode(), content_type="text/plain")

    assert said.text == "it is [redacted]"
    assert key not in str(said.headers)


def test_a_model_that_fails_is_told_as_that(stack: LocalStack) -> None:
    said = invoke(stack, b"fail")

    assert said.status_code == 424
    assert said.headers["ms-azureml-model-error-statuscode"] == "500"
    assert said.headers["azureml-model-deployment"] == "blue"


def test_an_endpoint_without_traffic_says_what_to_do(stack: LocalStack, endpoint: Endpoint) -> None:
    endpoint.in_force = replace(endpoint.routing, traffic={})

    said = invoke(stack, b"{}")

    assert (said.status_code, said.json()["title"]) == (502, "Endpoint refused")
    assert "name a deployment" in said.json()["detail"]


def test_an_endpoint_that_is_being_made_is_not_ready(stack: LocalStack, endpoint: Endpoint) -> None:
    endpoint.reachable = False

    for method, path in (("POST", "invoke"), ("GET", "consume")):
        said = call(stack, method, f"/credit-risk/{path}", content=b"{}" if method == "POST" else b"")
        assert (said.status_code, said.json()["title"]) == (409, "Endpoint not ready")


@pytest.mark.parametrize(
    ("content", "query", "kind", "status"),
    [
        (b"", "", "application/json", 400),
        (b"{}", "?timeout=0", "application/json", 422),
        (b"{}", "?timeout=181", "application/json", 422),
        (b"{}", "?deployment=a_b", "application/json", 422),
        (b"{}", "", "nonsense", 422),
        (b"1" * (10 * 1024 * 1024 + 1), "", "text/plain", 413),
    ],
)
def test_what_cannot_be_passed_on_is_refused(
    stack: LocalStack, content: bytes, query: str, kind: str, status: int
) -> None:
    assert invoke(stack, content, query, content_type=kind).status_code == status


def test_an_answer_is_waited_for_as_long_as_was_asked(stack: LocalStack) -> None:
    # Of the cloud's time, which stands still as long as the host waits for the answer.
    stack.cloud.faults.add(Fault(method="POST", host="credit-risk.*", delay=timedelta(seconds=1)))

    said = invoke(stack, b"{}", "?timeout=1")

    assert (said.status_code, said.json()["title"]) == (504, "No answer in time")
    assert "in time, which is 1 s" in said.json()["detail"]
