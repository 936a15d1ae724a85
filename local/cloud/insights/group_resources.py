"""What resources that Microsoft.Insights keeps in the group have in common: they are listed, read, changed, removed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import resource_not_found
from local.cloud.arm.places import GROUP_PATTERN, SUBSCRIPTION_PATTERN, in_group
from local.cloud.arm.route import ArmRoute
from local.cloud.insights.records import Kept

K = TypeVar("K", bound=Kept)


class GroupResources(ABC, Generic[K]):
    """The resources of one kind, by their names in small letters."""

    kind: ClassVar[str]
    versions: ClassVar[tuple[str, ...]]
    body: ClassVar[Json]
    patch_body: ClassVar[Json]

    def __init__(self) -> None:
        self._held: dict[str, K] = {}

    @property
    def _one(self) -> str:
        return f"{GROUP_PATTERN}/providers/{self.kind}/{{name}}"

    def routes(self) -> list[ArmRoute]:
        """The provider's lines of the route table."""
        every = (f"{place}/providers/{self.kind}" for place in (GROUP_PATTERN, SUBSCRIPTION_PATTERN))
        return [
            *(ArmRoute("GET", path, self.versions, in_group(self._list)) for path in every),
            ArmRoute("GET", self._one, self.versions, in_group(self._get)),
            ArmRoute("PUT", self._one, self.versions, in_group(self._put), body=self.body),
            ArmRoute("PATCH", self._one, self.versions, in_group(self._patch), body=self.patch_body),
            ArmRoute("DELETE", self._one, self.versions, in_group(self._delete)),
        ]

    def forget(self) -> None:
        """There are none."""
        self._held.clear()

    def _list(self, _call: Call) -> Answer:
        return Answer(200, {"value": [one.document() for one in self._held.values()]})

    def _get(self, call: Call) -> Answer:
        return Answer(200, self._found(call).document())

    @abstractmethod
    def _put(self, call: Call) -> Answer:
        """Make one, or make another one of it."""

    def _patch(self, call: Call) -> Answer:
        """Change what is named, leave the rest."""
        known = self._found(call)
        properties: dict[str, Any] = {**known.properties, **as_json(call.body.get("properties"))}
        self._check(known.name, known.location, properties)
        known.properties, known.tags = properties, as_json(call.body.get("tags", known.tags))
        return Answer(200, known.document())

    def _delete(self, call: Call) -> Answer:
        """Remove one: 200, or 204 when there is none. What it has done stays as it is."""
        return Answer(204 if self._held.pop(call.parameters["name"].lower(), None) is None else 200)

    @abstractmethod
    def _check(self, name: str, location: str, properties: dict[str, Any]) -> None:
        """Refuse what Azure refuses, and by name what is not emulated."""

    def _found(self, call: Call) -> K:
        found = self._held.get(call.parameters["name"].lower())
        if found is None:
            raise resource_not_found(f"{self.kind}/{call.parameters['name']}", call.parameters["group"])
        return found
