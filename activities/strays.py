"""What of Slipway's making is there, and what of it fits to nothing: found out by reading only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from activities.monitoring import MonitorSettings, name_of
from activities.registry import RESOURCES
from activities.role_assignments import SIGNED
from azure_api import begin, looking, online, versions
from azure_api.clients import clients
from contracts.errors import MissingRight
from contracts.findings import Stray
from contracts.marks import mark_in
from contracts.releases import Release

Document = dict[str, Any]
AT_ONCE = 8


@dataclass
class Things:
    """What was read: endpoints with their deployments by name, computes, Azure Monitor settings, role assignments."""

    endpoints: dict[str, Document] = field(default_factory=dict)
    deployments: dict[str, list[Document]] = field(default_factory=dict)
    computes: list[Document] = field(default_factory=list)
    settings: list[Document] = field(default_factory=list)
    grants: list[Document] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)


def read_things() -> Things:
    """Everything that is compared; what Slipway may not read is said. Raises deployment errors."""
    things = Things(endpoints={str(one["name"]): one for one in online.every_endpoint()})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lists = pool.map(online.deployments, things.endpoints)
    things.deployments = dict(zip(things.endpoints, lists, strict=True))
    computes = f"{clients().settings.workspace_id}/computes"
    things.computes = _readable(things, "computes", computes, versions.COMPUTES)
    for room in RESOURCES:
        if isinstance(room, MonitorSettings):
            things.settings += _readable(things, room.called, room.all_of_group, room.api_version)
    group = clients().settings.resource_group_id
    assignments = f"{group}/providers/Microsoft.Authorization/roleAssignments"
    things.grants = _readable(things, "role assignments", assignments, versions.ROLE_ASSIGNMENTS)
    return things


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
    inside = f"{clients().settings.workspace_id}/".lower()
    bases = [name_of(name, str(one["name"])) for name, every in things.deployments.items() for one in every]
    for setting in things.settings:
        mark, named = mark_in(setting), str(setting["name"]).lower()
        ours = mark and inside in str(setting["properties"]).lower()
        if ours and not any(named == base or named.startswith(f"{base}-") for base in bases):
            yield Stray(
                kind="setting_without_deployment",
                id=str(setting["id"]),
                made_by=mark,
                detail=f"{setting['name']} is about a deployment that is gone",
                command=f"az resource delete --ids {setting['id']}",
            )


def grants_without_identity(things: Things) -> Iterator[Stray]:
    """Roles that Slipway gave to identities that no endpoint and no compute has any more."""
    having = (*things.endpoints.values(), *things.computes)
    held = {principal for one in having for principal in online.principals_in(one)}
    for grant in things.grants:
        properties = grant["properties"]
        description, principal = str(properties.get("description") or ""), str(properties.get("principalId"))
        if description.startswith(SIGNED) and principal not in held:
            yield Stray(
                kind="grant_without_identity",
                id=str(grant["id"]),
                made_by=description.rsplit(" ", 1)[-1],
                detail=f"nothing of the workspace has the identity {principal}",
                command=f"az role assignment delete --ids {grant['id']}",
            )


def _told(traffic: dict[str, int]) -> str:
    return ", ".join(f"{name} {share} %" for name, share in sorted(traffic.items())) or "none"
