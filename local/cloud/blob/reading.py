"""What reads a blob: its content, its properties, its blocks."""

from __future__ import annotations

import re

from starlette.responses import Response

from local.cloud.blob.asked import Asked
from local.cloud.blob.documents import block_list, properties, stamps, tier
from local.cloud.blob.errors import BlobError
from local.cloud.blob.store import Blob, md5_of
from local.whole_numbers import whole_number

# Headers that a SAS may have the answer to a read carry, by its query parameters.
_OVERRIDES = {
    "rscc": "Cache-Control",
    "rscd": "Content-Disposition",
    "rsce": "Content-Encoding",
    "rscl": "Content-Language",
    "rsct": "Content-Type",
}
_MOST_WITH_MD5 = 4 * 1024 * 1024


def content(asked: Asked) -> Response:
    """A blob's content, or a range of it."""
    blob = asked.readable()
    headers = {**properties(blob, asked.now), **_overridden(asked)}
    wanted = asked.headers.get("x-ms-range") or asked.headers.get("range")
    if wanted is None:
        told = {**_md5("Content-MD5", blob), **_md5("x-ms-blob-content-md5", blob)}
        return Response(blob.content(), headers={**headers, **told})
    first, last = _range(wanted, blob.size)
    part = blob.content()[first : last + 1]
    headers |= {"Content-Range": f"bytes {first}-{last}/{blob.size}", **_md5("x-ms-blob-content-md5", blob)}
    if asked.headers.get("x-ms-range-get-content-md5", "").lower() == "true":
        if len(part) > _MOST_WITH_MD5:
            message = "One of the request inputs is out of range: a range with its MD5 has at most 4 MiB."
            raise BlobError(400, "OutOfRangeInput", message)
        headers["Content-MD5"] = md5_of(part)
    return Response(part, 206, headers)


def head(asked: Asked) -> Response:
    """A blob's properties."""
    blob = asked.readable()
    told = {**properties(blob, asked.now), **tier(blob), **_md5("Content-MD5", blob), **_overridden(asked)}
    if blob.copy:
        told["x-ms-incremental-copy"] = "false"
    return Response(headers={**told, "Content-Length": str(blob.size)})


def blocks(asked: Asked) -> Response:
    """The blocks of a blob, committed, uncommitted or all."""
    blob, staged = asked.store.find(*asked.target), asked.store.staged(*asked.target)
    if blob is None and not staged:
        raise BlobError(404, "BlobNotFound", "The specified blob does not exist.")
    kind = asked.query.get("blocklisttype", "committed").lower()
    if kind not in ("committed", "uncommitted", "all"):
        message = "Value for one of the query parameters specified in the request URI is invalid: blocklisttype."
        raise BlobError(400, "InvalidQueryParameterValue", message)
    committed = blob.blocks if blob and kind != "uncommitted" else ()
    uncommitted = [(name, len(part)) for name, part in staged.items()] if kind != "committed" else []
    told = stamps(blob or asked.store.container(*asked.place))
    told["x-ms-blob-content-length"] = str(blob.size if blob else 0)
    return Response(block_list(committed, uncommitted), headers=told, media_type="application/xml")


def _overridden(asked: Asked) -> dict[str, str]:
    if "sig" not in asked.query:
        return {}
    return {header: asked.query[name] for name, header in _OVERRIDES.items() if asked.query.get(name)}


def _md5(header: str, blob: Blob) -> dict[str, str]:
    return {header: blob.md5} if blob.md5 else {}


def _range(header: str, size: int) -> tuple[int, int]:
    found = re.fullmatch(r"bytes=([0-9]+)-([0-9]*)", header)
    first, last = (whole_number(part) for part in found.groups()) if found else (None, None)
    if first is None or first >= size:
        message = "The range specified is invalid for the current size of the resource."
        raise BlobError(416, "InvalidRange", message, headers={"Content-Range": f"bytes */{size}"})
    return first, size - 1 if last is None else min(last, size - 1)
