"""What may be asked of containers, and of the lists of and in them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import datetime

from starlette.responses import Response

from local.cloud.blob.asked import Asked, not_emulated
from local.cloud.blob.documents import (
    blob_entry,
    container_entry,
    container_properties,
    folder_entry,
    listing,
    stamps,
)
from local.cloud.blob.errors import BlobError
from local.cloud.blob.store import CONTAINER_NAME, Blob
from local.cloud.hosts import blob_url
from local.whole_numbers import whole_number

MOST_ON_A_PAGE = 5000
_LEAST_NAME, _MOST_NAME = 3, 63


def create(asked: Asked) -> Response:
    """Make a container."""
    name = asked.target.container
    if not _LEAST_NAME <= len(name) <= _MOST_NAME:
        raise BlobError(
            400, "OutOfRangeInput", "The specified resource name length is not within the permissible limits."
        )
    if not CONTAINER_NAME.fullmatch(name):
        raise BlobError(400, "InvalidResourceName", "The specified resource name contains invalid characters.")
    if asked.headers.get("x-ms-blob-public-access"):
        message = "Public access is not permitted on this storage account."
        raise BlobError(409, "PublicAccessNotPermitted", message)
    if not asked.store.create_container(*asked.place, asked.metadata):
        raise BlobError(409, "ContainerAlreadyExists", "The specified container already exists.")
    return Response(status_code=201, headers=stamps(asked.store.container(*asked.place)))


def read(asked: Asked) -> Response:
    """A container's properties."""
    return Response(status_code=200, headers=container_properties(asked.store.container(*asked.place)))


def describe(asked: Asked) -> Response:
    """Replace a container's metadata."""
    return Response(headers=stamps(asked.store.describe_container(*asked.place, asked.metadata)))


def delete(asked: Asked) -> Response:
    """Remove a container with its blobs. Azure takes some time; here it is gone at once."""
    asked.store.container(*asked.place)
    if asked.headers.get("x-ms-lease-id"):
        raise not_emulated("leases of containers")
    asked.store.delete_container(*asked.place)
    return Response(status_code=202)


def list_containers(asked: Asked) -> Response:
    """The account's containers."""
    prefix = asked.query.get("prefix", "")
    names = [name for name in asked.store.containers(asked.target.account) if name.startswith(prefix)]
    shown, marker, size = _page(asked, names, lambda name: name)
    metadata = "metadata" in asked.query.get("include", "")
    entries = "".join(
        container_entry(name, asked.store.container(asked.target.account, name), metadata=metadata) for name in shown
    )
    fields = {"Prefix": prefix, "MaxResults": str(size)}
    return _xml(asked, "", fields, f"<Containers>{entries}</Containers>", marker)


def list_blobs(asked: Asked) -> Response:
    """The blobs of a container; names that go on after a delimiter are one entry."""
    query = asked.query
    prefix, delimiter, include = (
        query.get("prefix", ""),
        query.get("delimiter", ""),
        query.get("include", "").split(","),
    )
    unknown = set(include) - {"", "metadata", "uncommittedblobs", "copy"}
    if unknown:
        raise not_emulated(f"lists that include {', '.join(sorted(unknown))}")
    found = asked.store.list(*asked.place, prefix)
    if "uncommittedblobs" in include:
        found = sorted([*found, *_uncommitted(asked, prefix)], key=lambda blob: blob.name)
    folded = _folded(found, prefix, delimiter)
    shown, marker, size = _page(asked, list(folded), lambda name: name)
    fields = {"Prefix": prefix, "Marker": query.get("marker", ""), "MaxResults": str(size)}
    if delimiter:
        fields["Delimiter"] = delimiter
    entries = _entries([(name, folded[name]) for name in shown], asked.now, metadata="metadata" in include)
    return _xml(asked, f' ContainerName="{asked.target.container}"', fields, f"<Blobs>{entries}</Blobs>", marker)


def _entries(shown: Sequence[tuple[str, Blob | None]], now: datetime, *, metadata: bool) -> str:
    """The XML of one page: folders first, as Azurite writes them."""
    folders = [folder_entry(name) for name, blob in shown if blob is None]
    return "".join([*folders, *(blob_entry(blob, now, metadata=metadata) for _, blob in shown if blob)])


def _folded(found: list[Blob], prefix: str, delimiter: str) -> dict[str, Blob | None]:
    """The blobs by name; those in a folder are one name without a blob."""
    entries: dict[str, Blob | None] = {}
    for blob in found:
        rest = blob.name[len(prefix) :]
        if delimiter and delimiter in rest:
            entries[prefix + rest.partition(delimiter)[0] + delimiter] = None
        else:
            entries[blob.name] = blob
    return entries


def _uncommitted(asked: Asked, prefix: str) -> list[Blob]:
    held = asked.store.container(*asked.place)
    names = [name for name in held.staged if name.startswith(prefix) and name not in held.blobs]
    return [Blob(name, None, 0, held.etag, asked.now, asked.now) for name in names]


def _page(asked: Asked, names: list[str], key: Callable[[str], str]) -> tuple[list[str], str, int]:
    """The names on the page asked for, where the next one begins, and how many a page may have."""
    size, after = _size(asked), _begin(asked)
    left = [name for name in names if key(name) >= after]
    marker = base64.urlsafe_b64encode(left[size].encode()).decode() if len(left) > size else ""
    return left[:size], marker, size


def _size(asked: Asked) -> int:
    text = asked.query.get("maxresults")
    if text is None or text == "":
        return MOST_ON_A_PAGE
    number = whole_number(text.removeprefix("-"))
    if number is None:
        raise _bad_query("InvalidQueryParameterValue", "maxresults")
    if number < 1 or text.startswith("-"):
        raise _bad_query("OutOfRangeQueryParameterValue", "maxresults")
    return min(number, MOST_ON_A_PAGE)


def _begin(asked: Asked) -> str:
    try:
        return base64.urlsafe_b64decode(asked.query.get("marker", "")).decode()
    except ValueError:
        raise _bad_query("OutOfRangeInput", "marker") from None


def _bad_query(code: str, name: str) -> BlobError:
    return BlobError(
        400, code, f"Value for one of the query parameters specified in the request URI is invalid: {name}."
    )


def _xml(asked: Asked, attributes: str, fields: dict[str, str], entries: str, marker: str) -> Response:
    endpoint = f'ServiceEndpoint="{blob_url(asked.target.account)}/"{attributes}'
    return Response(listing(endpoint, fields, entries, marker), media_type="application/xml")
