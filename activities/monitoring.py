"""What settings of Azure Monitor have in common: they lie beside the workspace, and outlive what they are about.

Their names are made from the deployment's, so that asking again finds them; tags say which run made or changed them.
What has such a name and no such tag is somebody else's: it is named, and not touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from activities.departing import Belonging, Departing
from activities.resource import CHANGED_SINCE, Resource, There
from activities.same_settings import kept, kept_in, meaning, says, without_kept
from activities.scene import Finding, Scene
from azure_api import looking
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import Right
from contracts.activities import Ensured, EnsureInput, EntryInput, Provisioning
from contracts.azure_refusals import SettingConflict
from contracts.digests import digest
from contracts.errors import MissingRight
from contracts.ledger import LedgerEntry, arm_id, deployment_reference, endpoint_and_deployment
from contracts.marks import CHANGED_BY_TAG, DIGEST_TAG, MARK_TAG, mark_in
from contracts.plan import Resolved

Wanted = TypeVar("Wanted")
Document = dict[str, Any]
NOT_KEPT = "it was changed, and how it was before is too long to be kept"


@dataclass(frozen=True)
class Standing:
    """Settings of a deployment that one run has made, and those that it has changed.

    `replaced`: whether somebody has written one anew since it was changed, without a word of who had made it.
    """

    made: list[Document]
    changed: list[Document]
    replaced: bool = False


class MonitorSettings(Resource[Wanted]):
    """One kind of such settings.

    Attributes:
        resource_type: what Azure calls it, below Microsoft.Insights.
        api_version: of that type.
        called: what it is for people.
    """

    after = "deployment"
    resource_type: str
    api_version: str
    called: str

    def documents(self, wanted: Wanted, resolved: Resolved) -> dict[str, Document]:
        """What there is to be, by name: location and properties."""
        raise NotImplementedError

    def judge(self, wanted: Wanted, scene: Scene, finding: Finding) -> None:
        """What else a plan finds about it."""

    def in_the_way(self, resolved: Resolved, there: list[Document]) -> str | None:
        """Name of what somebody else made and Azure allows no second one beside; None for nothing."""
        return None

    @property
    def all_of_group(self) -> str:
        """Where they lie."""
        return f"{clients().settings.resource_group_id}/providers/Microsoft.Insights/{self.resource_type}"

    def reference(self, scene: Scene) -> str:
        """The name, or the beginning of the names, of a deployment's settings."""
        return f"{self.all_of_group}/{name_for(scene.resolved)}"

    def plan(self, wanted: Wanted, scene: Scene) -> Finding:
        """Which are there already, as wanted or otherwise, and whose."""
        action = f"Microsoft.Insights/{self.resource_type}"
        finding = Finding(needs=[Right(f"{action}/write", clients().settings.resource_group_id)])
        try:
            there = looking.listed(self.all_of_group, self.api_version)
        except MissingRight:
            there = []
            finding.needs.append(Right(f"{action}/read", clients().settings.resource_group_id))
        name = f"{self.called} of {scene.order.deployment}"
        for named, body in self.documents(wanted, scene.resolved).items():
            found = _named(there, named)
            if found is None:
                finding.creates.append(f"{name}: {named}")
            elif says(found["properties"], body["properties"]):
                finding.confirms.append(f"{name}: {named}")
            else:
                finding.changes.append(f"{name}: {named}")
            if found is not None and not mark_in(found):
                finding.problem(self.kind, _conflict(found["id"]))
        foreign = self.in_the_way(scene.resolved, there)
        if foreign:
            finding.problem(self.kind, _conflict(foreign))
        self.judge(wanted, scene, finding)
        return finding

    def ensure(self, wanted: Wanted, order: EnsureInput) -> Ensured:
        """Confirm each, or make it, or change what Slipway has made; raises SettingConflict for somebody else's."""
        there = looking.listed(self.all_of_group, self.api_version)
        foreign = self.in_the_way(order.resolved, there)
        if foreign:
            raise _conflict(foreign)
        wanted_ones = self.documents(wanted, order.resolved)
        standing = {name: _named(there, name) for name in wanted_ones}
        for found in standing.values():
            if found is not None and not mark_in(found):
                raise _conflict(found["id"])
        hows = {
            self._ensured(f"{self.all_of_group}/{name}", wanted_ones[name], standing[name], order.mark)
            for name in wanted_ones
        }
        how = next(one for one in ("changed", "made", "found") if one in hows)
        reference = f"{self.all_of_group}/{name_for(order.resolved)}"
        return Ensured(entries=[LedgerEntry.model_validate({"kind": self.kind, "id": reference, "how": how})])

    def _ensured(self, identifier: str, body: Document, found: Document | None, mark: str) -> str:
        if found is None:
            self._put(identifier, body, {MARK_TAG: mark, DIGEST_TAG: meaning(body["properties"])})
            return "made"
        tags = _tags_of(found)
        if says(found["properties"], body["properties"]):
            if tags.get(CHANGED_BY_TAG) == mark:
                return "changed"
            return "made" if mark_in(found) == mark else "found"
        # Of what somebody has changed twice, the first one is what it was before.
        before = {} if tags.get(CHANGED_BY_TAG) == mark else kept(found["properties"])
        tags = tags if tags.get(CHANGED_BY_TAG) == mark else without_kept(tags)
        whole = {**found, "properties": {**found["properties"], **body["properties"]}}
        noted = {CHANGED_BY_TAG: mark, DIGEST_TAG: meaning(whole["properties"])}
        self._put(identifier, whole, {**tags, **before, **noted})
        return "changed"

    def _put(self, identifier: str, body: Document, tags: dict[str, str]) -> None:
        document = {"location": body["location"], "tags": tags, "properties": body["properties"]}
        with translated():
            clients().put(identifier, self.api_version, document)

    def there(self, order: EntryInput) -> There | None:
        """What a run has made or changed of what has the entry's name."""
        base = arm_id(order.entry.id, clients().settings.workspace_id)
        named = [one for one in looking.listed(self.all_of_group, self.api_version) if _is_of(one, base)]
        if not named:
            return None
        made = [one for one in named if mark_in(one) and (order.for_good or mark_in(one) == order.mark)]
        changed = [one for one in named if one not in made and _tags_of(one).get(CHANGED_BY_TAG) == order.mark]
        # What is given back already carries a mark again.
        replaced = order.entry.how == "changed" and not all(map(mark_in, named))
        return There(Standing(made, changed, replaced), ours=bool(made or changed or replaced))

    def belongings(self, departing: Departing) -> Iterable[Belonging]:
        """Those of each deployment that goes; without the right to see any, Slipway has made none."""
        bases = [f"{self.all_of_group}/{name_of(departing.endpoint, name)}" for name in departing.deployments]
        try:
            there = looking.listed(self.all_of_group, self.api_version) if bases else []
        except MissingRight:
            return
        for one in there:
            if any(_is_of(one, base) for base in bases):
                entry = self.entry(str(one["id"]), made=False)
                yield Belonging(entry=entry, left=None if mark_in(one) else "somebody else has made it")

    def delete(self, found: There, order: EntryInput) -> Provisioning:
        """Remove what the run has made, and give back what it has changed."""
        standing: Standing = found.thing
        stays = CHANGED_SINCE if standing.replaced else None
        for one in standing.changed:
            stays = self._given_back(one) or stays
        for one in standing.made:
            with translated():
                clients().delete(one["id"], self.api_version)
        return Provisioning(state="Succeeded" if stays else "Deleted", done=True, stays=stays)

    def _given_back(self, setting: Document) -> str | None:
        """Write what a setting was before; why not, where it is not."""
        tags = _tags_of(setting)
        before = kept_in(tags)
        if meaning(setting["properties"]) != tags.get(DIGEST_TAG):
            return CHANGED_SINCE
        if before is None:
            return NOT_KEPT
        others = {name: value for name, value in without_kept(tags).items() if name != CHANGED_BY_TAG}
        self._put(setting["id"], {**setting, "properties": before}, {**others, DIGEST_TAG: meaning(before)})
        return None


def name_for(resolved: Resolved) -> str:
    """A name that tells people which deployment it is about, and is that one's alone in its resource group."""
    return name_of(*endpoint_and_deployment(resolved.deployment))


def name_of(endpoint: str, deployment: str) -> str:
    """That name, of a deployment by its names."""
    whole = arm_id(deployment_reference(endpoint, deployment), clients().settings.workspace_id)
    return f"slipway-{endpoint}-{deployment}-{digest(whole.lower(), 8)}".lower()


def _tags_of(setting: Document) -> dict[str, str]:
    tags: dict[str, str] = setting.get("tags") or {}
    return tags


def _named(there: list[Document], name: str) -> Document | None:
    return next((one for one in there if str(one["name"]).lower() == name.lower()), None)


def _is_of(setting: Document, base: str) -> bool:
    identifier = str(setting["id"]).lower()
    return identifier == base.lower() or identifier.startswith(f"{base.lower()}-")


def _conflict(identifier: str) -> SettingConflict:
    return SettingConflict(f"{identifier} was made by somebody else")
