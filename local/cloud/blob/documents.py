"""Blobs on the wire: headers of one, and the XML of many."""

from __future__ import annotations

from email.utils import format_datetime
from xml.sax.saxutils import escape

from local.cloud.blob.store import Blob


def stamps(blob: Blob) -> dict[str, str]:
    """The headers that follow a write."""
    return {
        "ETag": blob.etag,
        "Last-Modified": format_datetime(blob.modified, usegmt=True),
        "x-ms-request-server-encrypted": "true",
    }


def properties(blob: Blob) -> dict[str, str]:
    """The headers that go with a blob."""
    metadata = {f"x-ms-meta-{name}": value for name, value in blob.metadata.items()}
    kinds = {"Content-Type": blob.content_type, "x-ms-blob-type": "BlockBlob", "Accept-Ranges": "bytes"}
    return {**stamps(blob), **kinds, **metadata}


def listing(container: str, prefix: str, entries: list[str], marker: str) -> str:
    """One page of a list; `marker` says where the next begins."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="{escape(container)}">'
        f"<Prefix>{escape(prefix)}</Prefix><Blobs>{''.join(entries)}</Blobs>"
        f"<NextMarker>{marker}</NextMarker></EnumerationResults>"
    )


def entries_of(found: list[Blob], prefix: str, delimiter: str, *, metadata: bool) -> list[str]:
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
