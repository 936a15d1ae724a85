"""What changes a blob: uploads, blocks, metadata, headers, copies, leases, deletion."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from starlette.responses import Response

from local.cloud.blob.access import OVERWRITE
from local.cloud.blob.asked import Asked, not_emulated
from local.cloud.blob.conditions import check_conditions
from local.cloud.blob.documents import ENCRYPTED, stamps
from local.cloud.blob.errors import BlobError, invalid_header, missing_blob, permission_mismatch
from local.cloud.blob.leases import ACTIONS
from local.cloud.blob.store import Copy, md5_of
from local.cloud.hosts import BLOB_SUFFIX

# Headers of a blob, by those that set them; the content type has a default.
_SETTABLE = {
    "x-ms-blob-content-type": "Content-Type",
    "x-ms-blob-content-encoding": "Content-Encoding",
    "x-ms-blob-content-language": "Content-Language",
    "x-ms-blob-content-disposition": "Content-Disposition",
    "x-ms-blob-cache-control": "Cache-Control",
}
_BLOCK = re.compile(r"<(Latest|Uncommitted|Committed)>([^<]*)</")


def put(asked: Asked) -> Response:
    """Write a whole blob."""
    kind = asked.headers.get("x-ms-blob-type", "BlockBlob")
    if kind != "BlockBlob":
        raise not_emulated(f"blobs of type {kind}")
    _check_settings(asked)
    _check_md5(asked)
    _may_overwrite(asked)
    asked.writable()
    blob = asked.store.put(*asked.target, asked.body, headers=_headers(asked), metadata=asked.metadata)
    return Response(status_code=201, headers={**stamps(blob), **ENCRYPTED, "Content-MD5": md5_of(asked.body)})


def stage(asked: Asked) -> Response:
    """Hold an uncommitted block."""
    _check_md5(asked)
    asked.store.stage(*asked.target, asked.query.get("blockid", ""), asked.body)
    return Response(status_code=201, headers=ENCRYPTED)


def commit(asked: Asked) -> Response:
    """Make a blob of blocks."""
    _check_settings(asked)
    _may_overwrite(asked)
    asked.writable()
    named = [(found[1], found[2]) for found in _BLOCK.finditer(asked.body.decode())]
    parts = asked.store.assembled(*asked.target, named)
    blocks = tuple((name, len(part)) for (_, name), part in zip(named, parts, strict=True))
    content = b"".join(parts)
    blob = asked.store.put(
        *asked.target, content, headers=_headers(asked), metadata=asked.metadata, blocks=blocks or (("", 0),)
    )
    return Response(status_code=201, headers={**stamps(blob), **ENCRYPTED, "Content-MD5": md5_of(asked.body)})


def describe(asked: Asked) -> Response:
    """Replace a blob's metadata."""
    changed = replace(asked.changeable(), metadata=asked.metadata)
    return Response(headers={**stamps(asked.store.change(*asked.place, changed)), **ENCRYPTED})


def set_headers(asked: Asked) -> Response:
    """Replace a blob's own headers: what is not given is taken away."""
    changed = replace(
        asked.changeable(), headers=_headers(asked), md5=asked.headers.get("x-ms-blob-content-md5") or None
    )
    return Response(headers=stamps(asked.store.change(*asked.place, changed)))


def copy(asked: Asked) -> Response:
    """Copy a blob of the same account, at once."""
    if "x-ms-blob-type" in asked.headers or asked.headers.get("x-ms-requires-sync"):
        raise not_emulated("putting a blob from a URL")
    url = urlsplit(asked.headers["x-ms-copy-source"])
    account, container, name = _source(url.hostname or "", url.path)
    if account != asked.target.account:
        raise not_emulated("copies from other accounts")
    original = asked.store.find(account, container, name)
    if original is None:
        raise missing_blob()
    source_conditions = {
        header.removeprefix("x-ms-source-"): value
        for header, value in asked.headers.items()
        if header.startswith("x-ms-source-if-")
    }
    check_conditions(original, source_conditions, reads=False)
    _may_overwrite(asked)
    asked.writable()
    made = Copy(str(uuid4()), asked.headers["x-ms-copy-source"].partition("?")[0], asked.now)
    metadata = asked.metadata or original.metadata
    content = original.content()
    blob = asked.store.put(*asked.target, content, headers=original.headers, metadata=metadata, copy=made)
    blob = asked.store.change(*asked.place, replace(blob, md5=original.md5), touch=False)
    told = {"x-ms-copy-id": made.id, "x-ms-copy-status": "success"}
    return Response(status_code=202, headers={**stamps(blob), **told})


def abort_copy(asked: Asked) -> Response:
    """Copies are done at once, so there is none to abort."""
    blob = asked.store.get(*asked.target)
    if blob.copy is None or blob.copy.id != asked.query.get("copyid"):
        raise BlobError(409, "CopyIdMismatch", "The specified copy ID did not match the copy ID for the pending copy.")
    raise BlobError(409, "NoPendingCopyOperation", "There is currently no pending copy operation.")


def lease(asked: Asked) -> Response:
    """Take, renew, change, release or break a lease."""
    blob = asked.store.get(*asked.target)
    check_conditions(blob, asked.headers, reads=False)
    action = asked.headers.get("x-ms-lease-action", "").lower()
    if action not in ACTIONS:
        raise invalid_header("x-ms-lease-action")
    status, change = ACTIONS[action]
    held = change(blob.lease, asked.headers, asked.now)
    changed = asked.store.change(*asked.place, replace(blob, lease=held), touch=False)
    told = stamps(changed)
    if action == "break":
        assert held.broken_at is not None
        told["x-ms-lease-time"] = str(max(0, round((held.broken_at - asked.now).total_seconds())))
    elif held.id:
        told["x-ms-lease-id"] = held.id
    return Response(status_code=status, headers=told)


def delete(asked: Asked) -> Response:
    """Remove a blob."""
    if asked.query.get("snapshot") or asked.headers.get("x-ms-delete-snapshots", "include") == "only":
        raise not_emulated("snapshots")
    asked.changeable()
    asked.store.delete(*asked.target)
    return Response(status_code=202, headers={"x-ms-delete-type-permanent": "true"})


def _source(host: str, path: str) -> tuple[str, str, str]:
    container, _, name = unquote(path).lstrip("/").partition("/")
    return host.removesuffix(BLOB_SUFFIX), container, name


def _headers(asked: Asked) -> dict[str, str]:
    given = {name: asked.headers[header] for header, name in _SETTABLE.items() if asked.headers.get(header)}
    plain = asked.headers.get("content-type") if not asked.query.get("comp") else None
    return {"Content-Type": plain or "application/octet-stream", **given}


def _check_settings(asked: Asked) -> None:
    """Refuse by name what an upload would otherwise be taken to have done."""
    for header, what in (("x-ms-access-tier", "access tiers"), ("x-ms-tags", "blob index tags")):
        if asked.headers.get(header):
            raise not_emulated(what)


def _check_md5(asked: Asked) -> None:
    given = asked.headers.get("content-md5")
    if given and given != md5_of(asked.body):
        message = "The MD5 value specified in the request did not match with the MD5 value calculated by the server."
        raise BlobError(400, "Md5Mismatch", message)


def _may_overwrite(asked: Asked) -> None:
    """A signature to create lets nobody overwrite."""
    signed = asked.query.get("sp") if "sig" in asked.query else None
    if signed is not None and not set(OVERWRITE.letters) & set(signed) and asked.store.find(*asked.target):
        raise permission_mismatch()
