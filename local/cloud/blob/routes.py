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
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from local.clock import Clock
from local.cloud.blob import access
from local.cloud.blob.access import BlobAccess, Right, Target
from local.cloud.blob.errors import BlobError
from local.cloud.blob.store import Blob, BlobStore
from local.cloud.exchange import Exchange

_PAGE = 5000


@dataclass(frozen=True)
class _Place:
    account: str
    container: str
    blob: str


_Operation: TypeAlias = Callable[["BlobService", Request, _Place, bytes], Response]


class BlobService:
    """Answers for `{account}.blob.core.windows.net`."""

    def __init__(self, store: BlobStore, checks: BlobAccess, clock: Clock) -> None:
        self._store = store
        self._checks = checks
        self._clock = clock

    async def __call__(self, request: Request) -> Response:
        """Serve one request."""
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
        response.headers["x-ms-version"] = request.headers.get("x-ms-version", "2025-01-05")
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
        entries = _entries(found, prefix, delimiter, metadata="metadata" in query.get("include", ""))
        marker = str(start + size) if start + size < len(entries) else ""
        text = (
            f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="{escape(place.container)}">'
            f"<Prefix>{escape(prefix)}</Prefix><Blobs>{''.join(entries[start : start + size])}</Blobs>"
            f"<NextMarker>{marker}</NextMarker></EnumerationResults>"
        )
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
        return Response(status_code=201, headers=_stamps(blob))

    def _put_metadata(self, request: Request, place: _Place, body: bytes) -> Response:
        return Response(headers=_stamps(self._store.put_metadata(*_parts(place), _metadata(request))))

    def _get(self, request: Request, place: _Place, body: bytes) -> Response:
        blob = self._store.get(*_parts(place))
        headers = _properties(blob)
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


def _stamps(blob: Blob) -> dict[str, str]:
    return {
        "ETag": blob.etag,
        "Last-Modified": format_datetime(blob.modified, usegmt=True),
        "x-ms-request-server-encrypted": "true",
    }


def _properties(blob: Blob) -> dict[str, str]:
    metadata = {f"x-ms-meta-{name}": value for name, value in blob.metadata.items()}
    kinds = {"Content-Type": blob.content_type, "x-ms-blob-type": "BlockBlob", "Accept-Ranges": "bytes"}
    return {**_stamps(blob), **kinds, **metadata}


def _range(header: str, size: int) -> tuple[int, int]:
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", header)
    first = int(found.group(1)) if found else 0
    if not found or first >= size:
        raise BlobError(416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
    return first, min(int(found.group(2) or size - 1), size - 1)


def _entries(found: list[Blob], prefix: str, delimiter: str, *, metadata: bool) -> list[str]:
    """The XML of each blob, with names that go on after a delimiter folded into one prefix."""
    entries: dict[str, str] = {}
    for blob in found:
        rest = blob.name[len(prefix) :]
        if delimiter and delimiter in rest:
            folder = prefix + rest.partition(delimiter)[0] + delimiter
            entries[folder] = f"<BlobPrefix><Name>{escape(folder)}</Name></BlobPrefix>"
        else:
            entries[blob.name] = _entry(blob, metadata=metadata)
    return list(entries.values())


def _entry(blob: Blob, *, metadata: bool) -> str:
    pairs = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in blob.metadata.items())
    return (
        f"<Blob><Name>{escape(blob.name)}</Name><Properties>"
        f"<Last-Modified>{format_datetime(blob.modified, usegmt=True)}</Last-Modified><Etag>{blob.etag}</Etag>"
        f"<Content-Length>{blob.size}</Content-Length><Content-Type>{escape(blob.content_type)}</Content-Type>"
        f"<BlobType>BlockBlob</BlobType></Properties>{f'<Metadata>{pairs}</Metadata>' if metadata else ''}</Blob>"
    )
