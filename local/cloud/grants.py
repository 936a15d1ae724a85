"""Which roles are held from the start, which the service gives by itself, and which the app may give."""

from __future__ import annotations

from dataclasses import dataclass

from local.cloud.authorization.names import PRINCIPAL_TYPE, ROLE_ASSIGNMENT, ROLE_DEFINITION_ID
from local.cloud.authorization.roles import role_named
from local.cloud.world import (
    APP,
    APP_STORAGE,
    DEVELOPER,
    REGISTRY_ID,
    RESOURCE_GROUP_ID,
    SUBSCRIPTION_ID,
    WORKSPACE_ID,
    WORKSPACE_STORAGE,
    Identity,
    storage_id,
)

PULL_IMAGES = "AcrPull"
READ_BLOBS = "Storage Blob Data Reader"
WRITE_METRICS = "AzureML Metrics Writer (preview)"
READ_SECRETS = "Azure Machine Learning Workspace Connection Secrets Reader"

# What the app may hand out, and nothing else (the condition on its right to assign roles).
GRANTABLE_ROLES = (PULL_IMAGES, READ_BLOBS, WRITE_METRICS, READ_SECRETS, "Cognitive Services OpenAI User")


def _half(verb: str, source: str) -> str:
    roles = ", ".join(role_named(name).guid for name in GRANTABLE_ROLES)
    return (
        f"((!(ActionMatches{{'{ROLE_ASSIGNMENT}/{verb}'}})) OR "
        f"(@{source}[{ROLE_DEFINITION_ID}] ForAnyOfAnyValues:GuidEquals {{{roles}}} AND "
        f"@{source}[{PRINCIPAL_TYPE}] ForAnyOfAnyValues:StringEqualsIgnoreCase {{'ServicePrincipal'}}))"
    )


# Both halves are needed: without the delete half every assignment in the group could be removed.
# Form: Microsoft Learn, "Examples to delegate Azure role assignment management with conditions".
GRANT_CONDITION = f"{_half('write', 'Request')} AND {_half('delete', 'Resource')}"


@dataclass(frozen=True)
class RoleSeed:
    """A role assignment that is there, and effective, from the start."""

    principal: Identity
    role: str
    scope: str
    condition: str | None = None


ROLE_SEEDS = (
    RoleSeed(DEVELOPER, "Owner", RESOURCE_GROUP_ID),
    RoleSeed(DEVELOPER, "Reader", SUBSCRIPTION_ID),
    RoleSeed(APP, "AzureML Data Scientist", WORKSPACE_ID),
    RoleSeed(APP, "Role Based Access Control Administrator", RESOURCE_GROUP_ID, GRANT_CONDITION),
    RoleSeed(APP, "Managed Identity Operator", RESOURCE_GROUP_ID),
    RoleSeed(APP, "Monitoring Contributor", RESOURCE_GROUP_ID),
    RoleSeed(APP, "Web Plan Contributor", RESOURCE_GROUP_ID),
)

# What the app holds on what is its own (infra/app/rbac.bicep, place 'app'), as far as it is emulated.
OWN_ROLE_SEEDS = (RoleSeed(APP, "Storage Blob Data Owner", storage_id(APP_STORAGE)),)

# The service itself grants these to an endpoint's system-assigned identity, effective when the endpoint exists.
# Source: Microsoft Learn, "Authentication and authorization for online endpoints". Not compared with live Azure.
SERVICE_GRANTS = (
    (PULL_IMAGES, REGISTRY_ID),
    (READ_BLOBS, storage_id(WORKSPACE_STORAGE)),
    (WRITE_METRICS, WORKSPACE_ID),
)
# Granted as well when the endpoint asks for it and the caller may read the workspace's secrets (same source).
SECRETS_GRANT = (READ_SECRETS, WORKSPACE_ID)
