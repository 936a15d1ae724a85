"""The blob service's REST operations that the Azure SDKs use to upload, list and read (azure-storage-blob 12.31).

Any other operation is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TypeAlias
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local.clock import Clock
from local.cloud.blob import access
from local.cloud.blob.access import BlobAccess, Right, Target
from local.cloud.blob.documents import entries_of, listing, properties, stamps
from local.cloud.blob.errors import SERVICE_VERSION, BlobError
from local.cloud.blob.store import BlobStore
from local.cloud.exchange import Exchange

_PAGE = 5000


@dataclass(frozen=True)
class _Place:
    account: str
    container: str
    blob: str


_Operation: TypeAlias = Callable[["BlobService", Request, _Place, bytes], Response]


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
            place = _place(request)
            right, operation = _operation(request, place)
            target = Target(place.account, place.container, right)
            exchange = Exchange.of(request.scope)
            self._checks.check(dict(request.query_params), request.headers.get("authorization"), exchange, target)
            response = operation(self, request, place, await request.body())
        except BlobError as error:
            return error.response(self._clock.now(), head=request.method == "HEAD")
        response.headers["x-ms-request-id"] = str(uuid4())
        response.headers["x-ms-version"] = request.headers.get("x-ms-version", SERVICE_VERSION)
        return response

    def _create_container(self, request: Request, place: _Place, body: bytes) -> Response:
        if not self._store.create_container(place.account, place.container):
            raise BlobError(409, "ContainerAlreadyExists", "The specified container already exists.")
        return Response(status_code=201)

    def _container(self, request: Request, place: _Place, body: bytes) -> Response:
        created = self._store.container_created(place.account, place.container)
        return Response(status_code=200, headers={"Last-Modified": format_datetime(created, usegmt=True)})

    def _list(self, request: Request, place: _Place, body: bytes) -> Response:
        query = request.query_params
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        found = self._store.list(place.account, place.container, prefix)
        start = int(query.get("marker") or 0)
        size = min(int(query.get("maxresults") or _PAGE), _PAGE)
        entries = entries_of(found, prefix, delimiter, metadata="metadata" in query.get("include", ""))
        marker = str(start + size) if start + size < len(entries) else ""
        text = listing(place.container, prefix, entries[start : start + size], marker)
        return Response(text, media_type="application/xml")

    def _put(self, request: Request, place: _Place, body: bytes) -> Response:
        kind = request.headers.get("x-ms-blob-type", "BlockBlob")
        if kind != "BlockBlob":
            raise _unsupported(f"blobs of type {kind}")
        return self._written(request, place, body)

    def _put_block(self, request: Request, place: _Place, body: bytes) -> Response:
        self._store.stage(place.account, place.container, place.blob, request.query_params["blockid"], body)
        return Response(status_code=201)

    def _put_block_list(self, request: Request, place: _Place, body: bytes) -> Response:
        blocks = re.findall(r"<(?:Latest|Uncommitted)>([^<]*)</", body.decode())
        return self._written(request, place, self._store.staged(*_parts(place), blocks))

    def _written(self, request: Request, place: _Place, content: bytes) -> Response:
        blob = self._store.put(
            *_parts(place),
            content,
            content_type=request.headers.get("x-ms-blob-content-type", "application/octet-stream"),
            metadata=_metadata(request),
            only_new=request.headers.get("if-none-match") == "*",
        )
        return Response(status_code=201, headers=stamps(blob))

    def _put_metadata(self, request: Request, place: _Place, body: bytes) -> Response:
        return Response(headers=stamps(self._store.put_metadata(*_parts(place), _metadata(request))))

    def _get(self, request: Request, place: _Place, body: bytes) -> Response:
        blob = self._store.get(*_parts(place))
        headers = properties(blob)
        wanted = request.headers.get("x-ms-range") or request.headers.get("range")
        if request.method == "HEAD":
            return Response(headers={**headers, "Content-Length": str(blob.size)})
        content = blob.path.read_bytes()
        if wanted is None:
            return Response(content, headers=headers)
        first, last = _range(wanted, blob.size)
        headers["Content-Range"] = f"bytes {first}-{last}/{blob.size}"
        return Response(content[first : last + 1], 206, headers)

    def _delete(self, request: Request, place: _Place, body: bytes) -> Response:
        self._store.delete(*_parts(place))
        return Response(status_code=202)


# (method, comp, restype, names a blob?) -> what it needs and who serves it.
_OPERATIONS: dict[tuple[str, str, str, bool], tuple[Right, _Operation]] = {
    ("PUT", "", "container", False): (access.CREATE_CONTAINER, BlobService._create_container),
    ("GET", "", "container", False): (access.READ_CONTAINER, BlobService._container),
    ("HEAD", "", "container", False): (access.READ_CONTAINER, BlobService._container),
    ("GET", "list", "container", False): (access.LIST, BlobService._list),
    ("PUT", "", "", True): (access.WRITE, BlobService._put),
    ("PUT", "block", "", True): (access.WRITE, BlobService._put_block),
    ("PUT", "blocklist", "", True): (access.WRITE, BlobService._put_block_list),
    ("PUT", "metadata", "", True): (access.WRITE, BlobService._put_metadata),
    ("GET", "", "", True): (access.READ, BlobService._get),
    ("HEAD", "", "", True): (access.READ, BlobService._get),
    ("DELETE", "", "", True): (access.DELETE, BlobService._delete),
}


def _operation(request: Request, place: _Place) -> tuple[Right, _Operation]:
    query = request.query_params
    key = (request.method, query.get("comp", ""), query.get("restype", ""), bool(place.blob))
    if key not in _OPERATIONS or "x-ms-copy-source" in request.headers:
        raise _unsupported(f"{request.method} comp={key[1]!r} restype={key[2]!r}")
    return _OPERATIONS[key]


def _unsupported(what: str) -> BlobError:
    message = f"The local Azure does not emulate {what}. It serves upload, list, read and delete of block blobs."
    return BlobError(501, "NotEmulatedLocally", message)


def _place(request: Request) -> _Place:
    account = Exchange.of(request.scope).host.partition(".")[0]
    container, _, blob = str(request.scope["path"]).lstrip("/").partition("/")
    return _Place(account, container, blob)


def _parts(place: _Place) -> tuple[str, str, str]:
    return place.account, place.container, place.blob


def _metadata(request: Request) -> dict[str, str]:
    marker = "x-ms-meta-"
    return {name[len(marker) :]: value for name, value in request.headers.items() if name.startswith(marker)}


def _range(header: str, size: int) -> tuple[int, int]:
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", header)
    first = int(found.group(1)) if found else 0
    if not found or first >= size:
        raise BlobError(416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
    return first, min(int(found.group(2) or size - 1), size - 1)
