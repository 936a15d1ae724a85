"""The secrets of a vault: versions, what a policy or a role opens, and what becomes of those that are deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from local.cloud.authorization.names import definition_id
from local.cloud.authorization.roles import role_named
from local.cloud.world import DEVELOPER, SUBSCRIPTION, vault_id
from tests.local.cloud.sdk import PROPAGATION
from tests.local.cloud.vaulted import READER, Vaulted, policy, vaulted

VALUE = {"value": "seven", "contentType": "text", "tags": {"a": "b"}}


@pytest.fixture(scope="module")
def vaults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vaulted]:
    with vaulted(tmp_path_factory.mktemp("azure")) as made:
        yield made


@pytest.fixture(scope="module")
def empty(vaults: Vaulted) -> str:
    """The name of a vault that nobody writes to."""
    return vaults.made()


def test_a_client_is_told_where_to_get_a_token_before_it_sends_a_secret(vaults: Vaulted) -> None:
    name = vaults.made()

    answer = vaults.ask(name, "PUT", "/secrets/s", headers={})

    assert vaults.error(answer) == (401, "Unauthorized", None)
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith('Bearer authorization="https://login.windows.net/')
    assert challenge.endswith('resource="https://vault.azure.net"')
    arm = vaults.bearer(DEVELOPER, "https://management.azure.com")
    wrong = vaults.ask(name, "GET", "/secrets", headers=arm)
    assert (wrong.status_code, "AKV10022: Invalid audience" in wrong.text) == (401, True)
    assert vaults.ask(name, "GET", "/secrets", headers={"Authorization": "Bearer a.b.c"}).status_code == 401


def test_a_secret_has_versions(vaults: Vaulted) -> None:
    name = vaults.made()
    first = vaults.ask(name, "PUT", "/secrets/Multiplier", VALUE).json()
    second = vaults.ask(name, "PUT", "/secrets/multiplier", {"value": "8", "attributes": {"exp": 2**33}}).json()
    version = first["id"].rpartition("/")[2]

    # A client asks for the newest version by an empty one.
    newest = vaults.ask(name, "GET", "/secrets/multiplier/").json()
    older = vaults.ask(name, "GET", f"/secrets/multiplier/{version}").json()

    assert first["id"].startswith(f"https://{name}.vault.azure.net/secrets/Multiplier/")
    assert (newest, older) == (second, first)
    assert (older["value"], older["contentType"], older["tags"]) == ("seven", "text", {"a": "b"})
    attributes = newest["attributes"]
    assert (attributes["exp"], attributes["enabled"], attributes["recoverableDays"]) == (2**33, True, 90)
    assert attributes["recoveryLevel"] == "Recoverable+Purgeable"
    listed = vaults.ask(name, "GET", "/secrets/multiplier/versions").json()
    assert [one["id"] for one in listed["value"]] == [first["id"], second["id"]]
    assert "value" not in listed["value"][0]
    every = vaults.ask(name, "GET", "/secrets").json()
    assert [one["id"] for one in every["value"]] == [first["id"].rpartition("/")[0]]


def test_what_is_said_about_a_version_can_be_changed(vaults: Vaulted) -> None:
    name = vaults.made()
    made = vaults.ask(name, "PUT", "/secrets/s", VALUE).json()
    version = made["id"].rpartition("/")[2]

    told = vaults.ask(name, "PATCH", f"/secrets/s/{version}", {"attributes": {"enabled": False}, "tags": {}}).json()

    assert (told["id"], told["attributes"]["enabled"], told["tags"]) == (made["id"], False, {})
    assert "value" not in told
    refused = vaults.ask(name, "GET", "/secrets/s")
    assert vaults.error(refused) == (403, "Forbidden", "SecretDisabled")
    vaults.ask(name, "PATCH", "/secrets/s", {"attributes": {"enabled": True}})
    assert vaults.ask(name, "GET", "/secrets/s").json()["value"] == "seven"


def test_lists_come_in_pages(vaults: Vaulted) -> None:
    name = vaults.made()
    for number in range(4):
        vaults.ask(name, "PUT", f"/secrets/n{number}", {"value": "x"})

    first = vaults.ask(name, "GET", "/secrets?maxresults=3&api-version=7.4").json()
    link = first["nextLink"].removeprefix(f"https://{name}.vault.azure.net")
    rest = vaults.ask(name, "GET", link).json()

    assert [len(first["value"]), len(rest["value"]), rest["nextLink"]] == [3, 1, None]


def test_what_is_deleted_is_held_and_recovered_or_purged(vaults: Vaulted) -> None:
    name = vaults.made(accessPolicies=[policy(DEVELOPER, "all", "purge")])
    vaults.ask(name, "PUT", "/secrets/s", VALUE)

    gone = vaults.ask(name, "DELETE", "/secrets/s").json()

    assert gone["recoveryId"] == f"https://{name}.vault.azure.net/deletedsecrets/s"
    assert gone["scheduledPurgeDate"] - gone["deletedDate"] == 90 * 24 * 3600
    assert vaults.error(vaults.ask(name, "GET", "/secrets/s"))[:2] == (404, "SecretNotFound")
    again = vaults.ask(name, "PUT", "/secrets/s", VALUE)
    assert vaults.error(again) == (409, "Conflict", "ObjectIsDeletedButRecoverable")
    assert vaults.ask(name, "GET", "/secrets").json()["value"] == []
    held = vaults.ask(name, "GET", "/deletedsecrets").json()["value"]
    assert [one["recoveryId"] for one in held] == [gone["recoveryId"]]
    assert vaults.ask(name, "GET", "/deletedsecrets/s").json() == gone
    assert vaults.ask(name, "POST", "/deletedsecrets/s/recover").status_code == 200
    assert vaults.ask(name, "GET", "/secrets/s").json()["value"] == "seven"

    vaults.ask(name, "DELETE", "/secrets/s")
    assert vaults.ask(name, "DELETE", "/deletedsecrets/s").status_code == 204
    assert vaults.ask(name, "GET", "/deletedsecrets/s").status_code == 404
    assert vaults.ask(name, "PUT", "/secrets/s", VALUE).status_code == 200


def test_what_is_deleted_goes_when_its_days_are_over(vaults: Vaulted) -> None:
    name = vaults.made(softDeleteRetentionInDays=7)
    vaults.ask(name, "PUT", "/secrets/s", VALUE)
    level = vaults.ask(name, "DELETE", "/secrets/s").json()["attributes"]["recoveryLevel"]

    vaults.cloud.clock.advance(timedelta(days=7))

    assert level == "CustomizedRecoverable+Purgeable"
    assert vaults.ask(name, "GET", "/deletedsecrets").json()["value"] == []
    assert vaults.ask(name, "PUT", "/secrets/s", VALUE).status_code == 200


def test_a_vault_that_is_protected_lets_nobody_purge(vaults: Vaulted) -> None:
    name = vaults.made(enablePurgeProtection=True, accessPolicies=[policy(DEVELOPER, "all", "purge")])
    vaults.ask(name, "PUT", "/secrets/s", VALUE)
    vaults.ask(name, "DELETE", "/secrets/s")

    answer = vaults.ask(name, "DELETE", "/deletedsecrets/s")

    assert vaults.error(answer) == (403, "Forbidden", None)
    assert "purge protection is enabled" in answer.text
    assert vaults.ask(name, "GET", "/deletedsecrets/s").json()["attributes"]["recoveryLevel"] == "Recoverable"


@pytest.mark.parametrize(
    ("permission", "method", "path"),
    [
        ("get", "GET", "/secrets/s"),
        ("list", "GET", "/secrets"),
        ("list", "GET", "/secrets/s/versions"),
        ("set", "PUT", "/secrets/s"),
        ("set", "PATCH", "/secrets/s"),
        ("delete", "DELETE", "/secrets/s"),
        ("list", "GET", "/deletedsecrets"),
        ("get", "GET", "/deletedsecrets/gone"),
        ("recover", "POST", "/deletedsecrets/gone/recover"),
        ("purge", "DELETE", "/deletedsecrets/gone"),
    ],
)
def test_each_operation_needs_its_permission(vaults: Vaulted, permission: str, method: str, path: str) -> None:
    every = {"get", "list", "set", "delete", "recover", "purge", "backup", "restore"}
    name = vaults.made(accessPolicies=[policy(DEVELOPER, "all"), policy(READER, *(every - {permission}))])
    for secret in ("s", "gone"):
        vaults.ask(name, "PUT", f"/secrets/{secret}", VALUE)
    vaults.ask(name, "DELETE", "/secrets/gone")
    asked = {"value": "x"} if method == "PUT" else {} if method == "PATCH" else None

    refused = vaults.ask(name, method, path, asked, who=READER)
    vaults.arm(
        "PUT", f"{vault_id(name)}/accessPolicies/add", {"properties": {"accessPolicies": [policy(READER, permission)]}}
    )
    allowed = vaults.ask(name, method, path, asked, who=READER)

    assert vaults.error(refused) == (403, "Forbidden", "ForbiddenByPolicy")
    assert f"does not have secrets {permission} permission on key vault '{name};location=eastus'" in refused.text
    assert allowed.status_code in (200, 204), allowed.text


def test_all_is_everything_but_purging(vaults: Vaulted) -> None:
    name = vaults.made()
    vaults.ask(name, "PUT", "/secrets/s", VALUE)
    vaults.ask(name, "DELETE", "/secrets/s")

    assert vaults.error(vaults.ask(name, "DELETE", "/deletedsecrets/s")) == (403, "Forbidden", "ForbiddenByPolicy")


def test_a_role_opens_a_vault_that_asks_roles_once_it_is_in_effect(vaults: Vaulted) -> None:
    name = vaults.made(enableRbacAuthorization=True, accessPolicies=[policy(READER, "all")])
    vaults.cloud.authorization.seed(DEVELOPER.principal_id, "Key Vault Secrets Officer", vault_id(name))
    for secret in ("s", "other"):
        vaults.ask(name, "PUT", f"/secrets/{secret}", VALUE)
    role = definition_id(SUBSCRIPTION, role_named("Key Vault Secrets User").guid)
    properties = {"roleDefinitionId": role, "principalId": READER.principal_id, "principalType": "ServicePrincipal"}
    scope = f"{vault_id(name)}/secrets/s"
    place = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid4()}"

    refused = vaults.ask(name, "GET", "/secrets/s", who=READER)
    assert vaults.arm("PUT", place, {"properties": properties}, "2022-04-01").status_code == 201
    too_early = vaults.ask(name, "GET", "/secrets/s", who=READER)
    vaults.cloud.clock.advance(PROPAGATION)

    assert vaults.error(refused) == (403, "Forbidden", "ForbiddenByRbac")
    assert "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'" in refused.json()["error"]["message"]
    assert too_early.status_code == 403
    assert vaults.ask(name, "GET", "/secrets/s", who=READER).json()["value"] == "seven"
    assert vaults.ask(name, "GET", "/secrets/other", who=READER).status_code == 403
    assert vaults.ask(name, "PUT", "/secrets/s", VALUE, who=READER).status_code == 403


def test_who_owns_a_vault_does_not_read_it(vaults: Vaulted) -> None:
    name = vaults.made(enableRbacAuthorization=True)

    assert vaults.error(vaults.ask(name, "GET", "/secrets")) == (403, "Forbidden", "ForbiddenByRbac")
    assert not vaults.cloud.authorization.scope_exists(f"{vault_id(name)}/secrets/s")


@pytest.mark.parametrize(
    ("method", "path", "sent", "code"),
    [
        ("PUT", "/secrets/s", {}, "BadParameter"),
        ("PUT", "/secrets/s", {"value": 7}, "BadParameter"),
        ("PUT", "/secrets/s", {"value": "x" * 25_601}, "BadParameter"),
        ("PUT", "/secrets/s", ["x"], "BadParameter"),
        ("PUT", "/secrets/s", {"value": "x", "attributes": {"exp": "soon"}}, "BadParameter"),
        ("PUT", "/secrets/s_s", {"value": "x"}, "BadParameter"),
        ("GET", "/secrets?api-version=7.4&maxresults=26", None, "BadParameter"),
        ("GET", "/secrets?api-version=7.4&maxresults=²", None, "BadParameter"),
        ("GET", f"/secrets?api-version=7.4&maxresults={'9' * 5000}", None, "BadParameter"),
        ("GET", "/secrets?api-version=7.4&$skiptoken=²", None, "BadParameter"),
        ("PUT", "/secrets/s?api-version=1999-01-01", {"value": "x"}, "NotEmulatedLocally"),
        ("POST", "/secrets/s/backup", None, "NotEmulatedLocally"),
        ("POST", "/secrets/restore", {"value": "x"}, "NotEmulatedLocally"),
        ("DELETE", "/secrets/s/0123", None, "NotEmulatedLocally"),
        ("POST", "/keys/k/create", {"kty": "RSA"}, "NotEmulatedLocally"),
        ("GET", "/certificates", None, "NotEmulatedLocally"),
        ("GET", "/secrets/nobody", None, "SecretNotFound"),
        ("GET", "/secrets/nobody/versions", None, "SecretNotFound"),
        ("PATCH", "/secrets/nobody", {}, "SecretNotFound"),
        ("POST", "/deletedsecrets/nobody/recover", None, "SecretNotFound"),
    ],
)
def test_what_is_refused(vaults: Vaulted, empty: str, method: str, path: str, sent: object, code: str) -> None:
    assert vaults.error(vaults.ask(empty, method, path, sent))[1] == code
    assert vaults.ask(empty, "GET", "/secrets").json()["value"] == []


def test_a_request_names_its_version(vaults: Vaulted, empty: str) -> None:
    assert vaults.error(vaults.ask(empty, "GET", "/secrets", version=None)) == (400, "BadParameter", None)


def test_no_secret_is_written_down_beside_the_vault(vaults: Vaulted) -> None:
    name = vaults.made()
    vaults.ask(name, "PUT", "/secrets/hidden", {"value": "the-hidden-value"})
    vaults.ask(name, "GET", "/secrets/hidden")

    entries = [one.document() for one in vaults.journal.entries()]

    assert entries[-1]["operation"] == "vault/get"
    assert entries[-1]["caller"] == DEVELOPER.name
    assert "the-hidden-value" not in str(entries)
    held = vaults.cloud.world.vaults.named(name)
    assert held
    assert "the-hidden-value" not in repr(held)
    files = [one for one in vaults.cloud.data.rglob("*") if one.is_file()]
    assert not any(b"the-hidden-value" in one.read_bytes() for one in files)
