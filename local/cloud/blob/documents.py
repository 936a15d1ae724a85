"""Blobs on the wire: headers of one, and the XML of many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from local.cloud.blob.store import Blob, Container

_XML = '<?xml version="1.0" encoding="utf-8"?>'
ENCRYPTED = {"x-ms-request-server-encrypted": "true"}


def stamps(held: Blob | Container) -> dict[str, str]:
    """The headers that follow a change."""
    return {"ETag": held.etag, "Last-Modified": http_date(held.modified)}


def properties(blob: Blob, now: datetime) -> dict[str, str]:
    """The headers that go with a blob, however it is asked for."""
    metadata = {f"x-ms-meta-{name}": value for name, value in blob.metadata.items()}
    kinds = {
        "x-ms-blob-type": "BlockBlob",
        "x-ms-creation-time": http_date(blob.created),
        "x-ms-server-encrypted": "true",
        "Accept-Ranges": "bytes",
    }
    return {**stamps(blob), **blob.headers, **kinds, **blob.lease.headers(now), **_copied(blob), **metadata}


def tier(blob: Blob) -> dict[str, str]:
    """The headers about a blob's tier, which is the account's own."""
    told = {"x-ms-access-tier": "Hot", "x-ms-access-tier-inferred": "true"}
    return told if blob.copy else {**told, "x-ms-access-tier-change-time": http_date(blob.created)}


def container_properties(held: Container) -> dict[str, str]:
    """The headers that go with a container."""
    metadata = {f"x-ms-meta-{name}": value for name, value in held.metadata.items()}
    kinds = {
        "x-ms-lease-state": "available",
        "x-ms-lease-status": "unlocked",
        "x-ms-has-immutability-policy": "false",
        "x-ms-has-legal-hold": "false",
    }
    return {**stamps(held), **kinds, **metadata}


def http_date(moment: datetime) -> str:
    """A moment as headers and lists have it: whole seconds."""
    return format_datetime(moment, usegmt=True)


def block_list(committed: Iterable[tuple[str, int]], uncommitted: Iterable[tuple[str, int]]) -> str:
    """The blocks of a blob."""
    parts = []
    for name, blocks in (("CommittedBlocks", committed), ("UncommittedBlocks", uncommitted)):
        inside = "".join(f"<Block><Name>{escape(one)}</Name><Size>{size}</Size></Block>" for one, size in blocks)
        parts.append(f"<{name}>{inside}</{name}>")
    return f"{_XML}<BlockList>{''.join(parts)}</BlockList>"


def listing(attributes: str, fields: Mapping[str, str], entries: str, marker: str) -> str:
    """One page of a list: what was asked (`fields`), what was found, and where the next page begins."""
    asked = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return (
        f"{_XML}<EnumerationResults {attributes}>{asked}{entries}<NextMarker>{marker}</NextMarker></EnumerationResults>"
    )


def folder_entry(name: str) -> str:
    """Names that go on after a delimiter, as one entry of a list."""
    return f"<BlobPrefix><Name>{escape(name)}</Name></BlobPrefix>"


def blob_entry(blob: Blob, now: datetime, *, metadata: bool) -> str:
    """One blob of a list; with uncommitted blocks alone it has no content to tell of."""
    told = {
        "Creation-Time": http_date(blob.created),
        "Last-Modified": http_date(blob.modified),
        "Etag": blob.etag.strip('"'),
        "Content-Length": str(blob.size),
        **(blob.headers if blob.path else {}),
        "Content-MD5": blob.md5 or "",
        "BlobType": "BlockBlob",
        **_lease(blob, now),
    }
    if blob.path:
        told |= {"ServerEncrypted": "true", "AccessTier": "Hot", "AccessTierInferred": "true"}
        if not blob.copy:
            told["AccessTierChangeTime"] = http_date(blob.created)
    own = f"<Metadata>{_elements(blob.metadata)}</Metadata>" if metadata else ""
    return f"<Blob><Name>{escape(blob.name)}</Name><Properties>{_elements(told)}</Properties>{own}</Blob>"


def container_entry(name: str, held: Container, *, metadata: bool) -> str:
    """One container of a list."""
    told = {
        "Last-Modified": http_date(held.modified),
        "Etag": held.etag.strip('"'),
        "LeaseStatus": "unlocked",
        "LeaseState": "available",
        "HasImmutabilityPolicy": "false",
        "HasLegalHold": "false",
    }
    own = f"<Metadata>{_elements(held.metadata)}</Metadata>" if metadata else ""
    return f"<Container><Name>{escape(name)}</Name><Properties>{_elements(told)}</Properties>{own}</Container>"


def _elements(pairs: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in pairs.items() if value)


def _lease(blob: Blob, now: datetime) -> dict[str, str]:
    told = blob.lease.headers(now)
    names = {
        "LeaseStatus": "x-ms-lease-status",
        "LeaseState": "x-ms-lease-state",
        "LeaseDuration": "x-ms-lease-duration",
    }
    return {name: told[header] for name, header in names.items() if header in told}


def _copied(blob: Blob) -> dict[str, str]:
    if blob.copy is None:
        return {}
    return {
        "x-ms-copy-id": blob.copy.id,
        "x-ms-copy-source": blob.copy.source,
        "x-ms-copy-status": "success",
        "x-ms-copy-progress": f"{blob.size}/{blob.size}",
        "x-ms-copy-completion-time": http_date(blob.copy.done),
    }
