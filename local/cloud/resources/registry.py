"""The container registry of the workspace."""

from __future__ import annotations

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json
from local.cloud.arm.errors import ArmError
from local.cloud.arm.places import GROUP_PATTERN, SUBSCRIPTION_PATTERN, found, in_group, listed, named
from local.cloud.arm.route import ArmRoute
from local.cloud.world import REGISTRY, REGISTRY_ID

_KIND = "Microsoft.ContainerRegistry/registries"
_VERSIONS = (
    "2019-05-01",
    "2022-12-01",
    "2023-07-01",
    "2024-11-01-preview",
    "2025-04-01",
    "2025-11-01",
    "2026-09-01-preview",
)


def routes() -> list[ArmRoute]:
    """The registry's lines of the route table."""
    one = f"{GROUP_PATTERN}/providers/{_KIND}/{{name}}"
    return [
        ArmRoute("GET", f"{SUBSCRIPTION_PATTERN}/providers/{_KIND}", _VERSIONS, listed(_registries)),
        ArmRoute("GET", f"{GROUP_PATTERN}/providers/{_KIND}", _VERSIONS, listed(_registries)),
        ArmRoute("GET", one, _VERSIONS, named(_registries, _KIND)),
        ArmRoute("POST", f"{one}/listCredentials", _VERSIONS, in_group(_credentials)),
    ]


def _credentials(call: Call) -> Answer:
    """There are none: the registry is used by identity (words: the CLI's users quote them)."""
    found(_registries(), _KIND, call)
    message = (
        f"Cannot perform credential operations for {call.path} as admin user is disabled. Kindly enable admin user as "
        "per docs: https://docs.microsoft.com/en-us/azure/container-registry/container-registry-authentication"
        "#admin-account"
    )
    raise ArmError(400, "UnAuthorizedForCredentialOperations", message)


def _registries() -> dict[str, Json]:
    properties = {"provisioningState": "Succeeded", "loginServer": f"{REGISTRY}.azurecr.io", "adminUserEnabled": False}
    return {
        REGISTRY: {
            "id": REGISTRY_ID,
            "name": REGISTRY,
            "type": _KIND,
            "sku": {"name": "Standard", "tier": "Standard"},
            "properties": properties,
        }
    }
