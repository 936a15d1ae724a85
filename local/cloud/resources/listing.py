"""The resources of the group by type and name, as the resource manager lists them whatever their provider.

Source: Resources_ListByResourceGroup of Microsoft.Resources. Never compared with live Azure.
"""

from __future__ import annotations

import re

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.errors import not_emulated
from local.cloud.arm.places import GROUP_PATTERN, in_group, tracked
from local.cloud.arm.route import ArmRoute
from local.cloud.authorization import Authorization
from local.cloud.authorization.scopes import normalise
from local.cloud.world import RESOURCE_GROUP_ID

_FILTER = re.compile(r"resourceType eq '(?P<kind>[^']+/[^']+)' and name eq '(?P<name>[^'/]+)'", re.IGNORECASE)
_VERSIONS = ("2021-04-01", "2022-09-01", "2024-11-01")


class Listing:
    """Answers from what exists in this world."""

    def __init__(self, authorization: Authorization) -> None:
        self._authorization = authorization

    def routes(self) -> list[ArmRoute]:
        """The one line of the route table."""
        return [ArmRoute("GET", f"{GROUP_PATTERN}/resources", _VERSIONS, in_group(self._list))]

    def _list(self, call: Call) -> Answer:
        asked = _FILTER.fullmatch(call.query.get("$filter", ""))
        if asked is None:
            raise not_emulated("lists of all resources of a group", "Filter by resourceType and name.")
        kind, name = asked["kind"], asked["name"]
        identifier = f"{RESOURCE_GROUP_ID}/providers/{kind}/{name}"
        there = self._authorization.scope_exists(normalise(identifier))
        return Answer(200, {"value": [tracked({"id": identifier, "name": name, "type": kind})] if there else []})
