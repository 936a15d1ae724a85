"""What is asked of the endpoints' routes."""

from __future__ import annotations

from typing import Any

import httpx

from local.cloud.machinelearning.records import AuthMode
from local.stack import LocalStack

MODES: dict[AuthMode, str] = {"Key": "key", "AMLToken": "aml_token", "AADToken": "aad_token"}


def call(stack: LocalStack, method: str, path: str, **content: Any) -> httpx.Response:
    """The answer to a call below `/api/endpoints`."""
    with stack.http as http:
        return http.request(method, f"/api/endpoints{path}", **content)


def get(stack: LocalStack, path: str) -> Any:
    """What a GET tells that succeeds."""
    return call(stack, "GET", path).raise_for_status().json()
