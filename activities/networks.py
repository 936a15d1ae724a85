"""Which networks a managed endpoint is in, and what of it a plan cannot know.

Sources: "Deploy a flow to online endpoint" (managed endpoints support a managed virtual network only), "Workspace
managed virtual network isolation" and "Network isolation with managed online endpoints" of Azure ML's documents. Never
compared with live Azure.
"""

from __future__ import annotations

from activities import commands
from activities.scene import Finding, Scene
from azure_api.clients import clients
from contracts.online import EndpointRequest

NONE, APPROVED_ONLY, CLOSED = "disabled", "allowonlyapprovedoutbound", "disabled"
_JOIN = "az functionapp vnet-integration add --name <app> --resource-group <group> --vnet <network> --subnet <subnet>"


def judge_network(wanted: EndpointRequest, scene: Scene, finding: Finding) -> None:
    """Leave unchecked whether a managed endpoint reaches what it needs, and is reached by whoever asks it."""
    workspace, where = scene.workspace, clients().settings
    isolation = _word(getattr(workspace.managed_network, "isolation_mode", None)) or NONE
    if isolation == NONE and _word(workspace.public_network_access) == CLOSED:
        message = (
            f"whether the deployment reaches what it is made of: workspace {where.workspace} is closed to the public"
            " and has no managed network, and managed endpoints are in no other"
        )
        # It cannot be taken back, so nobody should run it without having read of it.
        command = (
            f"az ml workspace update --name {where.workspace} --resource-group {where.resource_group}"
            " --managed-network <allow_internet_outbound, for good>"
        )
        finding.leave_unchecked("NetworkUnknown", "endpoint", message, command)
    if isolation == APPROVED_ONLY:
        message = f"whether all that the container asks for is among the outbound rules of {where.workspace}"
        command = f"az ml workspace outbound-rule list {commands.of_workspace()}"
        finding.leave_unchecked("OutboundUnknown", "endpoint", message, command)
    there = getattr(scene.endpoint, "public_network_access", None)
    if _word(wanted.public_network_access or there) == CLOSED:
        message = f"whether Slipway is in a network from which {wanted.name} answers: its smoke test asks it"
        finding.leave_unchecked("EndpointPrivate", "endpoint.public_network_access", message, _JOIN)


def _word(value: object) -> str:
    """A word of ARM's or of the SDK's in one spelling: `AllowOnlyApprovedOutbound`, `allow_only_approved_outbound`."""
    return str(getattr(value, "value", value) or "").replace("_", "").lower()
