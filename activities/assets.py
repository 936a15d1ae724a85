"""Assets of the workspace that a request names, or gives inline to be registered under a name made from its content."""

from __future__ import annotations

from typing import Any

from activities import commands
from activities.scene import Finding
from azure_api import looking, versions
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.base import Json
from contracts.digests import digest
from contracts.errors import AssetNotFound, CloudUnavailable, DeploymentError, RequestRejected
from contracts.ledger import arm_id, short_name
from contracts.marks import MARK_TAG
from contracts.references import LATEST, AssetNamed, asset_named

# Assets that Slipway names after their content never get a second version.
VERSION = "1"
_API_VERSIONS = {
    "models": versions.MODELS,
    "environments": versions.ENVIRONMENTS,
    "codes": versions.CODES,
    "data": versions.DATA,
}


def named(collection: str, asset: str, *, not_found: type[DeploymentError] = AssetNotFound) -> str:
    """The ledger's reference of what a request names: a version of this workspace, or a registry's as it is written.

    A label becomes a version here. Raises `not_found` when there is none, RequestRejected for another workspace.
    """
    parts = asset_named(asset)
    if parts.registry:
        return asset
    ours = clients().settings.workspace_id
    if parts.workspace and parts.workspace.lower() != ours.lower():
        raise RequestRejected(
            f"{parts.shown} is in another workspace ({parts.workspace})",
            suggestion=f"Name one of workspace {clients().settings.workspace}, or share it through a registry.",
        )
    version = parts.version or _labelled(collection, parts, not_found)
    return f"{collection}/{parts.name}/versions/{version}"


def leave_unchecked(reference: str, path: str, finding: Finding) -> None:
    """Whether a registry's asset is there is not looked at."""
    parts = asset_named(reference)
    kind = path.rpartition(".")[2]
    version = f"--version {parts.version}" if parts.version else f"--label {parts.label or LATEST}"
    command = f"az ml {kind} show --name {parts.name} {version} --registry-name {parts.registry}"
    message = f"whether {reference} is there, and whether this workspace may read it"
    finding.leave_unchecked("AssetUnknown", path, message, command)


def tell_kept(wanted: Any, there: dict[str, Any], path: str, finding: Finding) -> None:
    """A version that is registered stays as it is: what else is said of it now is not written."""
    properties = there["properties"]
    tags = properties.get("tags") or {}
    other = [
        *(["description"] if wanted.description not in (None, properties.get("description")) else []),
        *(["tags"] if any(tags.get(name) != text for name, text in wanted.tags.items()) else []),
    ]
    if other:
        message = f"the version is registered with another {' and other '.join(other)}, which stay as they are"
        update = f"az ml {path.rpartition('.')[2]} update --name <name> --version <version> --set description=<text>"
        finding.warn("AssetStaysAsItIs", path, message, f"{update} {commands.of_workspace()}")


def _labelled(collection: str, parts: AssetNamed, not_found: type[DeploymentError]) -> str:
    with translated(not_found=not_found):
        found = getattr(clients().ml, collection).get(parts.name, label=parts.label or LATEST)
    return str(found.version)


def newest(collection: str, name: str) -> dict[str, Any] | None:
    """The newest version of that name, as ARM has it; None when there is none."""
    listed = _versions(f"{clients().settings.workspace_id}/{collection}/{name}/versions", _API_VERSIONS[collection])
    return listed[0] if listed else None


def next_version(collection: str, name: str) -> str:
    """The version that the service would give to the next one of that name."""
    container = looking.find(f"{clients().settings.workspace_id}/{collection}/{name}", _API_VERSIONS[collection])
    return str((container["properties"].get("nextVersion") if container else None) or VERSION)


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
    return any(str(one.get("name")) == version for one in _versions(versions_of, api_version))


def _versions(address: str, api_version: str) -> list[dict[str, Any]]:
    """The first page of an asset's versions, which has the newest ones, newest first; none when there is no asset."""
    page = looking.find(address, api_version) or {}
    listed: list[dict[str, Any]] = page.get("value") or []
    return listed


def mark_of(document: dict[str, Any]) -> str:
    """The mark in an ARM document of an asset, "" for none."""
    return tag_of(document, MARK_TAG)


def tag_of(document: dict[str, Any], tag: str) -> str:
    """A tag in an ARM document of an asset, "" for none."""
    return str((document["properties"].get("tags") or {}).get(tag, ""))
