"""What an automatic runtime of prompt flow would meet when the studio starts it: its settings, its roles, its packages.

Source: "Create and manage prompt flow runtimes". Never compared with live Azure: the studio's own calls are not public.
"""

from __future__ import annotations

import re

from activities import commands
from activities.capacity import judge_machine
from activities.envelope import activity
from activities.runtime_needs import RuntimeNeeds
from azure_api import looking, versions
from azure_api.clients import clients
from contracts.automatic_runtimes import AutomaticPlanInput, AutomaticRuntimeRequest
from contracts.errors import AssetNotFound, RequestRejected
from contracts.runtimes import RuntimePlan

# The packages that the base image brings ("don't pin the version of promptflow and promptflow-tools").
BROUGHT = re.compile(r"\s*(promptflow(?:[-_]tools)?)(?:\[[^\]]*\])?\s*(?:[=<>!~]=?|@)", re.IGNORECASE)
FEED = re.compile(r"https://[^\s]*(?:pkgs\.dev\.azure\.com|\.pkgs\.visualstudio\.com)", re.IGNORECASE)
PRIVATE = "{private}@"
WORKING_DIRECTORY = "workspaceworkingdirectory"
BLOB = "AzureBlob"


@activity
def plan_automatic_runtime(order: AutomaticPlanInput) -> RuntimePlan:
    """Whether an automatic runtime can be had as asked for, and the roles that it lacks.

    Raises only for what says nothing about the request: an unreachable or throttled Azure.
    """
    look = _Look(AutomaticRuntimeRequest.from_wire(order.request))
    return look.looked_at(
        (
            ("name", look.at_workspace),
            ("name", look.at_datastores),
            ("identity", look.at_identity),
            ("size", look.at_size),
            ("image", look.at_image),
            ("requirements", look.at_requirements),
            ("access", look.at_roles),
            ("users", look.at_users),
            ("access", look.at_rights),
        )
    )


class _Look(RuntimeNeeds):
    """One request for an automatic runtime."""

    pulls, uses, image_at = "pulls the images of automatic runtimes", "uses automatic runtimes", "image"

    def __init__(self, asked: AutomaticRuntimeRequest) -> None:
        super().__init__(asked)
        self.asked = asked

    def at_datastores(self) -> None:
        """What the document has in place beforehand: a default datastore of blobs, and a working directory."""
        listed = looking.listed(f"{clients().settings.workspace_id}/datastores", versions.DATASTORES)
        default = next((one for one in listed if one["properties"].get("isDefault")), None)
        kind = str(default["properties"].get("datastoreType")) if default else "missing"
        if kind != BLOB:
            message = f"the workspace's default datastore is {kind}, and must be a blob container"
            self.finding.problem("name", RequestRejected(message))
        if WORKING_DIRECTORY not in {str(one["name"]).lower() for one in listed}:
            message = f"the workspace has no datastore {WORKING_DIRECTORY}"
            self.finding.problem("name", AssetNotFound(message, suggestion="Open the workspace's notebooks once."))

    def at_identity(self) -> None:
        """The identity is there, and one of those that the studio offers: the workspace's."""
        super().at_identity()
        asked = self.asked.user_assigned_id
        offered = (self.workspace.get("identity") or {}).get("userAssignedIdentities") or {}
        if asked and asked.lower() not in {one.lower() for one in offered}:
            message = f"the studio offers the workspace's identities, and {asked.rsplit('/', 1)[-1]} is none of them"
            command = f"az ml workspace update {commands.of_workspace()} --user-assigned-identities {asked}"
            self.finding.warn("IdentityNotOffered", "identity", message, command)

    def at_size(self) -> None:
        """The machine."""
        if self.asked.size and self.plan.resolved.location:
            judge_machine(self.asked.size, self.plan.resolved.location, "size", self.finding)

    def at_requirements(self) -> None:
        """Packages that the image brings, and feeds that take the identity along."""
        for number, line in enumerate(self.asked.requirements):
            path = f"requirements.{number}"
            if pinned := BROUGHT.match(line):
                message = f"{pinned[1]} is pinned, and the base image brings it in the version that fits"
                self.finding.warn("PackageBrought", path, message, f"write {pinned[1]}, or leave it out")
            if FEED.search(line):
                self._at_feed(path, line)

    def _at_feed(self, path: str, line: str) -> None:
        if PRIVATE not in line:
            message = "a private feed of Azure DevOps is not opened without {private}@ before its host"
            self.finding.warn("FeedNotOpened", path, message, "-i https://{private}@<the feed's address>")
        else:
            who = "the identity" if self.asked.user_assigned_id else "whoever opens the flow"
            message = f"whether {who} is a user of the feed's organization in Azure DevOps, which only that can say"
            command = "az devops user show --user <the identity> --org https://dev.azure.com/<organization>"
            self.finding.leave_unchecked("FeedUnknown", path, message, command)

    def at_roles(self) -> None:
        """Its identity pulls from the workspace's registry, whatever the image; a user's own is given nothing."""
        if self.asked.user_assigned_id:
            self.to_pull_here()
