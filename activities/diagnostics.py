"""The endpoint's diagnostic settings: which of its logs and metrics are kept in a Log Analytics workspace.

Azure refuses a second setting that sends a category to the same workspace, so whatever sends what is wanted is
confirmed, whoever made it. A setting outlives its resource (Azure Monitor's documents), so it is removed before it.
"""

from __future__ import annotations

from collections.abc import Iterable
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
from contracts.ledger import arm_id, reference
from contracts.names import ArmId

WRITE = "Microsoft.Insights/diagnosticSettings/write"
API_VERSION = "2021-05-01-preview"  # the documented one of Microsoft.Insights/diagnosticSettings

SETTINGS = "/providers/Microsoft.Insights/diagnosticSettings"
# How the names of Slipway's own begin.
OWN = "slipway-"

# learn.microsoft.com: supported logs for Microsoft.MachineLearningServices/workspaces/onlineEndpoints
Category = Literal["AmlOnlineEndpointConsoleLog", "AmlOnlineEndpointEventLog", "AmlOnlineEndpointTrafficLog"]


class DiagnosticsRequest(Contract):
    """Where the endpoint's logs and metrics go, and which of them."""

    workspace_id: Annotated[ArmId, Field(description="ARM id of a Log Analytics workspace")]
    logs: Annotated[list[Category], Field(default_factory=lambda: [*get_args(Category)], description="all by default")]
    metrics: StrictBool = True

    @property
    def sent(self) -> set[str]:
        """What has to be sent, by category."""
        return {*self.logs, *(["AllMetrics"] if self.metrics else [])}

    def body(self) -> dict[str, Any]:
        """The ARM properties of a setting that sends it."""
        logs = [{"category": category, "enabled": True} for category in self.logs]
        metrics = [{"category": "AllMetrics", "enabled": True}] if self.metrics else []
        return {"workspaceId": self.workspace_id, "logs": logs, "metrics": metrics}


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
        if scene.endpoint is not None and _sending(scene.resolved.endpoint, wanted):
            finding.confirms.append("diagnostics of the endpoint")
        else:
            finding.creates.append("diagnostics of the endpoint")
            finding.needs.append(Right(WRITE, clients().settings.workspace_id))
        return finding

    def ensure(self, wanted: DiagnosticsRequest, order: EnsureInput) -> Ensured:
        """Confirm a setting that sends what is wanted, or make one."""
        endpoint = order.resolved.endpoint
        own, found = _own(endpoint, order.mark), _sending(endpoint, wanted)
        if found is None:
            with translated():
                clients().put(_arm(own), API_VERSION, {"properties": wanted.body()})
        return Ensured(entries=[self.entry(found or own, made=found in (None, own))])

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


def _sending(endpoint: str, wanted: DiagnosticsRequest) -> str | None:
    """The setting that sends all that is wanted to that workspace, as a ledger refers to it."""
    for setting in looking.listed(f"{_arm(endpoint)}{SETTINGS}", API_VERSION):
        properties = setting["properties"]
        sent = {
            str(item["category"]).lower()
            for item in (*(properties.get("logs") or []), *(properties.get("metrics") or []))
            if item.get("enabled")
        }
        to = str(properties.get("workspaceId") or "")
        if {category.lower() for category in wanted.sent} <= sent and to.lower() == wanted.workspace_id.lower():
            return reference(str(setting["id"]), clients().settings.workspace_id)
    return None
