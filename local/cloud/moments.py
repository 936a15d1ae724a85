"""Moments as Azure's services write them: seven digits after the second, as .NET has them."""

from __future__ import annotations

from datetime import datetime


def with_offset(moment: datetime) -> str:
    """A moment as the machine learning service writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00")


def with_zulu(moment: datetime) -> str:
    """A moment as Azure RBAC, Event Grid and the blob service write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
