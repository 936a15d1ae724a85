"""Microsoft.ManagedIdentity/userAssignedIdentities.

Source: models of azure-mgmt-msi 7.1. Federated credentials are not emulated.
"""

from __future__ import annotations

import re

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json
from local.cloud.arm.errors import ArmError
from local.cloud.arm.places import (
    GROUP_PATTERN,
    TAGS,
    check_here,
    found,
    in_group,
    reading,
    tags_of,
    tracked,
)
from local.cloud.arm.route import ArmRoute
from local.cloud.arm.schema import record, text, unavailable
from local.cloud.authorization import Authorization
from local.cloud.directory import Directory, UserAssigned
from local.cloud.world import TENANT

_KIND = "Microsoft.ManagedIdentity/userAssignedIdentities"
_VERSIONS = ("2018-11-30", "2023-01-31", "2024-11-30", "2025-05-31-preview")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-_]{2,127}")
_CHANGEABLE = {"tags": TAGS, "properties": record(isolationScope=unavailable("There is one region here."))}
BODY = record({"location": text()}, **_CHANGEABLE)
PATCH = record(location=text(), **_CHANGEABLE)


class UserAssignedIdentities:
    """Reads, makes and removes them; the directory knows a new one at once."""

    def __init__(self, directory: Directory, authorization: Authorization) -> None:
        self._directory = directory
        self._authorization = authorization

    def routes(self) -> list[ArmRoute]:
        """The lines of the route table."""
        one = f"{GROUP_PATTERN}/providers/{_KIND}/{{name}}"
        return [
            *reading(_KIND, _VERSIONS, self._documents),
            ArmRoute("PUT", one, _VERSIONS, in_group(self._put), body=BODY),
            ArmRoute("PATCH", one, _VERSIONS, in_group(self._patch), body=PATCH),
            ArmRoute("DELETE", one, _VERSIONS, in_group(self._delete)),
        ]

    def _put(self, call: Call) -> Answer:
        name, tags = call.parameters["name"], tags_of(call.body)
        if not _NAME.fullmatch(name):
            raise ArmError(400, "InvalidRequestContent", f"The identity name '{name}' is not valid.")
        check_here(call.body["location"])
        known = self._directory.named(name)
        if known:
            known.tags = tags
            return Answer(200, tracked(_document(known)))
        made = self._directory.add(name, tags)
        self._authorization.add_principal(made.identity.principal_id, name)
        return Answer(201, tracked(_document(made)))

    def _patch(self, call: Call) -> Answer:
        document = found(self._documents(), _KIND, call)
        if call.body.get("location"):
            check_here(call.body["location"])
        known = self._directory.named(str(document["name"]))
        if known and call.body.get("tags") is not None:
            known.tags = tags_of(call.body)
        return Answer(200, tracked(found(self._documents(), _KIND, call)))

    def _delete(self, call: Call) -> Answer:
        """Remove it: 200, or 204 when there is none. Its role assignments stay behind, as in Azure."""
        gone = self._directory.remove(call.parameters["name"])
        if gone:
            self._authorization.remove_principal(gone.identity.principal_id)
        return Answer(200 if gone else 204)

    def _documents(self) -> dict[str, Json]:
        return {one.identity.name.lower(): _document(one) for one in self._directory.every()}


def _document(one: UserAssigned) -> Json:
    identity = one.identity
    return {
        "id": identity.resource_id,
        "name": identity.name,
        "type": _KIND,
        "tags": dict(one.tags),
        "properties": {"tenantId": TENANT, "principalId": identity.principal_id, "clientId": identity.client_id},
    }
