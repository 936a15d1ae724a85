"""What a compute-instance runtime would take, found out by reading only, and how it looks once it is there.

Source: "Create and manage prompt flow runtimes". What the document has people do in the studio besides (authenticate
once per region, choose the runtime for a flow) nobody can do for them.
"""

from __future__ import annotations

from activities.capacity import judge_machine
from activities.compute_documents import (
    Document,
    address_of,
    another_than,
    conflict_of,
    image_of,
    is_busy,
    is_deleted,
    is_stopped,
    principal_of,
    service_named,
    services_of,
    state_of,
)
from activities.computes import WRITE, find_compute
from activities.envelope import activity
from activities.runtime_needs import RuntimeNeeds
from activities.scene import Finding
from azure_api.clients import clients
from azure_api.rights import Right
from contracts.errors import NotAsDeployed, RequestRejected
from contracts.runtime_errors import ComputeConflict, ComputeInUse
from contracts.runtimes import RuntimeCompute, RuntimeInput, RuntimePlan, RuntimePlanInput, RuntimeRequest, RuntimeSeen

UNCHECKED = "unchecked: only its users can sign in to what runs on a compute instance; open it in the studio"


@activity
def plan_runtime(order: RuntimePlanInput) -> RuntimePlan:
    """What a runtime needs before anything is made: whether it can be had, its image, and the roles that are missing.

    Raises only for what says nothing about the request: an unreachable or throttled Azure.
    """
    look = _Look(RuntimeRequest.from_wire(order.request))
    return look.looked_at(
        (
            ("compute", look.at_workspace),
            ("compute.identity", look.at_identity),
            ("compute", look.at_compute),
            ("environment", look.at_image),
            ("access", look.at_roles),
            ("users", look.at_users),
            ("access", look.at_rights),
        )
    )


@activity
def look_at_runtime(order: RuntimeInput) -> RuntimeSeen:
    """Read back what is there; whether the application answers is its users' to see."""
    found = find_compute(order.compute)
    if found is None:
        raise NotAsDeployed(f"somebody has deleted compute instance {order.compute} meanwhile")
    service = service_named(found, order.name)
    return RuntimeSeen(
        compute=order.compute,
        state=state_of(found),
        image=image_of(service) if service else "",
        address=address_of(found, order.name),
        health=UNCHECKED,
    )


class _Look(RuntimeNeeds):
    """One request for a compute-instance runtime."""

    def __init__(self, asked: RuntimeRequest) -> None:
        super().__init__(asked)
        self.asked = asked
        self.finding.needs.append(Right(WRITE, clients().settings.workspace_id))

    def _at_new_one(self, wanted: RuntimeCompute) -> None:
        """What keeps it from being had; where nothing tells, Azure does when it is made."""
        if wanted.size is None:
            message = f"there is no compute instance {wanted.name}, and a new one needs a size"
            advice = "Write `compute.size`, e.g. Standard_DS3_v2, or name a compute instance that is there."
            self.finding.problem("compute.size", RequestRejected(message, suggestion=advice))
        elif self.plan.resolved.location:
            found = Finding()
            judge_machine(wanted.size, self.plan.resolved.location, "compute.size", found)
            self.finding.problems += found.problems

    def at_compute(self) -> None:
        """Whether it is there as asked for, or can be."""
        wanted, found = self.asked, find_compute(self.asked.compute.name)
        if found is None or is_deleted(found):
            self._at_new_one(wanted.compute)
            return
        conflict = conflict_of(wanted.compute, found)
        if conflict:
            raise ComputeConflict(conflict)
        if self.plan.resolved.principal_id is None:
            self._resolve(principal_id=principal_of(found))
        if is_busy(found):
            message = f"a job runs on compute instance {wanted.compute.name}, which restarts with its applications"
            raise ComputeInUse(message)
        self.plan = self.plan.model_copy(update={"starts": is_stopped(found)})
        self._at_applications(found)

    def _at_applications(self, found: Document) -> None:
        """What runs on it already."""
        wanted, there = self.asked, service_named(found, self.asked.name)
        if there is not None:
            self.plan = self.plan.model_copy(update={"was": image_of(there)})
            other = another_than(wanted, there)
            if other:
                message = f"application {wanted.name} is there with other {' and '.join(other)}"
                advice = "Ask for those that it has, and it is only given the image; or choose another name."
                self.finding.problem(other[0], ComputeConflict(message, suggestion=advice))
        for one in services_of(found):
            taken = [port.get("published") for port in one.get("endpoints") or []]
            if one is not there and wanted.ports.published in taken:
                message = f"application {one.get('name')} has port {wanted.ports.published} of {wanted.compute.name}"
                self.finding.problem("ports.published", ComputeConflict(message))
