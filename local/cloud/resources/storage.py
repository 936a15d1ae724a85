"""Microsoft.Storage/storageAccounts, with their keys and blob containers.

Source: models of azure-mgmt-storage 25.3. An account is there at once, where Azure takes some seconds (202).
"""

from __future__ import annotations

import re

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ArmError, not_emulated
from local.cloud.arm.places import (
    GROUP_PATTERN,
    SUBSCRIPTION_PATTERN,
    TAGS,
    check_here,
    found,
    in_group,
    reading,
    tags_of,
    tracked,
)
from local.cloud.arm.route import ArmRoute
from local.cloud.arm.schema import flag, mapping, read_only, record, text, unavailable
from local.cloud.blob.access import BlobAccess
from local.cloud.blob.accounts import Account
from local.cloud.blob.errors import BlobError
from local.cloud.blob.store import CONTAINER_NAME, BlobStore
from local.cloud.hosts import blob_url
from local.cloud.moments import with_zulu
from local.cloud.world import storage_id

_KIND = "Microsoft.Storage/storageAccounts"
_VERSIONS = (
    "2019-06-01",
    "2021-09-01",
    "2022-09-01",
    "2023-01-01",
    "2023-05-01",
    "2024-01-01",
    "2025-06-01",
    "2026-09-01",
)
CONTAINER = record(
    properties=record(
        metadata=mapping(text()),
        publicAccess=text(one_of=("None", "Blob", "Container")),
        **dict.fromkeys(
            (
                "blobAccessPointConfiguration",
                "defaultEncryptionScope",
                "denyEncryptionScopeOverride",
                "enableNfsV3AllSquash",
                "enableNfsV3RootSquash",
                "immutableStorageWithVersioning",
            ),
            unavailable(),
        ),
    ),
)
_NAME_CHECK = record({"name": text(), "type": text(one_of=(_KIND,))})
_SKUS = (
    *(f"Standard_{kind}" for kind in ("LRS", "GRS", "RAGRS", "ZRS", "GZRS", "RAGZRS")),
    *(f"StandardV2_{kind}" for kind in ("LRS", "GRS", "ZRS", "GZRS")),
    *(f"Premium{version}_{kind}" for version in ("", "V2") for kind in ("LRS", "ZRS")),
)
_KINDS = ("Storage", "StorageV2", "BlobStorage", "FileStorage", "BlockBlobStorage")
ACCOUNT = record(
    {
        "sku": record({"name": text(one_of=_SKUS)}, tier=read_only()),
        "kind": text(one_of=_KINDS),
        "location": text(),
    },
    tags=TAGS,
    **dict.fromkeys(("extendedLocation", "identity", "placement", "zones"), unavailable()),
    properties=record(
        accessTier=text(one_of=("Hot", "Cool", "Premium", "Cold", "Smart")),
        allowBlobPublicAccess=flag(),
        allowSharedKeyAccess=flag(),
        isHnsEnabled=flag(),
        minimumTlsVersion=text(one_of=("TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3")),
        networkAcls=record(
            {"defaultAction": text(one_of=("Allow", "Deny"))},
            bypass=text(),
            # Of no account that lets everybody in.
            **dict.fromkeys(
                ("ipRules", "ipv6Rules", "resourceAccessRules", "virtualNetworkRules"),
                unavailable("Leave defaultAction Allow, and no rules."),
            ),
        ),
        publicNetworkAccess=text(one_of=("Enabled", "Disabled", "SecuredByPerimeter")),
        supportsHttpsTrafficOnly=flag(),
        # Kept and told: nothing that is emulated depends on them.
        allowCrossTenantReplication=flag(),
        allowCrossTenantDelegationSas=flag(),
        allowedCopyScope=text(),
        defaultToOAuthAuthentication=flag(),
        enableExtendedGroups=flag(),
        isLocalUserEnabled=flag(),
        largeFileSharesState=text(one_of=("Disabled", "Enabled")),
        **dict.fromkeys(
            (
                "allowSharedKeyAccessForServices",
                "azureFilesIdentityBasedAuthentication",
                "customDomain",
                "dataCollaborationPolicyProperties",
                "dnsEndpointType",
                "dualStackEndpointPreference",
                "encryption",
                "geoPriorityReplicationStatus",
                "immutableStorageWithVersioning",
                "isNfsV3Enabled",
                "isSftpEnabled",
                "keyPolicy",
                "routingPreference",
                "sasPolicy",
                "turboTier",
            ),
            unavailable(),
        ),
    ),
)
# What an account would be taken for and not be: by property, the value that makes it so, and what to do.
_NOT_HERE: tuple[tuple[str, object, str], ...] = (
    ("allowBlobPublicAccess", True, "Leave it false: blobs here are read with a key or a role."),
    ("allowSharedKeyAccess", False, "Leave it true."),
    ("isHnsEnabled", True, "Leave it false: here are blobs, and no folders."),
    ("publicNetworkAccess", "Disabled", "Leave it Enabled."),
    ("publicNetworkAccess", "SecuredByPerimeter", "Leave it Enabled."),
)
_ACCOUNT_NAME = re.compile(r"[a-z0-9]{3,24}")
_NAMES = "Use 3 to 24 small letters and digits."


class StorageAccounts:
    """Answers for the accounts that there are, and makes others."""

    def __init__(self, blobs: BlobStore, access: BlobAccess) -> None:
        self._blobs = blobs
        self._access = access

    def routes(self) -> list[ArmRoute]:
        """The lines of the route table."""
        one = f"{GROUP_PATTERN}/providers/{_KIND}/{{name}}"
        check = f"{SUBSCRIPTION_PATTERN}/providers/Microsoft.Storage/checkNameAvailability"
        containers = f"{one}/blobServices/default/containers"
        container = f"{containers}/{{container}}"
        return [
            *reading(_KIND, _VERSIONS, self._accounts),
            ArmRoute("PUT", one, _VERSIONS, in_group(self._make), body=ACCOUNT),
            ArmRoute("DELETE", one, _VERSIONS, in_group(self._remove)),
            ArmRoute("POST", f"{one}/listKeys", _VERSIONS, in_group(self._keys)),
            ArmRoute("POST", check, _VERSIONS, in_group(self._check_name), body=_NAME_CHECK, checked_by="handler"),
            ArmRoute("GET", containers, _VERSIONS, in_group(self._list)),
            ArmRoute("GET", container, _VERSIONS, in_group(self._get)),
            ArmRoute("PUT", container, _VERSIONS, in_group(self._put), body=CONTAINER),
            ArmRoute("DELETE", container, _VERSIONS, in_group(self._delete)),
        ]

    def _make(self, call: Call) -> Answer:
        """Make an account, or give the one that is there other tags and settings."""
        name, body = call.parameters["name"], call.body
        if not _ACCOUNT_NAME.fullmatch(name):
            raise ArmError(400, "AccountNameInvalid", f"{name} is not a valid storage account name. {_NAMES}")
        check_here(body["location"])
        _refuse_what_is_not_here(body)
        sku = next(one for one in _SKUS if one.lower() == str(as_json(body["sku"])["name"]).lower())
        kind = next(one for one in _KINDS if one.lower() == str(body["kind"]).lower())
        told = {field: value for field, value in as_json(body.get("properties")).items() if value is not None}
        self._blobs.accounts.put(Account(name, sku, kind, tags_of(body), told))
        return Answer(200, tracked(self._accounts()[name]))

    def _remove(self, call: Call) -> Answer:
        """Remove an account with its blobs: 200, or 204 when there is none. Its role assignments stay, as in Azure."""
        account = next((one for one in self._blobs.accounts if one.name == call.parameters["name"].lower()), None)
        if account is None:
            return Answer(204)
        if not account.is_made:
            raise not_emulated("deleting the accounts that this world begins with", "Delete what you have made.")
        self._blobs.delete_account(account.name)
        self._access.forget(account.name)
        return Answer(200)

    def _keys(self, call: Call) -> Answer:
        """The one key this world has of an account, under both names."""
        account = str(found(self._accounts(), _KIND, call)["name"])
        key = self._access.account_key(account)
        return Answer(
            200, {"keys": [{"keyName": name, "value": key, "permissions": "FULL"} for name in ("key1", "key2")]}
        )

    def _list(self, call: Call) -> Answer:
        account = str(found(self._accounts(), _KIND, call)["name"])
        return Answer(200, {"value": [self._container(account, name) for name in self._blobs.containers(account)]})

    def _get(self, call: Call) -> Answer:
        return Answer(200, self._container(*self._named(call)))

    def _put(self, call: Call) -> Answer:
        account, name = str(found(self._accounts(), _KIND, call)["name"]), call.parameters["container"]
        if not CONTAINER_NAME.fullmatch(name):
            raise ArmError(400, "InvalidResourceName", "The specified resource name contains invalid characters.")
        if str(as_json(call.body.get("properties")).get("publicAccess") or "None") != "None":
            message = "Public access is not permitted on this storage account."
            raise ArmError(409, "PublicAccessNotPermitted", message)
        metadata = as_json(as_json(call.body.get("properties")).get("metadata"))
        texts = {field: str(value) for field, value in metadata.items()}
        made = self._blobs.create_container(account, name, texts)
        if texts and not made:
            self._blobs.describe_container(account, name, texts)
        return Answer(201 if made else 200, self._container(account, name))

    def _delete(self, call: Call) -> Answer:
        account, name = str(found(self._accounts(), _KIND, call)["name"]), call.parameters["container"]
        return Answer(200 if self._blobs.delete_container(account, name) else 204)

    def _named(self, call: Call) -> tuple[str, str]:
        account, name = str(found(self._accounts(), _KIND, call)["name"]), call.parameters["container"]
        try:
            self._blobs.container(account, name)
        except BlobError as missing:
            raise ArmError(missing.status, missing.code, missing.message) from None
        return account, name

    def _container(self, account: str, name: str) -> Json:
        held = self._blobs.container(account, name)
        return {
            "id": f"{storage_id(account)}/blobServices/default/containers/{name}",
            "name": name,
            "type": f"{_KIND}/blobServices/containers",
            "etag": held.etag,
            "properties": {
                "publicAccess": "None",
                "metadata": dict(held.metadata),
                "lastModifiedTime": with_zulu(held.modified),
                "leaseStatus": "Unlocked",
                "leaseState": "Available",
                "hasImmutabilityPolicy": False,
                "hasLegalHold": False,
            },
        }

    def _check_name(self, call: Call) -> Answer:
        """Whether an account may be called so."""
        name = str(call.body["name"])
        if not _ACCOUNT_NAME.fullmatch(name):
            message = f"{name} is not a valid storage account name. {_NAMES}"
            return Answer(200, {"nameAvailable": False, "reason": "AccountNameInvalid", "message": message})
        if name in self._blobs.accounts:
            message = f"The storage account named {name} is already taken."
            return Answer(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message})
        return Answer(200, {"nameAvailable": True})

    def _accounts(self) -> dict[str, Json]:
        return {one.name: _document(one) for one in self._blobs.accounts}


def _refuse_what_is_not_here(body: Json) -> None:
    """Refuse by name what an account would be accepted with and then not have."""
    properties = as_json(body.get("properties"))
    if str(body["kind"]).lower() not in ("storage", "storagev2"):
        raise not_emulated(f"storage accounts of kind {body['kind']}", "Use StorageV2.")
    for name, value, advice in _NOT_HERE:
        given = properties.get(name)
        if given == value or (isinstance(value, str) and str(given).lower() == value.lower()):
            raise not_emulated(f"{name} {given} of storage accounts", advice)
    if str(as_json(properties.get("networkAcls")).get("defaultAction")).lower() == "deny":
        raise not_emulated("networkAcls of storage accounts", "Leave defaultAction Allow.")


def _document(account: Account) -> Json:
    return {
        "id": storage_id(account.name),
        "name": account.name,
        "type": _KIND,
        "kind": account.kind,
        "sku": {"name": account.sku, "tier": account.sku.partition("_")[0].removesuffix("V2")},
        "tags": dict(account.tags),
        "properties": {
            "provisioningState": "Succeeded",
            "isHnsEnabled": False,
            "allowBlobPublicAccess": False,
            **account.told,
            "primaryEndpoints": {"blob": f"{blob_url(account.name)}/"},
        },
    }
