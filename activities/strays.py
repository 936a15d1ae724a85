"""What of Slipway's making is there, and what of it fits to nothing: found out by reading only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from activities.monitoring import MonitorSettings, name_of
from activities.registry import RESOURCES
from activities.role_assignments import SERVICE, SIGNED
from azure_api import begin, looking, online, versions
from azure_api.clients import clients
from contracts.errors import MissingRight
from contracts.findings import Stray
from contracts.ledger import COMPUTES
from contracts.marks import mark_in
from contracts.releases import Release

Document = dict[str, Any]
AT_ONCE = 8
MONITORED = tuple(room for room in RESOURCES if isinstance(room, MonitorSettings))


@dataclass
class Things:
    """What was read: endpoints with their deployments by name, computes, Azure Monitor settings, role assignments."""

    endpoints: dict[str, Document] = field(default_factory=dict)
    deployments: dict[str, list[Document]] = field(default_factory=dict)
    settings: list[Document] = field(default_factory=list)
    grants: list[Document] = field(default_factory=list)
    computes: list[Document] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)


def read_things(only: str | None = None) -> Things:
    """Everything that is compared, or what of it concerns the endpoint of that name; what Slipway may not read is said.

    Raises deployment errors.
    """
    things = Things(endpoints={str(one["name"]): one for one in online.every_endpoint()})
    names = [name for name in things.endpoints if only in (None, name.lower())]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        things.deployments = dict(zip(names, pool.map(online.deployments, names), strict=True))
    for room in MONITORED:
        found = _readable(things, room.called, room.all_of_group, room.api_version)
        things.settings += [one for one in found if only in (None, endpoint_of(one))]
    _read_grants(things)
    return things


def _read_grants(things: Things) -> None:
    """Roles, unless nobody can tell whether a compute has the identity that was given them."""
    settings, before = clients().settings, len(things.unchecked)
    things.computes = _readable(things, "computes", f"{settings.workspace_id}/{COMPUTES}", versions.COMPUTES)
    if len(things.unchecked) == before:
        path = f"{settings.resource_group_id}/providers/Microsoft.Authorization/roleAssignments"
        things.grants = _readable(things, "role assignments", path, versions.ROLE_ASSIGNMENTS)


def _readable(things: Things, what: str, path: str, api_version: str) -> list[Document]:
    try:
        return looking.listed(path, api_version)
    except MissingRight as error:
        things.unchecked.append(f"{what}: {error.message}")
        return []


def about_endpoint(document: Document, deployments: Sequence[Document], releases: Sequence[Release]) -> Iterator[Stray]:
    """Deployments that no release knows, and traffic that is not what the last release left."""
    name, properties = str(document["name"]), document["properties"]
    traffic = begin.shares(properties.get("traffic"))
    wanted = {*traffic, *begin.shares(properties.get("mirrorTraffic"))}
    released = {(pin.deployment, pin.run) for release in releases for pin in release.serving}
    for one in deployments:
        mark, deployment = mark_in(one), str(one["name"]).lower()
        if mark and deployment not in wanted and (deployment, mark) not in released:
            yield Stray(
                kind="deployment_without_release",
                id=str(one["id"]),
                endpoint=name,
                made_by=mark,
                detail=f"deployment {deployment} has no traffic, and no release has served with it",
                command=f"slipway delete {name}/{deployment}",
            )
    left = next((one.traffic for one in releases if one.outcome == "live"), traffic)
    if left != traffic:
        shares = " ".join(f"{one}={share}" for one, share in left.items())
        yield Stray(
            kind="traffic_changed",
            id=str(document["id"]),
            endpoint=name,
            detail=f"its traffic is {_told(traffic)}, and the last release left {_told(left)}",
            command=f"slipway traffic {name} {shares}".strip(),
        )


def settings_without_deployment(things: Things) -> Iterator[Stray]:
    """Autoscale settings and alerts of Slipway's for deployments of this workspace that are gone."""
    for setting in things.settings:
        mark, endpoint = mark_in(setting), endpoint_of(setting)
        if mark and endpoint and deployment_of(setting, things) is None:
            yield Stray(
                kind="setting_without_deployment",
                id=str(setting["id"]),
                endpoint=endpoint,
                made_by=mark,
                detail=f"{setting['name']} is about a deployment that is gone",
                command=removing(endpoint, str(setting["id"])),
            )


def endpoint_of(setting: Document) -> str | None:
    """Name of the endpoint of this workspace that a setting is about; None for anything else."""
    inside = re.escape(f"{clients().settings.workspace_id}/onlineEndpoints/".lower())
    found = re.search(f"{inside}([^/'\"]+)", str(setting["properties"]).lower())
    return found[1] if found else None


def deployment_of(setting: Document, things: Things) -> str | None:
    """The deployment that a setting of Slipway's is about, by its name; None when it is gone."""
    named = str(setting["name"]).lower()
    for endpoint, every in things.deployments.items():
        for name in (str(one["name"]) for one in every):
            base = name_of(endpoint, name)
            if named == base or named.startswith(f"{base}-"):
                return name
    return None


def grants_without_identity(things: Things) -> Iterator[Stray]:
    """Roles that Slipway gave to identities that no endpoint and no compute has any more; people keep theirs."""
    held = holders(things)
    for grant in things.grants:
        made_by, principal = signed_by(grant), principal_of(grant)
        if made_by and grant["properties"].get("principalType") == SERVICE and principal not in held:
            yield Stray(
                kind="grant_without_identity",
                id=str(grant["id"]),
                made_by=made_by,
                detail=f"nothing of the workspace has the identity {principal}",
                command=f"az role assignment delete --ids {grant['id']}",
            )


def holders(things: Things) -> dict[str, str]:
    """Who has which identity, by principal ID."""
    return {
        principal: str(one["name"])
        for one in (*things.computes, *things.endpoints.values())
        for principal in online.principals_in(one)
    }


def signed_by(grant: Document) -> str | None:
    """The run of Slipway that gave a role; None for somebody else."""
    description = str(grant["properties"].get("description") or "")
    return description.rsplit(" ", 1)[-1] if description.startswith(SIGNED) else None


def principal_of(grant: Document) -> str:
    """Principal ID of whom a role was given to."""
    return str(grant["properties"].get("principalId"))


def removing(endpoint: str, identifier: str) -> str:
    """The command that removes one finding."""
    return f"slipway remove-findings {endpoint} --id {identifier}"


def _told(traffic: dict[str, int]) -> str:
    return ", ".join(f"{name} {share} %" for name, share in sorted(traffic.items())) or "none"
