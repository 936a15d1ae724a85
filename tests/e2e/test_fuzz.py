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
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.pytest.lazy import get_all_tests

from local import loopback
from local.host.host import LocalHost
from local.host.keys import Keys
from local.host.settings import HostSettings
from local.stack import ROOT, TERMINAL, LocalStack
from local.waiting import PATIENCE
from triggers.http import openapi

EXAMPLES = 20

# What an accepted request may not end with, however strange it is.
CRASHES = {"OrchestrationCrashed", "ActivityCrashed"}


KEYS = Keys(*(f"{name}-key-of-the-fuzz" for name in ("master", "default", "eventgrid", "durabletask")))
CONFIG: dict[str, Any] = {
    "auth": {"openapi": {"key": {"api_key": KEYS.default}}},
    # A NUL in the path never gets as far as the app.
    "generation": {"deterministic": True, "max-examples": EXAMPLES, "no-shrink": True, "allow-x00": False},
    "checks": {
        # Some rules cannot be said in a JSON schema: percentages that add up to 100, exactly one of three fields.
        "positive_data_acceptance": {"expected-statuses": [200, 202, 304, 404, 409, 422]},
        # Another method of a known path is no function to the Functions host: 404 and not 405.
        "unsupported_method": {"enabled": False},
    },
    "phases": {"coverage": {"unexpected-methods": []}},
}
SCHEMA = schemathesis.openapi.from_dict(openapi(), config=SchemathesisConfig.from_dict(CONFIG))
# The body of a plan is that of a deployment, whose every field is tried there.
DRAWN = SchemathesisConfig.from_dict(CONFIG | {"phases": {"coverage": {"enabled": False}}})
OF_PLANS = schemathesis.openapi.from_dict(openapi(), config=DRAWN)
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
    served = running.get("/api/openapi.json")

    validate(served)
    assert served == openapi()


# The host lives in this process, and its threads draw random numbers while Hypothesis draws a request.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_documented(operation: str, running: Running, session: requests.Session) -> None:
    """What schemathesis asks is made here: made while tests are collected, it costs each process of a run 6 s."""
    schema = OF_PLANS if operation == "POST /api/plans" else SCHEMA
    (made,) = get_all_tests(
        schema=schema.include(name=operation), test_func=is_documented, settings=None, given_kwargs={}
    )
    assert isinstance(made, Ok)
    _, asks = made.ok()

    asks(running=running, session=session)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def is_documented(case: schemathesis.Case[Any], running: Running, session: requests.Session) -> None:
    """Send a request; raises what its answer has that the document has not."""
    # A length that is none never gets as far as the app.
    for name in [name for name in case.headers or {} if name.lower() == "content-length"]:
        del case.headers[name]
    # Nor does a header that is not UTF-8; requests would write it as Latin-1.
    for name, value in dict(case.headers or {}).items():
        case.headers[name] = value.encode().decode("latin-1")
    # And a parameter without a value is as if it were not there, so the document cannot say that it is wrong.
    if "" in dict(case.query or {}).values():
        return
    case.call_and_validate(base_url=running.url, session=session, timeout=PATIENCE)


def test_what_was_accepted_ends_without_a_crash(running: Running) -> None:
    accepted = running.get("/api/deployments", limit=200)["deployments"]
    ended = [running.stack.until(partial(running.ended, one["id"])) for one in accepted]

    assert not [error for one in ended if (error := one.get("error", {})).get("code") in CRASHES]
