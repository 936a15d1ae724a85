"""The resources of the group by type and name, as the resource manager lists them whatever their provider.

Source: Resources_ListByResourceGroup and Resources_List of Microsoft.Resources. Never compared with live Azure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.errors import not_emulated
from local.cloud.arm.places import GROUP_PATTERN, SUBSCRIPTION_PATTERN, in_group, tracked
from local.cloud.arm.route import ArmRoute
from local.cloud.authorization.scopes import normalise
from local.cloud.shared import World
from local.cloud.world import REGISTRY, RESOURCE_GROUP_ID, WORKSPACE

_FILTER = re.compile(
    r"resourceType eq '(?P<kind>[^']+/[^']+)'(?: and name eq '(?P<name>[^'/]+)')?",
    re.IGNORECASE,
)
_VERSIONS = ("2015-11-01", "2021-04-01", "2022-09-01", "2024-11-01")


class Listing:
    """Answers from what exists in this world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[ArmRoute]:
        """The lines of the route table."""
        places = (GROUP_PATTERN, SUBSCRIPTION_PATTERN)
        return [ArmRoute("GET", f"{place}/resources", _VERSIONS, in_group(self._list)) for place in places]

    def _list(self, call: Call) -> Answer:
        asked = _FILTER.fullmatch(call.query.get("$filter", ""))
        names = self._names(asked["kind"], asked["name"]) if asked else None
        if asked is None or names is None:
            raise not_emulated("lists of all resources of a group", "Filter by resourceType and name.")
        kind = asked["kind"]
        found = [{"id": f"{RESOURCE_GROUP_ID}/providers/{kind}/{name}", "name": name, "type": kind} for name in names]
        return Answer(200, {"value": [tracked(one) for one in found]})

    def _names(self, kind: str, name: str | None) -> Iterable[str] | None:
        """Those of a type, or the one of that name; None for a type that is not listed without a name."""
        if name:
            there = self._world.authorization.scope_exists(normalise(f"{RESOURCE_GROUP_ID}/providers/{kind}/{name}"))
            return [name] if there else []
        world = self._world
        every: dict[str, Iterable[str]] = {
            "microsoft.machinelearningservices/workspaces": (WORKSPACE,),
            "microsoft.storage/storageaccounts": (one.name for one in world.blobs.accounts),
            "microsoft.managedidentity/userassignedidentities": (one.identity.name for one in world.directory.every()),
            "microsoft.containerregistry/registries": (REGISTRY,),
            "microsoft.keyvault/vaults": (one.name for one in world.vaults),
        }
        return every.get(kind.lower())
