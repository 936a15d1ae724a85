"""What can be done with the secrets of a vault, each operation by itself; who may is checked before.

Source: the REST reference of secrets, version 7.4, and azure-keyvault-secrets 4.12. A deletion is done at once, where
Azure takes some seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.schema import flag, mapping, problem, record, text, whole
from local.cloud.hosts import vault_url
from local.cloud.keyvault import errors
from local.cloud.keyvault.vaults import MOST_DAYS, Secret, SecretVersion, Vault, new_version
from local.whole_numbers import whole_number

_LONGEST = 25_600
_PAGE = 25
_ATTRIBUTES = record(enabled=flag(), nbf=whole(0, 2**53), exp=whole(0, 2**53))
_FIELDS = {"contentType": text(longest=255), "attributes": _ATTRIBUTES, "tags": mapping(text(longest=256), most=15)}
_SET = record({"value": text()}, **_FIELDS)
_UPDATE = record(**_FIELDS)


@dataclass(frozen=True)
class Asked:
    """One request of somebody who may: of which secret and version (empty for none), and with what."""

    vault: Vault
    name: str
    version: str
    query: Mapping[str, str]
    body: Json
    now: datetime

    @property
    def url(self) -> str:
        """Where the vault is."""
        return vault_url(self.vault.name)

    def secret(self) -> Secret:
        """The secret; 404 without it, as when it is deleted."""
        found = self.vault.secrets.get(self.name.lower())
        if found is None or found.deleted:
            raise errors.secret_not_found(self.name)
        return found

    def of_version(self) -> SecretVersion:
        """The version that was asked for, or the newest."""
        found = self.vault.version(self.name, self.version)
        if found is None:
            raise errors.secret_not_found(f"{self.name}/{self.version}".rstrip("/"))
        return found

    def deleted(self) -> Secret:
        """The deleted secret; 404 without it."""
        found = self.vault.secrets.get(self.name.lower())
        if found is None or not found.deleted:
            raise errors.deleted_secret_not_found(self.name)
        return found

    def read(self, shape: Json) -> Json:
        """The body; 400 when it is not of that shape."""
        wrong = problem(shape, self.body)
        if wrong:
            raise errors.bad_parameter(f"Property has invalid value: {wrong}")
        return self.body


def set_secret(asked: Asked) -> Json:
    """Give a secret another value: a new version."""
    body = asked.read(_SET)
    if len(str(body["value"])) > _LONGEST:
        raise errors.bad_parameter(f"The value has more than {_LONGEST} characters.")
    held = asked.vault.secrets.get(asked.name.lower())
    if held and held.deleted:
        raise errors.deleted_but_recoverable(asked.name)
    secret = held or Secret(asked.name)
    made = SecretVersion(new_version(), str(body["value"]), None, {}, True, None, None, asked.now, asked.now)
    secret.versions[made.version] = _described(made, body)
    asked.vault.secrets[asked.name.lower()] = secret
    return _with_value(asked, secret, secret.current)


def get(asked: Asked) -> Json:
    """The value of a version; one that is disabled tells nobody."""
    found = asked.of_version()
    if not found.enabled:
        raise errors.disabled("get")
    return _with_value(asked, asked.secret(), found)


def update(asked: Asked) -> Json:
    """Change what is said about a version."""
    changed = _described(replace(asked.of_version(), updated=asked.now), asked.read(_UPDATE))
    asked.secret().versions[changed.version] = changed
    return _told(asked, asked.secret(), changed)


def delete(asked: Asked) -> Json:
    """Delete a secret with all its versions; it can be recovered."""
    secret = asked.secret()
    secret.deleted = asked.now
    return _as_deleted(asked, secret)


def every(asked: Asked) -> Json:
    """The secrets, without their values."""
    held = [one for one in asked.vault.secrets.values() if not one.deleted]
    return _page(asked, "/secrets", [_listed(asked, one, one.current, version_too=False) for one in held])


def versions(asked: Asked) -> Json:
    """The versions of a secret, without their values."""
    secret = asked.secret()
    listed = [_listed(asked, secret, one, version_too=True) for one in secret.versions.values()]
    return _page(asked, f"/secrets/{secret.name}/versions", listed)


def every_deleted(asked: Asked) -> Json:
    """The deleted secrets."""
    held = [one for one in asked.vault.secrets.values() if one.deleted]
    told = [{**_deletion(asked, one), **_listed(asked, one, one.current, version_too=False)} for one in held]
    return _page(asked, "/deletedsecrets", told)


def get_deleted(asked: Asked) -> Json:
    """A deleted secret, without its value."""
    return _as_deleted(asked, asked.deleted())


def recover(asked: Asked) -> Json:
    """Have a deleted secret there again."""
    secret = asked.deleted()
    secret.deleted = None
    return _told(asked, secret, secret.current)


def purge(asked: Asked) -> None:
    """Take a deleted secret away for good."""
    secret = asked.deleted()
    if asked.vault.is_protected:
        raise errors.protected(asked.vault.name)
    del asked.vault.secrets[secret.name.lower()]


def _described(version: SecretVersion, body: Json) -> SecretVersion:
    """The version with what a body says about it."""
    attributes = as_json(body.get("attributes"))
    said = {
        "content_type": body.get("contentType"),
        "tags": body.get("tags"),
        "enabled": attributes.get("enabled"),
        "not_before": attributes.get("nbf"),
        "expires": attributes.get("exp"),
    }
    return replace(version, **{name: value for name, value in said.items() if value is not None})  # type: ignore[arg-type] # judged by the schema


def _attributes(vault: Vault, version: SecretVersion) -> Json:
    days = vault.retention.days
    level = ("Customized" if days < MOST_DAYS else "") + "Recoverable"
    bounds = {"nbf": version.not_before, "exp": version.expires}
    return {
        "enabled": version.enabled,
        **{name: moment for name, moment in bounds.items() if moment is not None},
        "created": int(version.created.timestamp()),
        "updated": int(version.updated.timestamp()),
        "recoveryLevel": level if vault.is_protected else f"{level}+Purgeable",
        "recoverableDays": days,
    }


def _listed(asked: Asked, secret: Secret, version: SecretVersion, *, version_too: bool) -> Json:
    """What is told of a secret without its value; its id names the version when that is asked for."""
    named = f"/{version.version}" if version_too else ""
    kind = {"contentType": version.content_type} if version.content_type is not None else {}
    return {
        "id": f"{asked.url}/secrets/{secret.name}{named}",
        "attributes": _attributes(asked.vault, version),
        "tags": dict(version.tags),
        **kind,
    }


def _told(asked: Asked, secret: Secret, version: SecretVersion) -> Json:
    return _listed(asked, secret, version, version_too=True)


def _with_value(asked: Asked, secret: Secret, version: SecretVersion) -> Json:
    return {"value": version.value, **_told(asked, secret, version)}


def _deletion(asked: Asked, secret: Secret) -> Json:
    assert secret.deleted
    return {
        "recoveryId": f"{asked.url}/deletedsecrets/{secret.name}",
        "deletedDate": int(secret.deleted.timestamp()),
        "scheduledPurgeDate": int((secret.deleted + asked.vault.retention).timestamp()),
    }


def _as_deleted(asked: Asked, secret: Secret) -> Json:
    return {**_deletion(asked, secret), **_told(asked, secret, secret.current)}


def _page(asked: Asked, path: str, items: Sequence[Json]) -> Json:
    """As many as were asked for, at most 25, and a link to the rest."""
    first = whole_number(asked.query.get("$skiptoken", "0"))
    size = whole_number(asked.query.get("maxresults", str(_PAGE)))
    if first is None or size is None or not 1 <= size <= _PAGE:
        raise errors.bad_parameter(f"maxresults must be a number from 1 to {_PAGE}.")
    following = first + size
    link = f"{asked.url}{path}?api-version={asked.query['api-version']}&$skiptoken={following}&maxresults={size}"
    return {"value": list(items[first:following]), "nextLink": link if following < len(items) else None}
