"""The requests that schemathesis makes of the front door's OpenAPI document, valid and invalid.

Loaded by the one process of a run that sends them: what is imported here takes half a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.pytest.lazy import get_all_tests

from local.waiting import PATIENCE
from triggers.http import openapi

EXAMPLES = 20


def sending(operation: str, key: str) -> Callable[..., None]:
    """Sends all that is made of one operation, with a function key, in a `session` to the app at `url`.

    It raises what an answer has that the document has not.
    """
    schema = schemathesis.openapi.from_dict(openapi(), config=_config(operation, key)).include(name=operation)
    (made,) = get_all_tests(schema=schema, test_func=_is_documented, settings=None, given_kwargs={})
    assert isinstance(made, Ok)
    _, sends = made.ok()
    return sends


def _config(operation: str, key: str) -> SchemathesisConfig:
    # The body of a plan is that of a deployment, whose every field is tried there.
    covered: dict[str, Any] = {"enabled": False} if operation == "POST /api/plans" else {"unexpected-methods": []}
    return SchemathesisConfig.from_dict(
        {
            "auth": {"openapi": {"key": {"api_key": key}}},
            # A NUL in the path never gets as far as the app.
            "generation": {"deterministic": True, "max-examples": EXAMPLES, "no-shrink": True, "allow-x00": False},
            "checks": {
                # Some rules cannot be said in a JSON schema: percentages that add up to 100, one of three fields.
                "positive_data_acceptance": {"expected-statuses": [200, 202, 304, 404, 409, 422]},
                # Another method of a known path is no function to the Functions host: 404 and not 405.
                "unsupported_method": {"enabled": False},
            },
            "phases": {"coverage": covered},
        }
    )


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def _is_documented(case: schemathesis.Case[Any], url: str, session: requests.Session) -> None:
    # A length that is none never gets as far as the app.
    for name in [name for name in case.headers or {} if name.lower() == "content-length"]:
        del case.headers[name]
    # Nor does a header that is not UTF-8; requests would write it as Latin-1.
    for name, value in dict(case.headers or {}).items():
        case.headers[name] = value.encode().decode("latin-1")
    # And a parameter without a value is as if it were not there, so the document cannot say that it is wrong.
    if "" in dict(case.query or {}).values():
        return
    case.call_and_validate(base_url=url, session=session, timeout=PATIENCE)
