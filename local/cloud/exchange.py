"""One request as the gate in front of every emulated service sees it, filled in while it is served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, cast
from urllib.parse import parse_qs

from starlette.types import Scope

from local.cloud import hosts
from local.cloud.arm.actions import target_of

_KEY = "slipway.exchange"


@dataclass
class Exchange:
    """Method, host and path of a request; `operation` names what it does, `caller` who was recognised."""

    method: str
    host: str
    path: str
    operation: str
    api_version: str | None
    caller: str | None = None

    @classmethod
    def attached(cls, scope: Scope) -> Self:
        """The exchange of a request that begins, for `of` to find in its ASGI scope."""
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").partition(":")[0].lower()
        path, method = scope["path"], scope["method"]
        versions = parse_qs(scope["query_string"].decode("latin-1")).get("api-version")
        made = scope[_KEY] = cls(
            method=method,
            host=host,
            path=path,
            operation=_operation(method, host, path),
            api_version=versions[0] if versions else None,
        )
        return made

    @classmethod
    def of(cls, scope: Scope) -> Exchange:
        """The exchange of the request being served."""
        return cast("Exchange", scope[_KEY])


def _operation(method: str, host: str, path: str) -> str:
    """What a request is about, in the words of the service that gets it."""
    if host == hosts.MANAGEMENT:
        return target_of(method, path).action
    if host.endswith(hosts.BLOB_SUFFIX):
        return f"blob/{method.lower()}"
    if host.endswith(hosts.VAULT_SUFFIX):
        return f"vault/{method.lower()}"
    if host.endswith(hosts.INFERENCE_SUFFIX):
        return "inference/score"
    return "managedIdentity/token" if path.endswith("/token") else path.strip("/")
