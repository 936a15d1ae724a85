"""Vaults as resources: made, changed, deleted and held, recovered, purged; what opens them; what they would not be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local.cloud.hosts import emulated
from local.cloud.world import DEVELOPER, SUBSCRIPTION_ID, TENANT, WORKSPACE_VAULT, vault_id
from tests.local.cloud.vaulted import DELETED, READER, VAULTS_VERSION, Vaulted, body, policy, vaulted

KINDS = f"{SUBSCRIPTION_ID}/providers/Microsoft.KeyVault"


@pytest.fixture(scope="module")
def vaults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vaulted]:
    with vaulted(tmp_path_factory.mktemp("azure")) as made:
        yield made


def answers(vaults: Vaulted, name: str) -> bool:
    """Whether the proxy lets a client through to the vault."""
    return emulated(f"{name}.vault.azure.net", (), vaults.cloud.world.vaults, ())


def test_a_vault_is_made_changed_and_listed(vaults: Vaulted) -> None:
    name = vaults.made()
    listed = [one["name"] for one in vaults.arm("GET", f"{KINDS}/vaults").json()["value"]]
    of_group = vaults.arm("GET", vault_id("").rstrip("/")).json()["value"]

    told = vaults.arm("GET", vault_id(name)).json()
    changed = vaults.arm("PATCH", vault_id(name), {"tags": {"a": "b"}, "properties": {"enabledForDeployment": True}})

    assert listed == [one["name"] for one in of_group]
    assert {WORKSPACE_VAULT, name} <= set(listed)
    properties = told["properties"]
    assert (properties["vaultUri"], properties["provisioningState"]) == (
        f"https://{name}.vault.azure.net/",
        "Succeeded",
    )
    assert (properties["softDeleteRetentionInDays"], properties["publicNetworkAccess"]) == (90, "Enabled")
    assert (changed.json()["tags"], changed.json()["properties"]["enabledForDeployment"]) == ({"a": "b"}, True)
    # What is read may be sent back, as `az keyvault update` does.
    again = vaults.arm("PUT", vault_id(name), changed.json())
    assert (again.status_code, again.json()["properties"]) == (200, changed.json()["properties"])
    assert vaults.cloud.authorization.scope_exists(vault_id(name))
    assert answers(vaults, name)
    assert not answers(vaults, "nobodys")


@pytest.mark.parametrize(("version", "asks_roles"), [("2026-02-01", True), ("2025-05-01", False)])
def test_what_opens_a_new_vault_depends_on_the_version(vaults: Vaulted, version: str, asks_roles: bool) -> None:
    name = f"asks-{version[:4]}"
    wanted = body()
    del wanted["properties"]["enableRbacAuthorization"]

    made = vaults.arm("PUT", vault_id(name), wanted, version)
    later = vaults.arm("PUT", vault_id(name), wanted, VAULTS_VERSION)

    assert made.json()["properties"]["enableRbacAuthorization"] is asks_roles
    assert later.json()["properties"]["enableRbacAuthorization"] is asks_roles


def test_a_deleted_vault_keeps_its_name_and_is_recovered_with_its_secrets(vaults: Vaulted) -> None:
    name = vaults.made()
    vaults.ask(name, "PUT", "/secrets/s", {"value": "seven"})
    again = body(createMode="recover")

    assert vaults.arm("DELETE", vault_id(name)).status_code == 200
    assert vaults.arm("DELETE", vault_id(name)).status_code == 204

    assert not answers(vaults, name)
    assert not vaults.cloud.authorization.scope_exists(vault_id(name))
    assert vaults.arm("GET", vault_id(name)).status_code == 404
    held = vaults.arm("GET", f"{DELETED}/{name}").json()
    assert held["properties"]["vaultId"] == vault_id(name)
    assert held in vaults.arm("GET", f"{KINDS}/deletedVaults").json()["value"]
    assert vaults.error(vaults.arm("PUT", vault_id(name), body())) == (409, "ConflictError", None)
    assert vaults.arm("PUT", vault_id(name), again).status_code == 200
    assert vaults.ask(name, "GET", "/secrets/s").json()["value"] == "seven"
    assert vaults.error(vaults.arm("GET", f"{DELETED}/{name}")) == (404, "DeletedVaultNotFound", None)


def test_purging_needs_a_right_on_the_subscription(vaults: Vaulted) -> None:
    name, protected = vaults.made(), vaults.made(enablePurgeProtection=True)
    for one in (name, protected):
        vaults.arm("DELETE", vault_id(one))
    refused = vaults.arm("POST", f"{DELETED}/{name}/purge")

    vaults.cloud.authorization.seed(DEVELOPER.principal_id, "Owner", SUBSCRIPTION_ID)

    assert vaults.error(refused)[1] == "AuthorizationFailed"
    assert vaults.error(vaults.arm("POST", f"{DELETED}/{protected}/purge")) == (405, "MethodNotAllowed", None)
    assert vaults.arm("POST", f"{DELETED}/{name}/purge").status_code == 200
    assert vaults.arm("GET", f"{DELETED}/{name}").status_code == 404
    assert vaults.arm("PUT", vault_id(name), body()).status_code == 201


def test_a_deleted_vault_goes_when_its_days_are_over(vaults: Vaulted) -> None:
    name = vaults.made(softDeleteRetentionInDays=7)
    vaults.arm("DELETE", vault_id(name))

    vaults.cloud.clock.advance(timedelta(days=7))

    assert vaults.arm("GET", f"{DELETED}/{name}").status_code == 404
    assert vaults.arm("PUT", vault_id(name), body()).status_code == 201


def test_access_policies_are_added_replaced_and_removed(vaults: Vaulted) -> None:
    name = vaults.made(accessPolicies=[policy(READER, "get")])

    def policies(operation: str, *permissions: str) -> list[Any]:
        sent = {"properties": {"accessPolicies": [policy(READER, *permissions)]}}
        answer = vaults.arm("PUT", f"{vault_id(name)}/accessPolicies/{operation}", sent)
        told = vaults.arm("GET", vault_id(name)).json()["properties"]["accessPolicies"]
        assert answer.json()["properties"]["accessPolicies"] == told
        return [one["permissions"]["secrets"] for one in told]

    assert policies("add", "list", "Get") == [["get", "list"]]
    assert policies("remove", "GET") == [["list"]]
    assert policies("replace", "set") == [["set"]]
    assert policies("remove", "set") == []
    wrong: Any = {"properties": {"accessPolicies": []}}
    assert vaults.error(vaults.arm("PUT", f"{vault_id(name)}/accessPolicies/merge", wrong))[1] == "BadRequest"


@pytest.mark.parametrize(
    ("properties", "status", "said"),
    [
        ({"tenantId": "22222222-2222-2222-2222-222222222222"}, 400, "'tenantId'"),
        ({"accessPolicies": [policy(READER, "get", tenant="nobody")]}, 400, "'accessPolicies'"),
        ({"accessPolicies": [{**policy(READER), "objectId": "somebody"}]}, 400, "'accessPolicies'"),
        ({"accessPolicies": None}, 400, "accessPolicies is not specified"),
        ({"enableSoftDelete": False}, 400, "enableSoftDelete"),
        ({"enablePurgeProtection": False}, 400, "enablePurgeProtection"),
        ({"publicNetworkAccess": "disabled"}, 501, "publicNetworkAccess"),
        ({"networkAcls": {"defaultAction": "Deny"}}, 501, "networkAcls"),
        ({"networkAcls": {"ipRules": [{"value": "1.2.3.4"}]}}, 501, "ipRules"),
        ({"vaultUri": "https://another.vault.azure.net/"}, 501, "vaultUri"),
        ({"provisioningState": "RegisteringDns"}, 501, "provisioningState"),
    ],
)
def test_what_no_vault_is_here(vaults: Vaulted, properties: dict[str, Any], status: int, said: str) -> None:
    answer = vaults.arm("PUT", vault_id("refused"), body(**properties))

    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert not answers(vaults, "refused")


def test_what_cannot_be_changed_again(vaults: Vaulted) -> None:
    name = vaults.made(softDeleteRetentionInDays=30, enablePurgeProtection=True)

    answer = vaults.arm("PATCH", vault_id(name), {"properties": {"softDeleteRetentionInDays": 31}})
    kept = vaults.arm("PUT", vault_id(name), body()).json()["properties"]

    assert (answer.status_code, "has been set already" in answer.text) == (400, True)
    assert (kept["softDeleteRetentionInDays"], kept["enablePurgeProtection"]) == (30, True)


@pytest.mark.parametrize("name", ["ab", "1st", "a--b", "ends-", "x" * 25])
def test_names_that_no_vault_has(vaults: Vaulted, name: str) -> None:
    asked = {"name": name, "type": "Microsoft.KeyVault/vaults"}

    assert vaults.error(vaults.arm("PUT", vault_id(name), body())) == (400, "VaultNameNotValid", None)
    told = vaults.arm("POST", f"{KINDS}/checkNameAvailability", asked).json()
    assert (told["nameAvailable"], told["reason"]) == (False, "AccountNameInvalid")


def test_names_that_are_taken(vaults: Vaulted) -> None:
    there, gone = vaults.made(), vaults.made()
    vaults.arm("DELETE", vault_id(gone))

    def reason(name: str) -> Any:
        asked = {"name": name, "type": "Microsoft.KeyVault/vaults"}
        return vaults.arm("POST", f"{KINDS}/checkNameAvailability", asked).json().get("reason")

    assert [reason(there), reason(gone), reason("free")] == ["AlreadyExists", "AlreadyExists", None]


def test_the_workspaces_own_vault_is_there_and_stays(vaults: Vaulted) -> None:
    told = vaults.arm("GET", vault_id(WORKSPACE_VAULT)).json()["properties"]

    assert (told["tenantId"], told["enableRbacAuthorization"]) == (TENANT, True)
    assert vaults.error(vaults.arm("DELETE", vault_id(WORKSPACE_VAULT)))[1] == "NotEmulatedLocally"


def test_there_are_no_managed_modules(vaults: Vaulted) -> None:
    for kind in ("managedHSMs", "deletedManagedHSMs"):
        assert vaults.arm("GET", f"{KINDS}/{kind}").json()["value"] == []
    assert vaults.error(vaults.arm("PUT", f"{vault_id('x').replace('vaults', 'managedHSMs')}", {}))[0] == 501


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("Microsoft.KeyVault/vaults", WORKSPACE_VAULT),
        ("Microsoft.Storage/storageAccounts", "slipwaylocal"),
        ("Microsoft.ManagedIdentity/userAssignedIdentities", "spare-identity"),
        ("microsoft.containerregistry/registries", "slipwaylocalacr"),
        ("Microsoft.MachineLearningServices/workspaces", "slipway-workspace"),
    ],
)
def test_the_subscription_lists_its_resources_by_type(vaults: Vaulted, kind: str, named: str) -> None:
    def listed(wanted: str) -> Any:
        return vaults.arm("GET", f"{SUBSCRIPTION_ID}/resources?api-version=2015-11-01&$filter={wanted}").json()

    assert named in [one["name"] for one in listed(f"resourceType eq '{kind}'")["value"]]
    [one] = listed(f"resourceType eq '{kind}' and name eq '{named}'")["value"]
    assert one["id"].endswith(f"/providers/{kind}/{named}")
    assert listed("resourceType eq 'Microsoft.Web/sites'")["error"]["code"] == "NotEmulatedLocally"
