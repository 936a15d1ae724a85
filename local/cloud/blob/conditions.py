"""Conditional requests: what has to be so of a blob before anything is done with it.

Source: REST reference, "Specifying conditional headers for Blob service operations".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from local.cloud.blob.errors import BlobError, invalid_header
from local.cloud.blob.store import Blob


def check_conditions(blob: Blob | None, headers: Mapping[str, str], *, reads: bool) -> None:
    """Refuse what its conditions forbid: BlobError 304 for a read of the unchanged, 409 or 412 for the rest."""
    match, unless = headers.get("if-match"), headers.get("if-none-match")
    if blob is None:
        if match:
            raise _not_met()
        return
    if match and match != "*" and not _same(match, blob.etag):
        raise _not_met()
    if unless == "*" and not reads:
        raise BlobError(409, "BlobAlreadyExists", "The specified blob already exists.")
    if unless and (unless == "*" or _same(unless, blob.etag)):
        raise _unchanged() if reads else _not_met()
    since, until = _moment(headers, "if-modified-since"), _moment(headers, "if-unmodified-since")
    modified = blob.modified.replace(microsecond=0)
    if since and not unless and modified <= since:
        raise _unchanged() if reads else _not_met()
    if until and modified > until:
        raise _not_met()


def _same(given: str, etag: str) -> bool:
    return given.strip('"') == etag.strip('"')


def _moment(headers: Mapping[str, str], name: str) -> datetime | None:
    text = headers.get(name)
    if not text:
        return None
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        raise invalid_header(name) from None


def _not_met(status: int = 412) -> BlobError:
    message = "The condition specified using HTTP conditional header(s) is not met."
    return BlobError(status, "ConditionNotMet", message)


def _unchanged() -> BlobError:
    return _not_met(304)
