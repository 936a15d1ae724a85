"""The settings that a vault may be given, which of them cannot be changed again, and which it would not have here."""

from __future__ import annotations

import re

from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ArmError, not_emulated
from local.cloud.hosts import vault_url
from local.cloud.keyvault.vaults import Vault
from local.cloud.world import TENANT

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# From this version on a new vault asks roles unless it is told otherwise (Microsoft Learn, "Prepare for Key Vault API
# version 2026-02-01").
_ROLES_BY_DEFAULT = "2026-02-01"
# Said by nobody, they stay as they are.
_STAY = ("enableRbacAuthorization", "enablePurgeProtection", "softDeleteRetentionInDays")
# Of a request alone, or told by the service.
_NOT_KEPT = ("createMode", "vaultUri", "provisioningState", "hsmPoolResourceId", "privateEndpointConnections")


def judged(properties: Json, name: str, known: Vault | None, version: str) -> Json:
    """The settings of a vault as a PUT says them; 400 for what no vault has, 501 for what it would not have here."""
    given = _given(properties)
    if known:
        given = {**{one: known.told[one] for one in _STAY if one in known.told}, **given}
    given.setdefault("enableRbacAuthorization", known is None and version >= _ROLES_BY_DEFAULT)
    recovers = str(properties.get("createMode")).lower() == "recover"
    if "accessPolicies" not in given and not given["enableRbacAuthorization"] and not recovers:
        raise _bad("The parameter accessPolicies is not specified.")
    _check(properties, name, known)
    return {"accessPolicies": [], **given}


def changed(properties: Json, vault: Vault) -> Json:
    """The settings of a vault after a PATCH."""
    _check(properties, vault.name, vault)
    return {**vault.told, **_given(properties)}


def check_policies(properties: Json) -> None:
    """Refuse access policies of another tenant, or of nobody."""
    policies = properties.get("accessPolicies")
    for one in policies if isinstance(policies, list) else []:
        if str(one["tenantId"]).lower() != TENANT or not _GUID.fullmatch(str(one["objectId"])):
            raise _bad("An invalid value was provided for 'accessPolicies'.")


def _given(properties: Json) -> Json:
    return {name: value for name, value in properties.items() if value is not None and name not in _NOT_KEPT}


def _check(properties: Json, name: str, known: Vault | None) -> None:
    if str(properties.get("tenantId") or TENANT).lower() != TENANT:
        raise _bad("An invalid value was provided for 'tenantId'.")
    check_policies(properties)
    _check_irreversible(properties, known)
    _check_here(properties, name)


def _check_irreversible(properties: Json, known: Vault | None) -> None:
    if properties.get("enableSoftDelete") is False:
        raise _bad(
            'The property "enableSoftDelete" can be set to false only for creating new vault. Enabling the \'soft '
            "delete' functionality is an irreversible action."
        )
    if properties.get("enablePurgeProtection") is False:
        raise _bad(
            'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is '
            "an irreversible action."
        )
    days = properties.get("softDeleteRetentionInDays")
    if known and days is not None and days != known.retention.days:
        raise _bad('The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.')


def _check_here(properties: Json, name: str) -> None:
    """Refuse by name what would be taken and not be so."""
    state, url = properties.get("provisioningState"), properties.get("vaultUri")
    if str(properties.get("publicNetworkAccess") or "Enabled").lower() != "enabled":
        raise not_emulated("a publicNetworkAccess of vaults that is not Enabled", "Leave it Enabled.")
    if str(as_json(properties.get("networkAcls")).get("defaultAction")).lower() == "deny":
        raise not_emulated("networkAcls of vaults", "Leave defaultAction Allow.")
    if state and str(state).lower() != "succeeded":
        raise not_emulated(f"the provisioningState {state} of a vault", "Leave it out.")
    if url and str(url).rstrip("/").lower() != vault_url(name).lower():
        raise not_emulated("a vaultUri of one's own", "Leave it out: it comes from the name.")


def _bad(message: str) -> ArmError:
    return ArmError(400, "BadRequest", message)
