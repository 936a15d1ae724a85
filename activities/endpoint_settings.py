"""An endpoint that is there, and what a request says of it: what must be so already, and what is changed."""

from __future__ import annotations

from typing import Any

from activities.platforms.kubernetes import compute_id
from contracts.ledger import short_name
from contracts.online import ENFORCE, EndpointRequest

# Azure ML's names of identity types, by the names of the `az ml` files.
IDENTITY_TYPES = {"system_assigned": "SystemAssigned", "user_assigned": "UserAssigned"}


def endpoint_conflict(wanted: EndpointRequest, found: Any) -> str | None:
    """What an existing endpoint has otherwise than the request asks for and cannot be changed; None when it fits."""
    name = wanted.name
    if wanted.auth_mode and str(found.auth_mode).lower() != wanted.auth_mode:
        return f"endpoint {name} has auth_mode {found.auth_mode}, the request asks for {wanted.auth_mode}"
    there = str(getattr(found, "compute", None) or "")
    if wanted.compute and there.lower() != compute_id(wanted.compute).lower():
        return f"endpoint {name} runs on {short_name(there) or 'managed compute'}, not on {wanted.compute}"
    secrets = wanted.properties.get(ENFORCE)
    if secrets and not _same_access(secrets, (found.properties or {}).get(ENFORCE)):
        return f"endpoint {name} was made without {ENFORCE}: {secrets}, which is fixed then"
    return _identity_conflict(wanted, found) if wanted.identity else None


def _same_access(asked: str, there: object) -> bool:
    """Whether an endpoint was made with that access to secrets; ARM's words have no case, and none means disabled."""
    return asked.lower() == str(there or "disabled").lower()


def _identity_conflict(wanted: EndpointRequest, found: Any) -> str | None:
    asked = wanted.identity.type if wanted.identity else ""
    kind = str(found.identity.type).replace("_", "").lower()
    if kind != IDENTITY_TYPES[asked].lower():
        return f"endpoint {wanted.name} has identity {found.identity.type}, the request asks for {asked}"
    ids = {str(item.resource_id).lower() for item in found.identity.user_assigned_identities or []}
    if wanted.user_assigned_ids and ids != {one.lower() for one in wanted.user_assigned_ids}:
        return f"endpoint {wanted.name} has another user-assigned identity than the request asks for"
    return None


def changes_of(wanted: EndpointRequest, found: Any) -> dict[str, Any]:
    """What a request says of an existing endpoint and it does not have yet, by the SDK's names."""
    changes: dict[str, Any] = {}
    for name in ("tags", "properties"):
        there = getattr(found, name) or {}
        # Access to secrets is fixed when the endpoint is made: `endpoint_conflict` judges it.
        asked = {key: value for key, value in getattr(wanted, name).items() if key != ENFORCE or key not in there}
        new = {key: value for key, value in asked.items() if there.get(key) != value}
        if new:
            changes[name] = new
    if wanted.description is not None and wanted.description != found.description:
        changes["description"] = wanted.description
    access = wanted.public_network_access
    if access and access != str(getattr(found, "public_network_access", "")).lower():
        changes["public_network_access"] = access
    return changes


def change(entity: Any, changes: dict[str, Any]) -> None:
    """Write changes into the fetched endpoint; tags and properties that others have put there stay."""
    for name, value in changes.items():
        setattr(entity, name, {**(getattr(entity, name) or {}), **value} if isinstance(value, dict) else value)
