"""One look at an ARM resource that may not be there."""

from __future__ import annotations

from typing import Any

from azure_api.clients import clients
from azure_api.errors import translated
from contracts.errors import AssetNotFound


def find(path: str, api_version: str) -> dict[str, Any] | None:
    """The resource of that ARM id, or page of a list, as ARM has it; None where Azure says that there is none.

    A resource group or a subscription that is missing is no such answer: it raises ScopeNotFound.
    """
    try:
        with translated(not_found=AssetNotFound):
            return clients().get(path, api_version)
    except AssetNotFound:
        return None
