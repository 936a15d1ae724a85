"""What the service accepts for an endpoint: names, identity, auth mode, traffic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast, get_args

from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import conflict, invalid, not_emulated
from local.cloud.arm.places import is_here
from local.cloud.machinelearning.records import AuthMode, Deployment, Endpoint, Routing
from local.cloud.world import REGION

# Managed endpoints and deployments: Microsoft Learn, "Manage and increase quotas"; the SDK checks the same.
_NAME = re.compile(r"[a-zA-Z](?=.{2,31}$)[a-zA-Z0-9]*(-[a-zA-Z0-9]+)*")


def check_name(what: str, name: str) -> None:
    """Refuse a name that the service refuses."""
    if not _NAME.fullmatch(name):
        message = (
            f"{what} name '{name}' is invalid: use 3 to 32 letters, digits and single dashes, beginning with a letter "
            "and not ending with a dash."
        )
        raise invalid(f"Invalid{what}Name", message)


def check_region(body: Json) -> None:
    """Refuse another region than the workspace's. The service's words for it were not found."""
    if not is_here(body.get("location")):
        raise invalid("InvalidLocation", f"The location must be the workspace's, {REGION}, not '{body['location']}'.")


def routing(endpoint: Endpoint | None, properties: Json) -> Routing:
    """The auth mode, traffic and mirror traffic asked for, checked."""
    given = str(properties.get("authMode")).lower()
    mode = next(mode for mode in get_args(AuthMode) if mode.lower() == given)
    split = traffic(endpoint, properties.get("traffic"))
    return Routing(cast("AuthMode", mode), split, _mirror(endpoint, split, properties.get("mirrorTraffic")))


def _mirror(endpoint: Endpoint | None, split: dict[str, int], asked: object) -> dict[str, int]:
    """Mirror traffic: one deployment without live traffic (Microsoft Learn, safe rollout)."""
    mirror = {name: share for name, share in _targets(endpoint, asked).items() if share}
    if len(mirror) > 1:
        raise invalid("InvalidMirrorTraffic", "Traffic can be mirrored to one deployment only.")
    for name in mirror:
        if split.get(name):
            message = f"Traffic is mirrored to a deployment without live traffic, which '{name}' is not."
            raise invalid("InvalidMirrorTraffic", message)
    return mirror


def user_assigned_ids(body: Json) -> list[str]:
    """The ARM ids of the user-assigned identities asked for; empty means system-assigned, the default."""
    identity = as_json(body.get("identity"))
    kind = str(identity.get("type") or "SystemAssigned")
    ids = list(as_json(identity.get("userAssignedIdentities")))
    if kind.lower() == "systemassigned":
        if ids:
            raise invalid("InvalidIdentity", "identity.type SystemAssigned goes without userAssignedIdentities.")
        return []
    if kind.lower() != "userassigned":
        raise not_emulated(f"the identity type '{kind}' on endpoints", "Use SystemAssigned or UserAssigned.")
    if not ids:
        raise invalid("InvalidIdentity", "identity.type UserAssigned needs identity.userAssignedIdentities.")
    return ids


def check_kind(what: str, body: Json) -> None:
    """Refuse another kind than `Managed`, which all that is here is told with (recorded)."""
    kind = str(body.get("kind") or "Managed")
    if kind.lower() != "managed":
        raise not_emulated(f"the kind '{kind}' of {what}", "Leave kind out.")


def check_emulated(body: Json) -> None:
    """Refuse by name what would otherwise be accepted and then not happen."""
    check_kind("endpoints", body)
    properties = as_json(body.get("properties"))
    if properties.get("compute"):
        raise not_emulated("Kubernetes online endpoints (properties.compute)", "Leave compute out for a managed one.")
    if str(properties.get("publicNetworkAccess")).lower() == "disabled":
        raise not_emulated("private endpoints (publicNetworkAccess disabled)", "Leave it enabled, or try it in Azure.")


def check_idle(endpoint: Endpoint, verb: str) -> None:
    """409 while anything runs on the endpoint or its deployments."""
    if endpoint.running():
        raise conflict(f"Cannot {verb} endpoint {endpoint.name}: another operation on it is already in progress.")


def check_deletable(endpoint: Endpoint, deployment: Deployment) -> None:
    """Refuse to delete a deployment that has traffic (Microsoft Learn); the service's text was not found."""
    share = endpoint.routing.traffic.get(deployment.name, 0)
    if share:
        message = (
            f"Deployment {deployment.name} has {share} percent of endpoint {endpoint.name}'s traffic. "
            "Set its traffic to 0 before deleting it."
        )
        raise invalid("DeploymentHasTraffic", message)


def traffic(endpoint: Endpoint | None, asked: object) -> dict[str, int]:
    """The traffic asked for, checked: whole percentages of deployments that have succeeded, 0 or 100 in all.

    The service's own texts for these refusals were not found; codes and words are the emulator's.
    """
    split = _targets(endpoint, asked)
    total = sum(split.values())
    if total not in (0, 100):
        raise invalid("InvalidTraffic", f"The traffic percentages must add up to 0 or 100, not {total}.")
    return split


def _targets(endpoint: Endpoint | None, asked: object) -> dict[str, int]:
    """The split by the deployments' own names, each of which exists and, with a share, has succeeded.

    That each share is a percentage is said by the shape of the body.
    """
    named = {}
    for name, share in cast("Mapping[str, int]", asked or {}).items():
        deployment = endpoint.deployment(name) if endpoint else None
        if deployment is None:
            message = f"traffic names deployment '{name}', which does not exist in this endpoint."
            raise invalid("InferencingClientUpdateEndpointFailed", message)
        if share and deployment.state != "Succeeded":
            message = f"traffic names deployment '{name}', whose provisioning state is {deployment.state}."
            raise invalid("InferencingClientUpdateEndpointFailed", message)
        named[deployment.name] = share
    return named
