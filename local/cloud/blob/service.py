"""The blob service's REST operations that the Azure SDKs use (azure-storage-blob 12.31), compared with Azurite.

Any other operation is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local.clock import Clock
from local.cloud.blob import access, containers, reading, writing
from local.cloud.blob.access import BlobAccess, Right, Target
from local.cloud.blob.asked import Asked, not_emulated
from local.cloud.blob.errors import SERVICE_VERSION, BlobError, invalid_header
from local.cloud.blob.store import BlobStore
from local.cloud.exchange import Exchange

_Operation: TypeAlias = Callable[[Asked], Response]
_VERSION = re.compile(r"20\d\d-[01]\d-[0-3]\d")

# (method, comp, restype, names a blob?) -> what it needs and who serves it.
_OPERATIONS: dict[tuple[str, str, str, bool], tuple[Right, _Operation]] = {
    ("GET", "list", "", False): (access.LIST_CONTAINERS, containers.list_containers),
    ("PUT", "", "container", False): (access.CREATE_CONTAINER, containers.create),
    ("GET", "", "container", False): (access.READ_CONTAINER, containers.read),
    ("HEAD", "", "container", False): (access.READ_CONTAINER, containers.read),
    ("PUT", "metadata", "container", False): (access.CREATE_CONTAINER, containers.describe),
    ("DELETE", "", "container", False): (access.DELETE_CONTAINER, containers.delete),
    ("GET", "list", "container", False): (access.LIST, containers.list_blobs),
    ("PUT", "", "", True): (access.WRITE, writing.put),
    ("PUT", "block", "", True): (access.WRITE, writing.stage),
    ("PUT", "blocklist", "", True): (access.WRITE, writing.commit),
    ("GET", "blocklist", "", True): (access.READ, reading.blocks),
    ("PUT", "metadata", "", True): (access.OVERWRITE, writing.describe),
    ("PUT", "properties", "", True): (access.OVERWRITE, writing.set_headers),
    ("PUT", "lease", "", True): (access.OVERWRITE, writing.lease),
    ("PUT", "copy", "", True): (access.OVERWRITE, writing.abort_copy),
    ("GET", "", "", True): (access.READ, reading.content),
    ("HEAD", "", "", True): (access.READ, reading.head),
    ("DELETE", "", "", True): (access.DELETE, writing.delete),
}


class BlobService:
    """ASGI application that answers for `{account}.blob.core.windows.net`."""

    def __init__(self, store: BlobStore, checks: BlobAccess, clock: Clock) -> None:
        self._store = store
        self._checks = checks
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            target = _target(request)
            right, operation = _operation(request, target)
            version = _version(request)
            self._checks.check(request, target, right)
            body = await request.body()
            with self._store.lock:
                response = operation(Asked(request, target, body, self._store, self._clock.now()))
        except BlobError as error:
            return error.response(self._clock.now(), head=request.method == "HEAD")
        response.headers["x-ms-request-id"] = str(uuid4())
        response.headers["x-ms-version"] = version
        given = request.headers.get("x-ms-client-request-id")
        if given:
            response.headers["x-ms-client-request-id"] = given
        return response


def _operation(request: Request, target: Target) -> tuple[Right, _Operation]:
    query = request.query_params
    key = (request.method, query.get("comp", ""), query.get("restype", ""), bool(target.blob))
    if key not in _OPERATIONS or query.get("snapshot") or query.get("versionid"):
        raise not_emulated(f"{request.method} comp={key[1]!r} restype={key[2]!r}")
    if key == ("PUT", "", "", True) and "x-ms-copy-source" in request.headers:
        return access.WRITE, writing.copy
    return _OPERATIONS[key]


def _version(request: Request) -> str:
    """The version of the REST API that was asked for, in which form the answer is the same in all."""
    version = request.headers.get("x-ms-version", SERVICE_VERSION)
    if not _VERSION.fullmatch(version):
        raise invalid_header("x-ms-version")
    return version


def _target(request: Request) -> Target:
    account = Exchange.of(request.scope).host.partition(".")[0]
    container, _, blob = str(request.scope["path"]).lstrip("/").partition("/")
    return Target(account, container, blob)
