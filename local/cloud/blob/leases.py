"""Leases of blobs: who may write while one is held.

Source: REST reference, "Lease Blob"; error codes compared with Azurite.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from local.cloud.blob.errors import BlobError, invalid_header
from local.whole_numbers import whole_number

_GUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)
_ENDLESS = -1


@dataclass(frozen=True)
class Lease:
    """A lease as it was last taken, `ends` None for one without end; no `id`: never taken, or released."""

    id: str = ""
    seconds: int = _ENDLESS
    ends: datetime | None = None
    broken_at: datetime | None = None

    def state(self, now: datetime) -> str:
        """In which state it is."""
        if not self.id:
            return "available"
        if self.broken_at is not None:
            return "breaking" if now < self.broken_at else "broken"
        return "expired" if self.ends is not None and now >= self.ends else "leased"

    def held(self, now: datetime) -> bool:
        """Whether only its holder may write."""
        return self.state(now) in ("leased", "breaking")

    def headers(self, now: datetime) -> dict[str, str]:
        """What a blob's headers say of it."""
        state = self.state(now)
        told = {"x-ms-lease-state": state, "x-ms-lease-status": "locked" if self.held(now) else "unlocked"}
        if state == "leased":
            told["x-ms-lease-duration"] = "infinite" if self.ends is None else "fixed"
        return told


NO_LEASE = Lease()


def check_writer(lease: Lease, given: str | None, now: datetime) -> None:
    """Refuse a write without the lease that is held, or with one that is not; BlobError 412."""
    if not lease.held(now):
        if given:
            message = "There is currently no lease on the blob."
            raise BlobError(412, "LeaseNotPresentWithBlobOperation", message)
        return
    if not given:
        message = "There is currently a lease on the blob and no lease ID was specified in the request."
        raise BlobError(412, "LeaseIdMissing", message)
    if given.lower() != lease.id.lower():
        message = "The lease ID specified did not match the lease ID for the blob."
        raise BlobError(412, "LeaseIdMismatchWithBlobOperation", message)


def check_reader(lease: Lease, given: str | None, now: datetime) -> None:
    """Refuse a read that names another lease than the one held; one that names none may read."""
    if given:
        check_writer(lease, given, now)


def acquired(lease: Lease, headers: Mapping[str, str], now: datetime) -> Lease:
    """The lease taken anew."""
    seconds, proposed = _seconds(headers), headers.get("x-ms-proposed-lease-id") or str(uuid4())
    if not _GUID.fullmatch(proposed):
        raise invalid_header("x-ms-proposed-lease-id")
    if lease.held(now) and (lease.state(now) == "breaking" or proposed.lower() != lease.id.lower()):
        raise BlobError(409, "LeaseAlreadyPresent", "There is already a lease present.")
    return Lease(proposed, seconds, _end(seconds, now))


def renewed(lease: Lease, headers: Mapping[str, str], now: datetime) -> Lease:
    """The lease for as long again."""
    _check_own(lease, headers)
    if lease.broken_at is not None:
        raise BlobError(409, "LeaseIsBrokenAndCannotBeRenewed", "The lease has been broken and cannot be renewed.")
    return replace(lease, ends=_end(lease.seconds, now))


def changed(lease: Lease, headers: Mapping[str, str], now: datetime) -> Lease:
    """The lease under another id."""
    proposed = headers.get("x-ms-proposed-lease-id", "")
    if not _GUID.fullmatch(proposed):
        raise invalid_header("x-ms-proposed-lease-id")
    if not lease.held(now):
        raise BlobError(409, "LeaseNotPresentWithLeaseOperation", "There is currently no lease on the blob.")
    if lease.id.lower() != proposed.lower():
        _check_own(lease, headers)
    return replace(lease, id=proposed)


def released(lease: Lease, headers: Mapping[str, str], now: datetime) -> Lease:
    """No lease any more."""
    _check_own(lease, headers)
    return NO_LEASE


def broken(lease: Lease, headers: Mapping[str, str], now: datetime) -> Lease:
    """The lease at its end, now or after the period asked for."""
    if not lease.id or lease.state(now) == "expired":
        raise BlobError(409, "LeaseNotPresentWithLeaseOperation", "There is currently no lease on the blob.")
    given = headers.get("x-ms-lease-break-period")
    seconds = whole_number(given or "0")
    if seconds is None or seconds > 60:
        raise invalid_header("x-ms-lease-break-period")
    left = lease.ends - now if lease.ends and lease.ends > now else timedelta()
    period = timedelta(seconds=seconds) if given is not None else left
    moment = now + (min(period, left) if lease.ends else period)
    return replace(lease, broken_at=min(moment, lease.broken_at) if lease.broken_at else moment)


ACTIONS: dict[str, tuple[int, Callable[[Lease, Mapping[str, str], datetime], Lease]]] = {
    "acquire": (201, acquired),
    "renew": (200, renewed),
    "change": (200, changed),
    "release": (200, released),
    "break": (202, broken),
}


def _seconds(headers: Mapping[str, str]) -> int:
    text = headers.get("x-ms-lease-duration", "")
    if text == "-1":
        return _ENDLESS
    seconds = whole_number(text)
    if seconds is None or not 15 <= seconds <= 60:
        raise invalid_header("x-ms-lease-duration")
    return seconds


def _end(seconds: int, now: datetime) -> datetime | None:
    return None if seconds == _ENDLESS else now + timedelta(seconds=seconds)


def _check_own(lease: Lease, headers: Mapping[str, str]) -> None:
    if not lease.id or headers.get("x-ms-lease-id", "").lower() != lease.id.lower():
        message = "The lease ID specified did not match the lease ID for the blob."
        raise BlobError(409, "LeaseIdMismatchWithLeaseOperation", message)
