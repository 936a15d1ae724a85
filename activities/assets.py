"""Assets of the workspace that a request names, or gives inline to be registered under a name made from its content."""

from __future__ import annotations

from typing import Any

from azure_api import versions
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.base import Json
from contracts.digests import digest
from contracts.errors import AssetNotFound, CloudUnavailable
from contracts.ledger import arm_id, short_name
from contracts.marks import MARK_TAG
from contracts.names import split_reference

# Assets that Slipway names after their content never get a second version.
VERSION = "1"
_API_VERSIONS = {"models": versions.MODELS, "environments": versions.ENVIRONMENTS, "codes": versions.CODES}


def named(collection: str, asset: str) -> str:
    """The ledger's reference of `azureml:name:version` in this workspace."""
    name, version = split_reference(asset)
    return f"{collection}/{name}/versions/{version}"


def made_of(collection: str, content: Json) -> str:
    """The reference of an asset given inline: the same content is the same asset."""
    return f"{collection}/slipway-{digest(content, 20)}/versions/{VERSION}"


def find(reference: str) -> dict[str, Any] | None:
    """The registered version as ARM has it; None when it is not registered."""
    try:
        return require(reference)
    except AssetNotFound:
        return None


def require(reference: str) -> dict[str, Any]:
    """The registered version as ARM has it; raises AssetNotFound, in Azure's words, when it is not registered."""
    api_version = _API_VERSIONS[reference.split("/", 1)[0]]
    address = arm_id(reference, clients().settings.workspace_id)
    try:
        with translated(not_found=AssetNotFound):
            return clients().get(address, api_version)
    except AssetNotFound:
        if _listed(address, api_version):
            raise CloudUnavailable(f"Azure lists {short_name(reference)} and does not find it.") from None
        raise


def _listed(address: str, api_version: str) -> bool:
    """Whether the versions of an asset have one that was answered with 404: one 404 is not the truth."""
    versions_of, _, version = address.rpartition("/")
    try:
        with translated(not_found=AssetNotFound):
            page = clients().get(versions_of, api_version)
    except AssetNotFound:
        return False
    # The first page is enough: the newest versions come first.
    return any(str(one.get("name")) == version for one in page.get("value") or [])


def mark_of(document: dict[str, Any]) -> str:
    """The mark in an ARM document of an asset, "" for none."""
    return str((document["properties"].get("tags") or {}).get(MARK_TAG, ""))
