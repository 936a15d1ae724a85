"""What is told of online endpoints, and what their models answer through Slipway."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pygments.lexers import get_lexer_by_name
from pygments.token import Error

from local.cloud.faults import Fault
from local.cloud.machinelearning.records import AuthMode, Deployment, Endpoint
from local.stack import LocalStack
from tests import samples

# What runs a sample; of the other languages nothing is on the machines of CI.
PROGRAMS = {
    "curl": ["bash", "-eu"],
    "python": [sys.executable],
    "javascript": ["node", "--require", str(Path(__file__).with_name("through_proxy.cjs"))],
}
SUFFIXES = {"curl": ".sh", "python": ".py", "javascript": ".mjs"}
MODES: dict[AuthMode, str] = {"Key": "key", "AMLToken": "aml_token", "AADToken": "aad_token"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A workspace with one endpoint: blue has its traffic, green keeps two machines for nothing."""
    with LocalStack(tmp_path_factory.mktemp("endpoints")) as started:
        samples.register_all(started)
        code = samples.register_code(started, "passes_on")
        for name, traffic, count in (("blue", "all_at_once", 1), ("green", "none", 2)):
            body = samples.request(deployment=name, code=code, expect={"contains": "data"}, traffic=traffic)
            body["deployment"]["instance_count"] = count
            assert started.deploy(body)["status"] == "Succeeded"
        yield started


@pytest.fixture
def stack(shared: LocalStack) -> Iterator[LocalStack]:
    yield shared
    shared.cloud.faults.clear()


@pytest.fixture
def endpoint(stack: LocalStack) -> Iterator[Endpoint]:
    """The endpoint as the local Azure has it, put back afterwards."""
    found = stack.cloud.state.endpoints["credit-risk"]
    before = dict(vars(found))
    yield found
    vars(found).update(before)


def call(stack: LocalStack, method: str, path: str, **content: Any) -> httpx.Response:
    with stack.http as http:
        return http.request(method, f"/api/endpoints{path}", **content)


def get(stack: LocalStack, path: str) -> Any:
    return call(stack, "GET", path).raise_for_status().json()


def deployment(endpoint: Endpoint, name: str) -> Deployment:
    found = endpoint.deployment(name)
    assert found is not None
    return found


class TestShowing:
    def test_an_endpoint_is_told_with_what_serves_on_it_and_what_it_keeps(self, stack: LocalStack) -> None:
        told = get(stack, "/Credit-Risk")

        assert (told["name"], told["state"], told["platform"]) == ("credit-risk", "Succeeded", "managed")
        assert (told["auth_mode"], told["traffic"], told["mirror_traffic"]) == ("key", {"blue": 100}, {})
        assert told["identity"]["user_assigned"] == [samples.USER_ASSIGNED["credit-risk-identity"]]
        assert told["identity"]["principal_id"]
        assert told["scoring_uri"].startswith("https://credit-risk.")
        assert [one["name"] for one in told["deployments"]] == ["blue", "green"]
        blue = told["deployments"][0]
        assert (blue["model"], blue["environment"]) == ("azureml:credit-risk:1", "azureml:serving:1")
        assert (blue["instance_type"], blue["instance_count"], blue["traffic"]) == ("Standard_DS3_v2", 1, 100)
        assert told["machines"] == [{"instance_type": "Standard_DS3_v2", "count": 3}]
        assert told["unused"] == ["green"]
        for link in ("self", "releases", "consume"):
            assert call(stack, "GET", told["links"][link].removeprefix("/api/endpoints")).status_code == 200

    def test_who_made_it_is_told_slipway_or_somebody_else(self, stack: LocalStack, endpoint: Endpoint) -> None:
        green = deployment(endpoint, "green")
        tags, green.tags = green.tags, {}
        try:
            blue, other = get(stack, "/credit-risk")["deployments"]
        finally:
            green.tags = tags

        assert call(stack, "GET", f"/../deployments/{blue['made_by']['slipway']}").json()["deployment"] == "blue"
        assert "slipway" not in other["made_by"]
        assert other["made_by"]["name"] == "slipway-app"

    def test_mirrored_traffic_is_use(self, stack: LocalStack, endpoint: Endpoint) -> None:
        endpoint.routing = replace(endpoint.routing, mirror={"green": 10})

        told = get(stack, "/credit-risk")

        assert (told["mirror_traffic"], told["unused"]) == ({"green": 10}, [])

    @pytest.mark.parametrize("path", ["/nobodys", "/x", "/..%2f..%2fregistries", "/nobodys/consume"])
    def test_one_that_is_not_there_is_404(self, stack: LocalStack, path: str) -> None:
        told = call(stack, "GET", path)

        assert told.status_code == 404
        assert "nobodys" not in path or told.json()["title"] == "No such endpoint"

    def test_while_azure_is_away_it_is_said_so(self, stack: LocalStack) -> None:
        for path in ("", "/credit-risk", "/credit-risk/consume", "/credit-risk/deployments/blue/logs"):
            stack.cloud.faults.add(Fault(method="GET", path="onlineEndpoints", status=503))

            told = call(stack, "GET", path)

            assert (told.status_code, told.json()["title"]) == (503, "Azure unavailable"), path
            assert told.headers["Retry-After"]


class TestListing:
    def test_pages_are_azures_and_lead_to_the_end(self, stack: LocalStack, endpoint: Endpoint) -> None:
        endpoints = stack.cloud.state.endpoints
        others = {name: replace(endpoint, name=name, deployments={}) for name in ("churn", "credit-limit")}
        endpoints.update(others)
        try:
            found, path = [], "?limit=1"
            while path:
                page = get(stack, path)
                found += [one["name"] for one in page["endpoints"]]
                path = page.get("next", "").removeprefix("/api/endpoints")
            named = get(stack, "?name=CREDIT")
        finally:
            for name in others:
                del endpoints[name]

        assert found == ["credit-risk", "churn", "credit-limit"]
        assert [one["name"] for one in named["endpoints"]] == ["credit-risk", "credit-limit"]
        assert named["endpoints"][0]["unused"] == ["green"]

    @pytest.mark.parametrize("query", ["?after=nowhere", "?limit=0", "?name=a%20b", "?status=x"])
    def test_what_cannot_be_asked_is_refused(self, stack: LocalStack, query: str) -> None:
        told = call(stack, "GET", query)

        assert told.status_code == 422
        assert told.json()["problems"][0]["path"] == query[1:].split("=", maxsplit=1)[0]


class TestLogs:
    PATH = "/credit-risk/deployments/blue/logs"

    def test_both_containers_are_told_without_secrets(self, stack: LocalStack) -> None:
        told = call(stack, "GET", self.PATH)

        assert told.headers["content-type"] == "text/plain; charset=utf-8"
        first, second = told.text.split("==> inference-server <==")
        assert first.startswith("==> storage-initializer <==")
        assert "Placed model credit-risk:1" in first
        assert "POST /score 200" in second
        assert "AccountKey=[redacted]" in second

    def test_one_container_is_told_as_it_is_and_its_end_alone(self, stack: LocalStack) -> None:
        told = call(stack, "GET", f"{self.PATH}?container=inference-server&tail=2").text

        assert len(told.splitlines()) == 2
        assert "==>" not in told

    @pytest.mark.parametrize(
        ("path", "status", "title"),
        [
            ("/credit-risk/deployments/red/logs", 404, "No such deployment"),
            ("/nobodys/deployments/blue/logs", 404, "No such endpoint"),
            (f"{PATH}?container=istio", 422, "Invalid request"),
            (f"{PATH}?tail=0", 422, "Invalid request"),
        ],
    )
    def test_what_is_not_there_is_said(self, stack: LocalStack, path: str, status: int, title: str) -> None:
        told = call(stack, "GET", path)

        assert (told.status_code, told.json()["title"]) == (status, title)


def invoke(stack: LocalStack, content: bytes, query: str = "", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return call(stack, "POST", f"/credit-risk/invoke{query}", content=content, headers=named)


class TestInvoking:
    @pytest.mark.parametrize("mode", MODES)
    def test_the_model_answers_whatever_the_auth_mode(
        self, stack: LocalStack, endpoint: Endpoint, mode: AuthMode
    ) -> None:
        endpoint.routing = endpoint.in_force = replace(endpoint.routing, auth_mode=mode)

        said = invoke(stack, b'{"data": [1]}', x_ms_client_request_id="mine-1")

        assert (said.status_code, said.json()) == (200, {"data": [1]})
        assert said.headers["azureml-model-deployment"] == "blue"
        assert said.headers["x-ms-client-request-id"] == "mine-1"
        assert get(stack, "/credit-risk")["auth_mode"] == MODES[mode]

    @pytest.mark.parametrize(
        ("kind", "content"), [("text/plain", "größer".encode()), ("application/octet-stream", bytes(range(256)))]
    )
    def test_any_content_goes_through_as_it_is(self, stack: LocalStack, kind: str, content: bytes) -> None:
        said = invoke(stack, content, content_type=kind)

        assert (said.status_code, said.content) == (200, content)
        assert said.headers["content-type"].split(";")[0] == kind
        assert said.headers["x-content-type-options"] == "nosniff"
        assert said.headers["content-security-policy"] == "sandbox"

    def test_a_deployment_can_be_named(self, stack: LocalStack) -> None:
        assert invoke(stack, b"{}", "?deployment=green").headers["azureml-model-deployment"] == "green"
        assert invoke(stack, b"{}", "?deployment=red").json()["title"] == "No such deployment"

    def test_the_key_is_cut_out_of_whatever_the_model_says(self, stack: LocalStack, endpoint: Endpoint) -> None:
        key = endpoint.keys["primaryKey"]

        said = invoke(stack, f"it is {key}".encode(), content_type="text/plain")

        assert said.text == "it is [redacted]"
        assert key not in str(said.headers)

    def test_a_model_that_fails_is_told_as_that(self, stack: LocalStack) -> None:
        said = invoke(stack, b"fail")

        assert said.status_code == 424
        assert said.headers["ms-azureml-model-error-statuscode"] == "500"
        assert said.headers["azureml-model-deployment"] == "blue"

    def test_an_endpoint_without_traffic_says_what_to_do(self, stack: LocalStack, endpoint: Endpoint) -> None:
        endpoint.in_force = replace(endpoint.routing, traffic={})

        said = invoke(stack, b"{}")

        assert (said.status_code, said.json()["title"]) == (502, "Endpoint refused")
        assert "name a deployment" in said.json()["detail"]

    def test_an_endpoint_that_is_being_made_is_not_ready(self, stack: LocalStack, endpoint: Endpoint) -> None:
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
        self, stack: LocalStack, content: bytes, query: str, kind: str, status: int
    ) -> None:
        assert invoke(stack, content, query, content_type=kind).status_code == status

    def test_an_answer_is_waited_for_as_long_as_was_asked(self, stack: LocalStack) -> None:
        stack.cloud.faults.add(Fault(method="POST", host="credit-risk.*", real_delay=timedelta(seconds=1.2)))

        said = invoke(stack, b"{}", "?timeout=1")

        assert (said.status_code, said.json()["title"]) == (504, "No answer in time")
        assert "in time, which is 1 s" in said.json()["detail"]


def run_sample(stack: LocalStack, language: str, program: str, key: str) -> subprocess.CompletedProcess[str]:
    """What a sample prints in a shell that has the key, and no way to Azure but the local one."""
    command = PROGRAMS[language]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not on this machine")
    file = stack.data / f"sample{SUFFIXES[language]}"
    file.write_text(program)
    variables = {**os.environ, **stack.cloud.environment("developer"), "SCORING_KEY": key}
    variables["NODE_EXTRA_CA_CERTS"] = variables["SSL_CERT_FILE"]
    return subprocess.run([*command, file], env=variables, capture_output=True, text=True, timeout=60, check=False)


class TestConsuming:
    @pytest.mark.parametrize(
        ("mode", "kind", "command", "right"),
        [
            (
                "Key",
                "key",
                "az ml online-endpoint get-credentials --name credit-risk .*--query primaryKey .*",
                "listKeys",
            ),
            ("AMLToken", "token", "az ml online-endpoint get-credentials .*--query accessToken .*", "token"),
            (
                "AADToken",
                "token",
                "az account get-access-token --resource https://ml.azure.com --query accessToken .*",
                "score",
            ),
        ],
    )
    def test_where_the_key_is_is_told_and_never_the_key(
        self, stack: LocalStack, endpoint: Endpoint, mode: AuthMode, kind: str, command: str, right: str
    ) -> None:
        endpoint.routing = endpoint.in_force = replace(endpoint.routing, auth_mode=mode)

        said = call(stack, "GET", "/credit-risk/consume")

        told = said.json()
        assert (told["auth_mode"], told["key"]["kind"]) == (MODES[mode], kind)
        assert re.fullmatch(command, told["key"]["command"])
        assert told["key"]["right"].endswith(f"/onlineEndpoints/{right}/action")
        assert all(told["key"]["command"] in sample for sample in told["samples"].values())
        assert not [key for key in (*endpoint.keys.values(), *endpoint.tokens) if key in said.text]

    @pytest.mark.parametrize("language", PROGRAMS)
    def test_a_program_runs_as_it_is(self, stack: LocalStack, endpoint: Endpoint, language: str) -> None:
        told = get(stack, "/credit-risk/consume")
        assert (told["request_from"], told["swagger"]["x-chat-output"]) == ("swagger", "reply")

        ended = run_sample(stack, language, told["samples"][language], endpoint.keys["primaryKey"])

        assert (ended.returncode, ended.stderr) == (0, "")
        assert json.loads(ended.stdout) == told["request"]
        assert told["request"] == {"data": [[1.5]], "note": 'it\'s "quoted" \\ $HOME `id` é'}

    @pytest.mark.parametrize("language", PROGRAMS)
    def test_a_program_that_is_refused_says_so_and_fails(self, stack: LocalStack, language: str) -> None:
        ended = run_sample(stack, language, get(stack, "/credit-risk/consume")["samples"][language], "wrong")

        assert ended.returncode != 0
        assert "key_auth_access_denied" in ended.stdout + ended.stderr

    @pytest.mark.parametrize(("language", "lexer"), [("csharp", "csharp"), ("r", "splus")])
    def test_a_program_that_cannot_run_here_is_read_as_its_language(
        self, stack: LocalStack, language: str, lexer: str
    ) -> None:
        told = get(stack, "/credit-risk/consume?deployment=green")
        program = told["samples"][language]

        assert not [text for kind, text in get_lexer_by_name(lexer).get_tokens(program) if kind in Error]
        # What a JSON text says between its quotes, C# and R say so too.
        texts = [json.loads(text) for text in re.findall(r'"(?:[^"\\\n]|\\.)*"', program)]
        assert json.dumps(told["request"]) in texts
        assert {told["scoring_uri"], "azureml-model-deployment", "green", "application/json"} <= {*texts}

    def test_a_request_of_the_callers_own_is_what_is_sent(self, stack: LocalStack) -> None:
        told = get(stack, '/credit-risk/consume?deployment=green&request=["it\'s", null]')

        assert (told["request"], told["request_from"]) == (["it's", None], "caller")
        assert all("green" in sample for sample in told["samples"].values())

    @pytest.mark.parametrize(
        "request_", ["{", "1}, {", '1, "other": 2', '{"password": "Hunter2Hunter2!"}', json.dumps("1" * 6000)]
    )
    def test_what_is_no_sample_is_refused(self, stack: LocalStack, request_: str) -> None:
        told = call(stack, "GET", "/credit-risk/consume", params={"request": request_})

        assert told.status_code == 422
        assert "Hunter2" not in told.text

    def test_a_deployment_that_tells_nothing_of_itself_gets_a_placeholder(self, stack: LocalStack) -> None:
        stack.cloud.faults.add(Fault(host="credit-risk.*", status=404))

        told = get(stack, "/credit-risk/consume")

        assert (told["request_from"], told["request"]) == ("placeholder", {"data": []})
        assert "404" in told["no_swagger"]
        assert "swagger" not in told
