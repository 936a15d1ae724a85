"""Programs that ask an endpoint, as they are told: they run, and hold no key."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pygments.lexers import get_lexer_by_name
from pygments.token import Error

from local.cloud.faults import Fault
from local.cloud.machinelearning.records import AuthMode, Endpoint
from local.stack import LocalStack
from local.waiting import PATIENCE
from tests.e2e.endpoints.asking import MODES, call, get

HERE = Path(__file__).parent
# What runs a sample, where it is on the machine: CI has the first three; Debian has Mono, and R with httr2.
PROGRAMS = {
    "curl": ["bash", "-eu"],
    "python": [sys.executable],
    "javascript": ["node", "--require", str(HERE / "through_proxy.cjs")],
    "r": ["Rscript"],
    "csharp": ["bash", "-eu", str(HERE / "with_mono.sh")],
}
SUFFIXES = {"curl": ".sh", "python": ".py", "javascript": ".mjs", "r": ".R", "csharp": ".cs"}
NEEDS = {"csharp": ("mcs", "mono", "cert-sync")}
NO_PACKAGE = "there is no package called"


def run_sample(stack: LocalStack, language: str, program: str, key: str) -> subprocess.CompletedProcess[str]:
    """What a sample prints in a shell that has the key, and no way to Azure but the local one."""
    command = PROGRAMS[language]
    missing = [one for one in (command[0], *NEEDS.get(language, ())) if shutil.which(one) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} is not on this machine")
    file = stack.data / f"sample{SUFFIXES[language]}"
    file.write_text(program)
    variables = {**os.environ, **stack.cloud.environment("developer"), "SCORING_KEY": key}
    variables["NODE_EXTRA_CA_CERTS"] = variables["SSL_CERT_FILE"]
    variables["R_PROFILE_USER"] = str(HERE / "trusting.R")
    ended = subprocess.run(
        [*command, file], env=variables, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if language == "r" and NO_PACKAGE in ended.stderr:
        pytest.skip("R is on this machine, and its package httr2 is not")
    return ended


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
    stack: LocalStack, endpoint: Endpoint, mode: AuthMode, kind: str, command: str, right: str
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
def test_a_program_runs_as_it_is(stack: LocalStack, endpoint: Endpoint, language: str) -> None:
    told = get(stack, "/credit-risk/consume")
    assert (told["request_from"], told["swagger"]["x-chat-output"]) == ("swagger", "reply")

    ended = run_sample(stack, language, told["samples"][language], endpoint.keys["primaryKey"])

    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout) == told["request"]
    assert told["request"] == {"data": [[1.5]], "note": 'it\'s "quoted" \\ $HOME `id` é'}


@pytest.mark.parametrize("language", PROGRAMS)
def test_a_program_that_is_refused_says_so_and_fails(stack: LocalStack, language: str) -> None:
    ended = run_sample(stack, language, get(stack, "/credit-risk/consume")["samples"][language], "wrong")

    assert ended.returncode != 0
    assert "key_auth_access_denied" in ended.stdout + ended.stderr


@pytest.mark.parametrize(("language", "lexer"), [("csharp", "csharp"), ("r", "splus")])
def test_a_program_that_may_not_run_here_is_read_as_its_language(stack: LocalStack, language: str, lexer: str) -> None:
    told = get(stack, "/credit-risk/consume?deployment=green")
    program = told["samples"][language]

    assert not [text for kind, text in get_lexer_by_name(lexer).get_tokens(program) if kind in Error]
    # What a JSON text says between its quotes, C# and R say so too.
    texts = [json.loads(text) for text in re.findall(r'"(?:[^"\\\n]|\\.)*"', program)]
    assert json.dumps(told["request"]) in texts
    assert {told["scoring_uri"], "azureml-model-deployment", "green", "application/json"} <= {*texts}


def test_a_request_of_the_callers_own_is_what_is_sent(stack: LocalStack) -> None:
    told = get(stack, '/credit-risk/consume?deployment=green&request=["it\'s", null]')

    assert (told["request"], told["request_from"]) == (["it's", None], "caller")
    assert all("green" in sample for sample in told["samples"].values())


@pytest.mark.parametrize(
    "request_", ["{", "1}, {", '1, "other": 2', '{"password": "Hunter2Hunter2!"}', json.dumps("1" * 6000)]
)
def test_what_is_no_sample_is_refused(stack: LocalStack, request_: str) -> None:
    told = call(stack, "GET", "/credit-risk/consume", params={"request": request_})

    assert told.status_code == 422
    assert "Hunter2" not in told.text


def test_a_deployment_that_tells_nothing_of_itself_gets_a_placeholder(stack: LocalStack) -> None:
    stack.cloud.faults.add(Fault(host="credit-risk.*", status=404))

    told = get(stack, "/credit-risk/consume")

    assert (told["request_from"], told["request"]) == ("placeholder", {"data": []})
    assert "404" in told["no_swagger"]
    assert "swagger" not in told
