"""The endpoint's diagnostic settings: which of its logs and metrics are kept in a Log Analytics workspace.

Azure refuses a second setting that sends a category to the same workspace, so whatever sends what is wanted is
confirmed, whoever made it, and a setting is made for the rest only. A setting outlives its resource (Azure Monitor's
documents), so it is removed before it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, StrictBool

from activities.departing import Belonging, Departing
from activities.resource import Resource, There
from activities.scene import Finding, Scene
from azure_api import looking
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import Right
from contracts.activities import Ensured, EnsureInput, EntryInput, Provisioning
from contracts.azure_refusals import ResourceNotFound
from contracts.base import Contract
from contracts.digests import digest
from contracts.errors import RequestRejected
from contracts.ledger import arm_id, reference
from contracts.names import ArmId

WRITE = "Microsoft.Insights/diagnosticSettings/write"
API_VERSION = "2021-05-01-preview"  # the documented one of Microsoft.Insights/diagnosticSettings

SETTINGS = "/providers/Microsoft.Insights/diagnosticSettings"
# How the names of Slipway's own begin.
OWN = "slipway-"

# learn.microsoft.com: supported logs for Microsoft.MachineLearningServices/workspaces/onlineEndpoints
Category = Literal["AmlOnlineEndpointConsoleLog", "AmlOnlineEndpointEventLog", "AmlOnlineEndpointTrafficLog"]
METRICS = "AllMetrics"
# The group of all categories of logs, which the portal writes.
EVERY_LOG, ALL_LOGS = "alllogs", get_args(Category)
# Of one resource (Azure Monitor's limits).
MOST_SETTINGS = 5
ONE_LESS = "Remove one of them (az monitor diagnostic-settings delete), or leave `diagnostics` out."


class DiagnosticsRequest(Contract):
    """Where the endpoint's logs and metrics go, and which of them."""

    workspace_id: Annotated[ArmId, Field(description="ARM id of a Log Analytics workspace")]
    logs: Annotated[list[Category], Field(default_factory=lambda: [*get_args(Category)], description="all by default")]
    metrics: StrictBool = True

    @property
    def sent(self) -> set[str]:
        """What has to be sent: categories, in lower case."""
        return {category.lower() for category in (*self.logs, *([METRICS] if self.metrics else []))}

    def body(self, but: Container[str]) -> dict[str, Any]:
        """The ARM properties of a setting that sends it, but for the categories that are sent by others."""
        logs = [{"category": category, "enabled": True} for category in self.logs if category.lower() not in but]
        metrics = self.metrics and METRICS.lower() not in but
        every = [{"category": METRICS, "enabled": True}] if metrics else []
        return {"workspaceId": self.workspace_id, "logs": logs, "metrics": every}


class Diagnostics(Resource[DiagnosticsRequest]):
    """`diagnostics` of a request."""

    kind = "diagnostics"
    rights = (WRITE,)
    words = DiagnosticsRequest
    after = "endpoint"

    def read(self, part: Any) -> DiagnosticsRequest:
        """The setting as asked for."""
        return DiagnosticsRequest.from_wire(part)

    def reference(self, scene: Scene) -> str:
        """A setting has no tags: its name carries the mark."""
        return _own(scene.resolved.endpoint, scene.mark)

    def plan(self, wanted: DiagnosticsRequest, scene: Scene) -> Finding:
        """Whether the endpoint sends it already."""
        finding = Finding()
        message = f"whether {wanted.workspace_id} takes the endpoint's logs"
        command = f"az monitor log-analytics workspace show --ids {wanted.workspace_id}"
        finding.leave_unchecked("LogsUnknown", "diagnostics.workspace_id", message, command)
        there = _settings_of(scene.resolved.endpoint) if scene.endpoint is not None else []
        if wanted.sent <= _sent(there, wanted).keys():
            finding.confirms.append("diagnostics of the endpoint")
            return finding
        finding.creates.append("diagnostics of the endpoint")
        finding.needs.append(Right(WRITE, clients().settings.workspace_id))
        if len(there) >= MOST_SETTINGS:
            message = f"endpoint {scene.order.endpoint} has {len(there)} diagnostic settings, and Azure allows no more"
            finding.problem("diagnostics", RequestRejected(message, suggestion=ONE_LESS))
        return finding

    def ensure(self, wanted: DiagnosticsRequest, order: EnsureInput) -> Ensured:
        """Confirm the settings that send what is wanted, or make one that sends what they do not."""
        endpoint = order.resolved.endpoint
        own, sent = _own(endpoint, order.mark), _sent(_settings_of(endpoint), wanted)
        others = {category: by for category, by in sent.items() if by.lower() != own.lower()}
        if not wanted.sent <= sent.keys():
            with translated():
                clients().put(_arm(own), API_VERSION, {"properties": wanted.body(but=others)})
        mine = [self.entry(own, made=True)] if not wanted.sent <= others.keys() else []
        return Ensured(entries=[*mine, *(self.entry(by, made=False) for by in sorted({*others.values()}))])

    def there(self, order: EntryInput) -> There | None:
        """The setting, whose name carries the mark."""
        found = looking.find(_arm(order.entry.id), API_VERSION)
        return None if found is None else There(found, ours=True)

    def belongings(self, departing: Departing) -> Iterable[Belonging]:
        """The settings of the endpoint; those of others outlive it, as Azure Monitor has it."""
        if departing.deployment:
            return
        try:
            settings = looking.listed(f"{_arm(departing.reference)}{SETTINGS}", API_VERSION)
        except ResourceNotFound:
            return
        for setting in settings:
            entry = self.entry(reference(str(setting["id"]), clients().settings.workspace_id), made=False)
            ours = entry.id.rsplit("/", 1)[-1].startswith(OWN)
            yield Belonging(entry=entry, left=None if ours else "somebody else has made it")

    def delete(self, found: There, order: EntryInput) -> Provisioning:
        """Delete the setting."""
        with translated():
            clients().delete(_arm(order.entry.id), API_VERSION)
        return Provisioning(state="Deleted", done=True)


def _own(endpoint: str, mark: str) -> str:
    return f"{endpoint}{SETTINGS}/{OWN}{digest(mark, 12)}"


def _arm(entry: str) -> str:
    return arm_id(entry, clients().settings.workspace_id)


def _settings_of(endpoint: str) -> list[dict[str, Any]]:
    return looking.listed(f"{_arm(endpoint)}{SETTINGS}", API_VERSION)


def _sent(settings: Iterable[dict[str, Any]], wanted: DiagnosticsRequest) -> dict[str, str]:
    """What of that is sent to that workspace: by category, the setting which sends it, as a ledger refers to it."""
    found: dict[str, str] = {}
    for setting in settings:
        properties = setting["properties"]
        if str(properties.get("workspaceId") or "").lower() == wanted.workspace_id.lower():
            by = reference(str(setting["id"]), clients().settings.workspace_id)
            items = (*(properties.get("logs") or []), *(properties.get("metrics") or []))
            found = {category: by for item in items if item.get("enabled") for category in _categories(item)} | found
    return {category: by for category, by in found.items() if category in wanted.sent}


def _categories(item: dict[str, Any]) -> set[str]:
    """What a line of a setting sends: it names a category, or a group of them."""
    group = str(item.get("categoryGroup") or "").lower()
    return {one.lower() for one in ALL_LOGS} if group == EVERY_LOG else {str(item.get("category") or "").lower()}
