"""What the service accepts for an endpoint: names, identity, auth mode, traffic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast, get_args

from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import conflict, invalid, not_emulated
from local.cloud.machinelearning.records import AuthMode, Deployment, Endpoint

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


def auth_mode(properties: Json) -> AuthMode:
    """The auth mode asked for."""
    mode = properties.get("authMode")
    if mode not in get_args(AuthMode):
        raise invalid("InvalidAuthMode", f"authMode must be one of {', '.join(get_args(AuthMode))}, not {mode!r}.")
    return cast("AuthMode", mode)


def user_assigned_ids(body: Json) -> list[str]:
    """The ARM ids of the user-assigned identities asked for; empty means system-assigned, the default."""
    identity = as_json(body.get("identity"))
    kind = str(identity.get("type") or "SystemAssigned")
    ids = list(as_json(identity.get("userAssignedIdentities")))
    if kind.lower() == "systemassigned":
        return []
    if kind.lower() != "userassigned":
        raise not_emulated(f"the identity type '{kind}' on endpoints", "Use SystemAssigned or UserAssigned.")
    if not ids:
        raise invalid("InvalidIdentity", "identity.type UserAssigned needs identity.userAssignedIdentities.")
    return ids


def check_emulated(properties: Json) -> None:
    """Refuse by name what would otherwise be accepted and then not happen."""
    if properties.get("compute"):
        raise not_emulated("Kubernetes online endpoints (properties.compute)", "Leave compute out for a managed one.")
    if any(as_json(properties.get("mirrorTraffic")).values()):
        raise not_emulated("mirror traffic", "Leave mirrorTraffic empty, or try it in Azure.")
    if str(properties.get("publicNetworkAccess")).lower() == "disabled":
        raise not_emulated("private endpoints (publicNetworkAccess disabled)", "Leave it enabled, or try it in Azure.")


def check_idle(endpoint: Endpoint, verb: str) -> None:
    """409 while anything runs on the endpoint or its deployments."""
    if endpoint.running():
        raise conflict(f"Cannot {verb} endpoint {endpoint.name}: another operation on it is already in progress.")


def check_deletable(endpoint: Endpoint, deployment: Deployment) -> None:
    """Refuse to delete a deployment that has traffic (Microsoft Learn); the service's text was not found."""
    share = endpoint.traffic.get(deployment.name, 0)
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
    split = _targets(endpoint, _percentages(asked))
    total = sum(split.values())
    if total not in (0, 100):
        raise invalid("InvalidTraffic", f"The traffic percentages must add up to 0 or 100, not {total}.")
    return split


def _percentages(asked: object) -> dict[str, int]:
    if asked is None:
        return {}
    if not isinstance(asked, Mapping):
        raise invalid("InvalidTraffic", "traffic must map deployment names to percentages.")
    for name, share in asked.items():
        if isinstance(share, bool) or not isinstance(share, int) or not 0 <= share <= 100:
            message = f"traffic of deployment '{name}' must be a whole number from 0 to 100."
            raise invalid("InvalidTraffic", message)
    return dict(asked)


def _targets(endpoint: Endpoint | None, split: dict[str, int]) -> dict[str, int]:
    """The split by the deployments' own names, each of which exists and, with a share, has succeeded."""
    named = {}
    for name, share in split.items():
        deployment = endpoint.deployment(name) if endpoint else None
        if deployment is None:
            message = f"traffic names deployment '{name}', which does not exist in this endpoint."
            raise invalid("InferencingClientUpdateEndpointFailed", message)
        if share and deployment.state != "Succeeded":
            message = f"traffic names deployment '{name}', whose provisioning state is {deployment.state}."
            raise invalid("InferencingClientUpdateEndpointFailed", message)
        named[deployment.name] = share
    return named
