"""Roles of a user-assigned identity: it outlives its endpoint, and others may have it and need them.

Azure does not say who relies on a role. What is known of others is read: the endpoints and computes of this workspace,
and which run has granted it. An endpoint of another workspace is not seen.
"""

from __future__ import annotations

from typing import Any

from activities.departing import Departing
from azure_api import looking, online, versions
from azure_api.clients import clients
from contracts.errors import MissingRight

OF_ANOTHER = "a run granted it that made nothing of this endpoint: a finding once nobody has the identity"


def why_still_needed(assignment: Any, departing: Departing) -> str | None:
    """Why a role that Slipway has granted to such an identity stays when its endpoint goes; None when it goes too."""
    mark = str(assignment.description or "").rsplit(" ", 1)[-1]
    if mark not in departing.marks:
        return OF_ANOTHER
    other = who_else_has(str(assignment.principal_id), departing.endpoint)
    return f"{other} has the same identity" if other else None


def who_else_has(principal_id: str, endpoint: str) -> str | None:
    """Another endpoint, or a compute, of this workspace with that identity; None for nobody."""
    for one in online.every_endpoint():
        if str(one["name"]).lower() != endpoint.lower() and principal_id in online.principals_in(one):
            return f"endpoint {one['name']}"
    try:
        computes = looking.listed(f"{clients().settings.workspace_id}/computes", versions.COMPUTES)
    except MissingRight:
        return None  # nor has Slipway made one then
    return next((f"compute {one['name']}" for one in computes if principal_id in online.principals_in(one)), None)
