"""The front door before real scoring servers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from local.clock import Clock
from local.cloud.serving import Containers, EndpointView, FrontDoor, ServingProcess, ServingSpec
from local.cloud.world import Durations
from local.waiting import PATIENCE

KEY = "the-key"
QUESTION = {"data": [[1, 2, 3], [3, 2, 1]]}
Processes = Mapping[str, ServingProcess]
Start = Callable[[ServingSpec], tuple[ServingProcess, Any]]
Spec = Callable[..., ServingSpec]


class Endpoints:
    """A directory with one endpoint."""

    def __init__(
        self,
        deployments: Processes,
        traffic: Mapping[str, int],
        auth_mode: str = "Key",
        mirror: Mapping[str, int] | None = None,
    ) -> None:
        self._view = EndpointView(
            "credit-risk", auth_mode, lambda given: given == KEY, traffic, deployments, mirror or {}
        )

    def endpoint(self, name: str) -> EndpointView | None:
        return self._view if name == self._view.name else None


class Client:
    """Calls `https://credit-risk.eastus.inference.ml.azure.com`."""

    def __init__(self, deployments: Processes, traffic: Mapping[str, int] | None = None, **more: Any) -> None:
        traffic = traffic if traffic is not None else dict.fromkeys(deployments, 50)
        self._door = FrontDoor(Endpoints(deployments, traffic, **more), Clock())

    def __call__(self, path: str = "/score", body: Any = QUESTION, method: str = "POST", **more: Any) -> httpx.Response:
        return self.together([body], path, method, **more)[0]

    def together(
        self, bodies: list[Any], path: str = "/score", method: str = "POST", host: str = "credit-risk", **headers: str
    ) -> list[httpx.Response]:
        """Several requests at the same time."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def send() -> list[httpx.Response]:
            transport, base = httpx.ASGITransport(self._door), f"https://{host}.eastus.inference.ml.azure.com"
            sent = {"Authorization": f"Bearer {KEY}", **named}
            async with httpx.AsyncClient(transport=transport, base_url=base, headers=sent, timeout=PATIENCE) as client:
                calls = [client.request(method, path, json=body) for body in bodies]
                return list(await asyncio.gather(*calls))

        return asyncio.run(send())


def test_a_prediction_comes_from_the_registered_model(linear: Processes) -> None:
    answer = Client(linear, {"blue": 100})()

    assert answer.status_code == 200
    assert answer.json() == [321, 123]


def test_answers_carry_the_recorded_headers(linear: Processes) -> None:
    headers = Client(linear, {"blue": 100})(x_ms_client_request_id="smoke test/1" + "x" * 60).headers

    assert headers["azureml-model-deployment"] == headers["azureml-model-session"] == "blue"
    assert headers["server"] == "azureml-frontdoor"
    assert headers["x-ms-run-function-failed"] == "False"
    assert headers["x-ms-server-version"].startswith("azmlinfsrv/")
    assert float(headers["x-ms-run-fn-exec-ms"]) >= 0
    assert headers["content-type"] == "application/json"
    assert len(headers["x-request-id"]) == 36
    assert headers["x-ms-client-request-id"] == "smoketest1" + "x" * 30
    assert len(headers.get_list("server")) == len(headers.get_list("x-request-id")) == 1


def test_traffic_is_split_by_weight(linear: Processes) -> None:
    client = Client(linear, {"blue": 80, "green": 20})
    answers = [client(body={"variable": "COLOUR"}) for _ in range(60)]

    served = Counter(answer.headers["azureml-model-deployment"] for answer in answers)
    assert [answer.json() for answer in answers] == [answer.headers["azureml-model-deployment"] for answer in answers]
    assert 36 <= served["blue"] <= 58
    assert served["green"] >= 2


@pytest.mark.parametrize(
    ("mirror", "pinned", "copied"),
    [(100, {}, True), (0, {}, False), (100, {"azureml_model_deployment": "blue"}, False)],
)
def test_a_share_of_live_requests_is_mirrored(
    linear: Processes, mirror: int, pinned: dict[str, str], copied: bool
) -> None:
    def scored() -> int:
        # As the inference server says it before it answers; gunicorn tells of the same request after its answer.
        return linear["green"].log().count("POST /score 200")

    before = scored()
    answer = Client(linear, {"blue": 100}, mirror={"green": mirror})(**pinned)

    assert (answer.status_code, answer.headers["azureml-model-deployment"]) == (200, "blue")
    assert (scored() > before) == copied


def test_a_pin_overrides_traffic(linear: Processes) -> None:
    client = Client(linear, {"blue": 100, "green": 0})

    answers = [client(azureml_model_deployment="green") for _ in range(3)]

    assert {answer.headers["azureml-model-deployment"] for answer in answers} == {"green"}


def test_a_pin_to_what_is_not_there_is_404(linear: Processes) -> None:
    answer = Client(linear)(azureml_model_deployment="red")

    assert answer.status_code == 404
    assert "red" in answer.text


@pytest.mark.parametrize("traffic", [{}, {"blue": 0, "green": 0}, {"gone": 100}])
def test_no_positive_weight_is_404(linear: Processes, traffic: dict[str, int]) -> None:
    answer = Client(linear, traffic)()

    assert (answer.status_code, answer.text) == (404, "No valid deployments to route to")


@pytest.mark.parametrize(
    ("auth_mode", "authorization", "text"),
    [
        ("Key", "Bearer another-key", "key_auth_access_denied"),
        ("Key", KEY, "key_auth_bad_header_forbidden"),
        ("Key", "Bearer ", "key_auth_bad_header_forbidden"),
        ("AADToken", "Bearer expired", "token_auth_access_denied"),
    ],
)
def test_no_answer_without_a_good_credential(linear: Processes, auth_mode: str, authorization: str, text: str) -> None:
    answer = Client(linear, auth_mode=auth_mode)(Authorization=authorization)

    assert (answer.status_code, answer.text) == (401, text)
    assert "azureml-model-deployment" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "host", "status"),
    [
        ("GET", "/", "credit-risk", 200),
        ("GET", "/swagger.json", "credit-risk", 200),
        ("GET", "/swagger.json?version=3", "credit-risk", 200),
        ("PUT", "/score", "credit-risk", 405),
        ("POST", "/admin", "credit-risk", 404),
        ("POST", "/score", "unknown", 404),
    ],
)
def test_only_what_a_scoring_server_offers(linear: Processes, method: str, path: str, host: str, status: int) -> None:
    assert Client(linear)(path, method=method, host=host).status_code == status


def test_a_script_that_fails_is_424_with_what_the_model_said(linear: Processes) -> None:
    answer = Client(linear, {"blue": 100})(body={"wrong": 1})

    assert answer.status_code == 424
    assert answer.headers["ms-azureml-model-error-statuscode"] == "500"
    assert answer.headers["ms-azureml-model-error-reason"] == "model_error"
    assert answer.headers["x-ms-run-function-failed"] == "True"
    assert "scoring script" in answer.json()["message"]
    assert answer.headers["azureml-model-deployment"] == "blue"


def test_a_model_that_takes_too_long_is_408(start: Start, spec: Spec) -> None:
    process, _ = start(spec(request_timeout=spec().request_timeout / 20))

    answer = Client({"blue": process})(body={"sleep": 1, "data": []})

    assert (answer.status_code, answer.text) == (408, "upstream request timeout")


def test_more_than_a_deployment_can_queue_is_429(start: Start, spec: Spec) -> None:
    process, _ = start(spec(max_concurrent=1))
    client = Client({"blue": process})

    answers = client.together([{"sleep": 0.3, "data": []}] * 3)

    assert sorted(answer.status_code for answer in answers) == [200, 200, 429]
    (refused,) = [answer for answer in answers if answer.status_code == 429]
    assert refused.headers["ms-azureml-model-error-reason"] == "too_many_pending_request"
    assert client().status_code == 200


def test_a_worker_that_dies_fails_one_request(start: Start, spec: Spec) -> None:
    # The next request waits until there is another worker.
    process, reports = start(spec(request_timeout=timedelta(seconds=PATIENCE)))
    client = Client({"blue": process})

    assert client(body={"exit": 1}).status_code == 424
    assert client().status_code == 200
    assert reports.states == ["healthy"]


def test_a_deployment_whose_container_is_not_ready_is_424(spec: Spec, containers: Containers) -> None:
    never_begun = ServingProcess(spec(), Clock(), containers, lambda _: None, Durations())

    answer = Client({"blue": never_begun})()

    assert (answer.status_code, answer.headers["ms-azureml-model-error-statuscode"]) == (424, "503")
    assert answer.headers["azureml-model-deployment"] == "blue"
