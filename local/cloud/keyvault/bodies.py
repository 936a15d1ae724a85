"""What may be written about a vault, as the models of azure-mgmt-keyvault 14.1 have it."""

from __future__ import annotations

from local.cloud.arm.documents import Json
from local.cloud.arm.places import TAGS
from local.cloud.arm.schema import flag, items, read_only, record, text, unavailable, whole
from local.cloud.keyvault.vaults import MOST_DAYS

_OF_ANYTHING = ("all", "get", "list", "delete", "backup", "restore", "recover", "purge", "update")
_PERMISSIONS: dict[str, tuple[str, ...]] = {
    "secrets": ("all", "get", "list", "set", "delete", "backup", "restore", "recover", "purge"),
    "keys": (
        *_OF_ANYTHING,
        *("encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify", "create", "import", "release", "rotate"),
        *("getrotationpolicy", "setrotationpolicy"),
    ),
    "certificates": (
        *_OF_ANYTHING,
        *("create", "import", "managecontacts", "getissuers", "listissuers", "setissuers", "deleteissuers"),
        "manageissuers",
    ),
    "storage": (*_OF_ANYTHING, "set", "regeneratekey", "getsas", "listsas", "deletesas", "setsas"),
}
_POLICY = record(
    {
        "tenantId": text(),
        "objectId": text(),
        "permissions": record(**{kind: items(text(one_of=words)) for kind, words in _PERMISSIONS.items()}),
    },
    applicationId=unavailable("An application on behalf of a user is nobody here."),
)
_POLICIES = items(_POLICY, most=1024)
_SKU = record({"family": text(one_of=("A",)), "name": text(one_of=("standard", "premium"))})
_RULES = record(
    bypass=text(one_of=("AzureServices", "None")),
    defaultAction=text(one_of=("Allow", "Deny")),
    # Of no vault that lets everybody in.
    **dict.fromkeys(("ipRules", "virtualNetworkRules"), unavailable("Leave defaultAction Allow, and no rules.")),
)
_CHANGEABLE: Json = {
    "accessPolicies": _POLICIES,
    "createMode": text(one_of=("default", "recover")),
    "enablePurgeProtection": flag(),
    "enableRbacAuthorization": flag(),
    "enableSoftDelete": flag(),
    # Kept and told: nothing that is emulated depends on them.
    "enabledForDeployment": flag(),
    "enabledForDiskEncryption": flag(),
    "enabledForTemplateDeployment": flag(),
    "networkAcls": _RULES,
    "publicNetworkAccess": text(),
    "softDeleteRetentionInDays": whole(7, MOST_DAYS),
}
VAULT = record(
    {
        "location": text(),
        "properties": record(
            {"tenantId": text(), "sku": _SKU},
            **_CHANGEABLE,  # type: ignore[arg-type] # each of them is a shape
            vaultUri=text(),
            provisioningState=text(one_of=("Succeeded", "RegisteringDns")),
            hsmPoolResourceId=read_only(),
            privateEndpointConnections=read_only(),
        ),
    },
    tags=TAGS,
)
VAULT_PATCH = record(
    tags=TAGS,
    properties=record(tenantId=text(), sku=_SKU, **_CHANGEABLE),  # type: ignore[arg-type] # each of them is a shape
)
POLICIES = record({"properties": record({"accessPolicies": _POLICIES})}, location=read_only())
NAME_CHECK = record({"name": text(), "type": text(one_of=("Microsoft.KeyVault/vaults",))})
