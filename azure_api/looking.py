"""Reading what no SDK's client reads: an ARM resource that may not be there, and lists with all of their pages."""

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


def listed(path: str, api_version: str) -> list[dict[str, Any]]:
    """Everything that is on a list of ARM's, of all its pages. Raises deployment errors."""
    found: list[dict[str, Any]] = []
    with translated():
        page = clients().get(path, api_version)
        while True:
            found += page.get("value") or []
            if not page.get("nextLink"):
                return found
            page = clients().get(page["nextLink"])
