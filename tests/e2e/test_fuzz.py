"""The front door against its own OpenAPI document: whatever is sent, the answer is one of those documented.

Schemathesis makes the requests, valid and invalid, from the document the host serves; the host checks keys as in Azure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

import pytest
import requests

from local import loopback
from local.host.host import LocalHost
from local.host.keys import Keys
from local.host.settings import HostSettings
from local.stack import ROOT, TERMINAL, LocalStack
from triggers.http import openapi

# What an accepted request may not end with, however strange it is.
CRASHES = {"OrchestrationCrashed", "ActivityCrashed"}

KEYS = Keys(*(f"{name}-key-of-the-fuzz" for name in ("master", "default", "eventgrid", "durabletask")))
OPERATIONS = [f"{method.upper()} {path}" for path, methods in openapi()["paths"].items() for method in methods]


class Running:
    """An empty workspace, where every accepted request ends soon, behind a host that checks keys."""

    def __init__(self, stack: LocalStack) -> None:
        stack.host.stop()
        data = stack.data / "host"
        (data / "keys.json").write_text(json.dumps(asdict(KEYS)))
        checked = HostSettings.from_app(ROOT).with_options(enable_auth=True)
        stack.host = LocalHost(ROOT, data=data, clock=stack.clock, settings=checked, module_name="function_app")
        stack.host.start()
        self.stack = stack
        self.url = stack.host.url

    def get(self, path: str, **params: Any) -> Any:
        key = {"x-functions-key": KEYS.default}
        return loopback.ask("GET", f"{self.url}{path}", params=params, headers=key).raise_for_status().json()

    def ended(self, deployment_id: str) -> dict[str, Any] | None:
        status: dict[str, Any] = self.get(f"/api/deployments/{deployment_id}")
        return status if status["status"] in TERMINAL else None


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with LocalStack(tmp_path_factory.mktemp("fuzz")) as stack:
        yield Running(stack)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """One connection for all calls, past the proxy of the local Azure."""
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def test_the_document_is_valid_and_is_what_the_host_serves(running: Running) -> None:
    from openapi_spec_validator import validate

    served = running.get("/api/openapi.json")

    validate(served)
    assert served == openapi()


# The host lives in this process, and its threads draw random numbers while Hypothesis draws a request.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_documented(operation: str, running: Running, session: requests.Session) -> None:
    """What asks is loaded and made here: while tests are collected, it would cost each process of a run 6 s."""
    from tests.e2e.asked_at_random import sending

    sending(operation, KEYS.default)(url=running.url, session=session)


def test_what_was_accepted_ends_without_a_crash(running: Running) -> None:
    accepted = running.get("/api/deployments", limit=200)["deployments"]
    ended = [running.stack.until(partial(running.ended, one["id"])) for one in accepted]

    assert not [error for one in ended if (error := one.get("error", {})).get("code") in CRASHES]
