"""Microsoft.KeyVault/vaults, with their access policies, and the deleted ones until their days are over.

Source: models of azure-mgmt-keyvault 14.1, Microsoft Learn ("Azure Key Vault soft-delete overview", "Prepare for Key
Vault API version 2026-02-01"), and answers quoted in public issues. A vault is there at once, where Azure registers
its name first. Never compared with live Azure.
"""

from __future__ import annotations

import re

from local.clock import Clock
from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ArmError, not_emulated
from local.cloud.arm.places import (
    GROUP_PATTERN,
    SUBSCRIPTION_PATTERN,
    check_here,
    found,
    in_group,
    listed,
    reading,
    tags_of,
    tracked,
)
from local.cloud.arm.route import ArmRoute
from local.cloud.hosts import vault_url
from local.cloud.keyvault import settings
from local.cloud.keyvault.bodies import NAME_CHECK, POLICIES, VAULT, VAULT_PATCH
from local.cloud.keyvault.policies import changed
from local.cloud.keyvault.vaults import Vault, Vaults
from local.cloud.moments import with_zulu
from local.cloud.world import REGION, SUBSCRIPTION_ID

_PROVIDER = "Microsoft.KeyVault"
_KIND = f"{_PROVIDER}/vaults"
_VERSIONS = (
    "2015-06-01",
    "2016-10-01",
    "2018-02-14",
    "2019-09-01",
    "2021-10-01",
    "2022-07-01",
    "2023-07-01",
    "2024-11-01",
    "2025-05-01",
    "2026-02-01",
    "2026-05-15",
)
_NAME = re.compile(r"(?=.{3,24}$)[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*")
_NO_NAME = (
    "The vault name '{}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin "
    "with a letter, end with a letter or digit, and not contain consecutive hyphens. Follow this link for more "
    "information: https://go.microsoft.com/fwlink/?linkid=2147742"
)
_DELETED = (
    "A vault with the same name already exists in deleted state. You need to either recover or purge existing key "
    "vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete."
)
_PROTECTED = "Operation 'DeletedVaultPurge' is not allowed."


class VaultProvider:
    """Answers for the vaults that there are, makes others, and holds the deleted ones."""

    def __init__(self, vaults: Vaults, clock: Clock) -> None:
        self._vaults = vaults
        self._clock = clock

    def routes(self) -> list[ArmRoute]:
        """The lines of the route table."""
        one = f"{GROUP_PATTERN}/providers/{_KIND}/{{name}}"
        provider = f"{SUBSCRIPTION_PATTERN}/providers/{_PROVIDER}"
        deleted = f"{provider}/locations/{{location}}/deletedVaults/{{name}}"
        check = f"{provider}/checkNameAvailability"
        policies = f"{one}/accessPolicies/{{operation}}"
        modules = (f"{provider}/managedHSMs", f"{GROUP_PATTERN}/providers/{_PROVIDER}/managedHSMs")
        return [
            *reading(_KIND, _VERSIONS, self._documents),
            ArmRoute("PUT", one, _VERSIONS, in_group(self._put), body=VAULT),
            ArmRoute("PATCH", one, _VERSIONS, in_group(self._patch), body=VAULT_PATCH),
            ArmRoute("DELETE", one, _VERSIONS, in_group(self._delete)),
            ArmRoute("PUT", policies, _VERSIONS, in_group(self._put_policies), body=POLICIES),
            ArmRoute("GET", f"{provider}/deletedVaults", _VERSIONS, in_group(self._list_deleted)),
            ArmRoute("GET", deleted, _VERSIONS, in_group(lambda call: Answer(200, _of_deleted(self._held(call))))),
            ArmRoute("POST", f"{deleted}/purge", _VERSIONS, in_group(self._purge)),
            ArmRoute("POST", check, _VERSIONS, in_group(self._check_name), body=NAME_CHECK, checked_by="handler"),
            # There are no managed HSMs, which `az keyvault` lists beside vaults.
            *(ArmRoute("GET", one, _VERSIONS, listed(dict)) for one in (*modules, f"{provider}/deletedManagedHSMs")),
        ]

    def _put(self, call: Call) -> Answer:
        """Make a vault, change one, or have a deleted one there again."""
        name, body = call.parameters["name"], call.body
        if not _NAME.fullmatch(name):
            raise ArmError(400, "VaultNameNotValid", _NO_NAME.format(name))
        check_here(body["location"])
        properties = as_json(body["properties"])
        with self._vaults.lock:
            known, gone = self._vaults.named(name), self._deleted(name)
            if gone:
                if str(properties.get("createMode")).lower() != "recover":
                    raise ArmError(409, "ConflictError", _DELETED)
                gone.deleted = None
                return Answer(200, tracked(_document(gone)))
            told = settings.judged(properties, name, known, call.api_version)
            vault = known or Vault(name, told)
            vault.told, vault.tags = told, tags_of(body)
            self._vaults.put(vault)
        return Answer(200 if known else 201, tracked(_document(vault)))

    def _patch(self, call: Call) -> Answer:
        vault = self._found(call)
        if call.body.get("tags") is not None:
            vault.tags = tags_of(call.body)
        vault.told = settings.changed(as_json(call.body.get("properties")), vault)
        return Answer(200, tracked(_document(vault)))

    def _delete(self, call: Call) -> Answer:
        """Delete a vault with what is in it: 200, or 204 when there is none. Its role assignments stay, as in Azure."""
        vault = self._vaults.named(call.parameters["name"])
        if vault is None:
            return Answer(204)
        if not vault.is_made:
            raise not_emulated("deleting the vault that this world begins with", "Delete what you have made.")
        vault.deleted = self._clock.now()
        return Answer(200)

    def _put_policies(self, call: Call) -> Answer:
        """Add access policies, replace those of the same principals, or take permissions from them."""
        vault, given = self._found(call), as_json(call.body["properties"])
        settings.check_policies(given)
        vault.told = {**vault.told, "accessPolicies": changed(call.parameters["operation"], vault.told, given)}
        document = {
            "id": f"{vault.id}/accessPolicies/",
            "type": f"{_KIND}/accessPolicies",
            "properties": {"accessPolicies": vault.told["accessPolicies"]},
        }
        return Answer(200, document)

    def _list_deleted(self, _call: Call) -> Answer:
        return Answer(200, {"value": [_of_deleted(one) for one in self._vaults.deleted()]})

    def _purge(self, call: Call) -> Answer:
        """Take a deleted vault away for good; its name is free again."""
        vault = self._held(call)
        if vault.is_protected:
            raise ArmError(405, "MethodNotAllowed", _PROTECTED)
        self._vaults.purge(vault)
        return Answer(200)

    def _check_name(self, call: Call) -> Answer:
        """Whether a vault may be called so."""
        name = str(call.body["name"])
        if not _NAME.fullmatch(name):
            answer = {"nameAvailable": False, "reason": "AccountNameInvalid", "message": _NO_NAME.format(name)}
            return Answer(200, answer)
        if name in self._vaults or self._deleted(name):
            message = f"The vault name '{name}' is already in use."
            return Answer(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message})
        return Answer(200, {"nameAvailable": True})

    def _found(self, call: Call) -> Vault:
        document = found(self._documents(), _KIND, call)
        vault = self._vaults.named(str(document["name"]))
        assert vault is not None, "requests are answered one at a time"
        return vault

    def _held(self, call: Call) -> Vault:
        check_here(call.parameters["location"])
        vault = self._deleted(call.parameters["name"])
        if vault is None:
            # The words were not found.
            message = f"There is no deleted vault '{call.parameters['name']}' in {REGION}."
            raise ArmError(404, "DeletedVaultNotFound", message)
        return vault

    def _deleted(self, name: str) -> Vault | None:
        return next((one for one in self._vaults.deleted() if one.name.lower() == name.lower()), None)

    def _documents(self) -> dict[str, Json]:
        return {one.name.lower(): _document(one) for one in self._vaults}


def _document(vault: Vault) -> Json:
    return {
        "id": vault.id,
        "name": vault.name,
        "type": _KIND,
        "tags": dict(vault.tags),
        "properties": {
            "enabledForDeployment": False,
            "enableSoftDelete": True,
            "softDeleteRetentionInDays": vault.retention.days,
            "publicNetworkAccess": "Enabled",
            **vault.told,
            "vaultUri": f"{vault_url(vault.name)}/",
            "provisioningState": "Succeeded",
        },
    }


def _of_deleted(vault: Vault) -> Json:
    assert vault.deleted
    protected = {"purgeProtectionEnabled": True} if vault.is_protected else {}
    return {
        "id": f"{SUBSCRIPTION_ID}/providers/{_PROVIDER}/locations/{REGION}/deletedVaults/{vault.name}",
        "name": vault.name,
        "type": f"{_PROVIDER}/deletedVaults",
        "properties": {
            "vaultId": vault.id,
            "location": REGION,
            "tags": dict(vault.tags),
            "deletionDate": with_zulu(vault.deleted),
            "scheduledPurgeDate": with_zulu(vault.deleted + vault.retention),
            **protected,
        },
    }
