"""The roles that an endpoint's identity can need: data, with sources; which of them one needs is in `role_needs.py`.

Source of the role matrix: concept-endpoints-online-auth and the seed how-to "Grant permissions to the endpoint": a
system-assigned identity gets image pull, blob read and metrics from the service itself; a user-assigned one gets
nothing, and must hold its roles before the deployment is created. Metrics are optional there, so not granted unasked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from azure_api.clients import clients
from azure_api.errors import translated
from contracts.errors import RoleNotFound
from contracts.names import GUID
from contracts.operator_limits import RoleNotGrantable
from contracts.plan import NeededRole
from contracts.request import RoleGrant

ROLE_DEFINITIONS = "/providers/microsoft.authorization/roledefinitions/"
ScopeName = Literal["container registry", "default storage", "workspace"]


@dataclass(frozen=True)
class BuiltInRole:
    """A built-in role: name and GUID as in Azure's list of built-in roles.

    Attributes:
        also: what documents and the portal call it besides.
        action: what an endpoint's identity has it for; whatever else allows that is as good. None: only the role is.
        on_data: whether that is a data action.
    """

    name: str
    guid: str
    also: tuple[str, ...] = ()
    action: str | None = None
    on_data: bool = False

    def needed_on(self, scope: str, reason: str) -> NeededRole:
        """This role at a scope, as somebody's need."""
        return NeededRole(role=self.name, guid=self.guid, scope=scope, reason=reason)


_ML = "Microsoft.MachineLearningServices/workspaces"
ACR_PULL = BuiltInRole(
    "AcrPull",
    "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    also=("ACR pull | Pull container image", "Pull container image"),
    action="Microsoft.ContainerRegistry/registries/pull/read",
)
BLOB_READER = BuiltInRole(
    "Storage Blob Data Reader",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    also=("Blob Data Reader",),
    action="Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
    on_data=True,
)
METRICS_WRITER = BuiltInRole(
    "AzureML Metrics Writer (preview)",
    "635dd51f-9968-44d3-b7fb-6d9a6bd613ae",
    also=("Workspace metrics writer", "AzureML Metrics Writer", "Azure Machine Learning Metrics Writer (preview)"),
    action=f"{_ML}/metrics/*/write",
)
SECRETS_READER = BuiltInRole(
    "Azure Machine Learning Workspace Connection Secrets Reader",
    "ea01e6af-a1c1-4350-9563-ad00f8c72ec5",
    also=("Workspace Connection Secrets Reader", "Connection Secrets Reader"),
    # The documents take any role that contains this.
    action=f"{_ML}/connections/listsecrets/action",
)
OPENAI_USER = BuiltInRole(
    "Cognitive Services OpenAI User",
    "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    also=("OpenAI User", "Azure OpenAI User"),
    action="Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
    on_data=True,
)
# What Azure's condition on Slipway's right to grant allows, as `infra/` has it.
GRANTABLE = (ACR_PULL, BLOB_READER, METRICS_WRITER, SECRETS_READER, OPENAI_USER)
# Asked for too where whoever runs Slipway lets them be granted.
DATA_SCIENTIST = BuiltInRole("AzureML Data Scientist", "f6c7c914-8db3-469d-8ca1-694a8f32e121", also=("Data Scientist",))
OTHERS = (
    DATA_SCIENTIST,
    BuiltInRole(
        "Cognitive Services OpenAI Contributor", "a001fd3d-188f-4b5d-821b-7da978bf7442", also=("OpenAI Contributor",)
    ),
    BuiltInRole("Cognitive Services User", "a97b65f3-24c7-4388-baec-2e87135dc908"),
)

# (role, scope, why), for a user-assigned identity.
USER_ASSIGNED_NEEDS: tuple[tuple[BuiltInRole, ScopeName, str], ...] = (
    (ACR_PULL, "container registry", "pulls the serving image"),
    (BLOB_READER, "default storage", "mounts the model and the code"),
)


def _bare(name: str) -> str:
    """A name without what people write differently: capitals, blanks, dashes, brackets."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


_BY_NAME = {_bare(name): role for role in (*GRANTABLE, *OTHERS) for name in (role.name, role.guid, *role.also)}


def asked_for(grant: RoleGrant) -> NeededRole:
    """The role that a request names: by any of its names, however written, by its GUID or by its ARM id.

    Raises RoleNotFound, and RoleNotGrantable for one that Slipway does not grant.
    """
    named = grant.role.rstrip("/").rsplit("/", 1)[-1] if ROLE_DEFINITIONS in grant.role.lower() else grant.role
    role = _BY_NAME.get(_bare(named)) or _defined(named, grant.scope)
    check_grantable(role)
    return NeededRole(role=role.name, guid=role.guid, scope=grant.scope, reason="asked for")


def check_grantable(role: BuiltInRole) -> None:
    """Raises RoleNotGrantable for a role that is neither of this page nor of the settings.

    So Owner, Contributor and whatever else could change more than an endpoint has need of are never asked of Azure.
    """
    if not is_of_this_page(role) and not _is_of_the_settings(role):
        names = ", ".join([*(known.name for known in GRANTABLE), *clients().settings.grantable_roles])
        raise RoleNotGrantable(f"Slipway does not grant {role.name}; it grants {names}")


def is_of_this_page(role: BuiltInRole) -> bool:
    """Whether Azure's condition on Slipway's right to grant, as `infra/` has it, allows the role too."""
    return role.guid.lower() in {known.guid for known in GRANTABLE}


def _is_of_the_settings(role: BuiltInRole) -> bool:
    added = {one.lower() for one in clients().settings.grantable_roles}
    return not added.isdisjoint({role.name.lower(), role.guid.lower()})


def role_definition_id(scope: str, guid: str) -> str:
    """ARM id of a role definition, as role assignments name it."""
    subscription = scope.split("/")[2]
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


def role_with(guid: str) -> BuiltInRole | None:
    """The role of that GUID; None for one that is not on this page."""
    return _BY_NAME.get(_bare(guid))


def _defined(role: str, scope: str) -> BuiltInRole:
    """What Azure knows of a role at a scope."""
    definitions = clients().authorization.role_definitions
    quoted = role.replace("'", "''")
    with translated(not_found=RoleNotFound):
        if re.fullmatch(GUID, role):
            found = definitions.get(scope, role.lower())
            return BuiltInRole(str(found.role_name), role.lower())
        for found in definitions.list(scope, filter=f"roleName eq '{quoted}'"):
            return BuiltInRole(str(found.role_name), str(found.name))
    raise RoleNotFound(f"there is no role named {role!r} at {scope}")
