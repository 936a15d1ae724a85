"""Microsoft.Storage/storageAccounts, with their keys and blob containers.

Source: models of azure-mgmt-storage 25.3. Accounts are those of the world; making others is not emulated.
"""

from __future__ import annotations

import re

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ArmError
from local.cloud.arm.places import GROUP_PATTERN, SUBSCRIPTION_PATTERN, found, in_group, listed, named
from local.cloud.arm.route import ArmRoute
from local.cloud.arm.schema import mapping, record, text
from local.cloud.blob.access import BlobAccess
from local.cloud.blob.errors import BlobError
from local.cloud.blob.store import CONTAINER_NAME, BlobStore
from local.cloud.hosts import blob_url
from local.cloud.moments import with_zulu
from local.cloud.world import STORAGE_ACCOUNTS, storage_id

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
_CONTAINER = record(
    properties=record(metadata=mapping(text()), publicAccess=text(one_of=("None", "Blob", "Container"))),
)
_NAME_CHECK = record({"name": text(), "type": text(one_of=(_KIND,))})
_ACCOUNT_NAME = re.compile(r"[a-z0-9]{3,24}")


class StorageAccounts:
    """Answers for the accounts of this world."""

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
            ArmRoute("GET", f"{SUBSCRIPTION_PATTERN}/providers/{_KIND}", _VERSIONS, listed(_accounts)),
            ArmRoute("GET", f"{GROUP_PATTERN}/providers/{_KIND}", _VERSIONS, listed(_accounts)),
            ArmRoute("GET", one, _VERSIONS, named(_accounts, _KIND)),
            ArmRoute("POST", f"{one}/listKeys", _VERSIONS, in_group(self._keys)),
            ArmRoute("POST", check, _VERSIONS, in_group(_check_name), body=_NAME_CHECK, checked_by="handler"),
            ArmRoute("GET", containers, _VERSIONS, in_group(self._list)),
            ArmRoute("GET", container, _VERSIONS, in_group(self._get)),
            ArmRoute("PUT", container, _VERSIONS, in_group(self._put), body=_CONTAINER),
            ArmRoute("DELETE", container, _VERSIONS, in_group(self._delete)),
        ]

    def _keys(self, call: Call) -> Answer:
        """The one key this world has of an account, under both names."""
        account = str(found(_accounts(), _KIND, call)["name"])
        key = self._access.account_key(account)
        return Answer(
            200, {"keys": [{"keyName": name, "value": key, "permissions": "FULL"} for name in ("key1", "key2")]}
        )

    def _list(self, call: Call) -> Answer:
        account = str(found(_accounts(), _KIND, call)["name"])
        return Answer(200, {"value": [self._container(account, name) for name in self._blobs.containers(account)]})

    def _get(self, call: Call) -> Answer:
        return Answer(200, self._container(*self._named(call)))

    def _put(self, call: Call) -> Answer:
        account, name = str(found(_accounts(), _KIND, call)["name"]), call.parameters["container"]
        if not CONTAINER_NAME.fullmatch(name):
            raise ArmError(400, "InvalidResourceName", "The specified resource name contains invalid characters.")
        if str(as_json(call.body.get("properties")).get("publicAccess") or "None") != "None":
            message = "Public access is not permitted on this storage account."
            raise ArmError(409, "PublicAccessNotPermitted", message)
        made = self._blobs.create_container(account, name)
        return Answer(201 if made else 200, self._container(account, name))

    def _delete(self, call: Call) -> Answer:
        account, name = str(found(_accounts(), _KIND, call)["name"]), call.parameters["container"]
        return Answer(200 if self._blobs.delete_container(account, name) else 204)

    def _named(self, call: Call) -> tuple[str, str]:
        account, name = str(found(_accounts(), _KIND, call)["name"]), call.parameters["container"]
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
                "lastModifiedTime": with_zulu(held.modified),
                "leaseStatus": "Unlocked",
                "leaseState": "Available",
                "hasImmutabilityPolicy": False,
                "hasLegalHold": False,
            },
        }


def _check_name(call: Call) -> Answer:
    """Whether an account may be called so."""
    name = str(call.body["name"])
    if not _ACCOUNT_NAME.fullmatch(name):
        message = f"{name} is not a valid storage account name: use 3 to 24 small letters and digits."
        return Answer(200, {"nameAvailable": False, "reason": "AccountNameInvalid", "message": message})
    if name in _accounts():
        message = f"The storage account named {name} is already taken."
        return Answer(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message})
    return Answer(200, {"nameAvailable": True})


def _accounts() -> dict[str, Json]:
    return {
        name: {
            "id": storage_id(name),
            "name": name,
            "type": _KIND,
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS", "tier": "Standard"},
            "properties": {
                "provisioningState": "Succeeded",
                "isHnsEnabled": False,
                "allowBlobPublicAccess": False,
                "primaryEndpoints": {"blob": f"{blob_url(name)}/"},
            },
        }
        for name in STORAGE_ACCOUNTS
    }
