"""What goes with a runtime that is deleted: its application, what Slipway granted for it, and the compute instance.

The application goes first where the compute instance stays: a role that is missing would break it at the next restart.
Who uses a runtime stands nowhere in Azure, so that the roles of its users go with the last runtime of the workspace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from activities.compute_documents import (
    Document,
    image_of,
    is_busy,
    is_deleted,
    is_instance,
    is_stopped,
    maker_of,
    principal_of,
    service_named,
    services_of,
)
from activities.computes import WRITE, Applications, Computes, find_compute
from activities.departing import PROBLEMS_TOLD, TOLD_AT_ONCE, Belonging, left_alone, problems_of, taken
from activities.envelope import activity
from activities.operator_limits import registry_of
from activities.role_assignments import NOT_GRANTED_HERE, RoleAssignments, entry_of, granted_to, is_slipways
from activities.runtime_needs import PULLS, USES
from activities.scene import problem
from azure_api import looking, versions
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import Right, missing_rights
from contracts.endpoint_errors import MadeByOthers
from contracts.failure import DeploymentError
from contracts.ledger import COMPUTES, LedgerEntry, application_reference, compute_reference, short_name
from contracts.marks import mark_in
from contracts.plan import PlanProblem
from contracts.runtime_deletion import DepartingRuntimeInput, RuntimeDeparture, RuntimeTeardownPlan
from contracts.runtime_errors import ComputeInUse

DELETE = "Microsoft.MachineLearningServices/workspaces/computes/delete"
REMARKS_KEPT, AT_ONCE = 4, 8
HOW = "slipway delete-runtime <compute>/<name> --force"


class DepartingRuntime:
    """A runtime that is to be deleted, as it is; raises deployment errors when it cannot be read."""

    def __init__(self, order: DepartingRuntimeInput) -> None:
        self.order = order
        found = find_compute(order.compute)
        self.found = found if found is not None and is_instance(found) else None
        self.application = service_named(self.found, order.name) if self.found is not None and self._lives else None
        self.others = [str(one.get("name")) for one in self._services if one is not self.application]
        self.takes_compute = order.with_compute and self.found is not None and not self._kept

    @property
    def _lives(self) -> bool:
        return self.found is not None and not is_deleted(self.found)

    @property
    def _services(self) -> list[Document]:
        return services_of(self.found) if self.found is not None and self._lives else []

    @property
    def _kept(self) -> str | None:
        """Why the compute instance stays, whoever asks."""
        return f"other applications are on it: {', '.join(self.others)}" if self.others else None

    @property
    def starts(self) -> bool:
        """Whether the compute instance must be started, since its list of applications is written while it runs."""
        alone = self.application is not None and not self.takes_compute
        return alone and self.found is not None and is_stopped(self.found)

    def belongings(self) -> list[Belonging]:
        """All of it, in the order in which it goes."""
        return [*self._of_application(), *self._of_identity(), *self._of_users(), *self._of_compute()]

    def _of_application(self) -> Iterator[Belonging]:
        if self.application is None:
            return
        reference = application_reference(self.order.compute, self.order.name)
        goes_with = compute_reference(self.order.compute) if self.takes_compute else None
        entry = LedgerEntry(kind=Applications.kind, id=reference, how="found", goes_with=goes_with)
        problems: list[DeploymentError] = []
        if not maker_of(self.application):
            problems.append(MadeByOthers(f"application {self.order.name} was not made by Slipway"))
        if self.found is not None and is_busy(self.found):
            problems.append(ComputeInUse(f"a job runs on compute instance {self.order.compute}"))
        yield Belonging(entry, problems=problems)

    def _of_identity(self) -> Iterator[Belonging]:
        """What the compute instance's own identity was given; an identity of somebody's keeps its roles."""
        own = self.found is not None and self._lives and not _assigned(self.found)
        principal = principal_of(self.found) if own and self.found is not None else None
        for one in granted_to(principal) if principal else ():
            if self.takes_compute:
                yield Belonging(entry_of(one), left=None if is_slipways(one) else NOT_GRANTED_HERE)
            elif is_slipways(one, PULLS):
                yield Belonging(entry_of(one), left=self._still_pulling(short_name(str(one.scope))))

    def _still_pulling(self, registry: str) -> str | None:
        host = f"{registry}.azurecr.io".lower()
        pulling = [
            str(one.get("name"))
            for one in self._services
            if one is not self.application and registry_of(image_of(one)) == host
        ]
        return f"pulls the images of {', '.join(pulling)} too" if pulling else None

    def _of_users(self) -> Iterator[Belonging]:
        """What users were given for a runtime; any other runtime may be theirs as well."""
        workspace, own = clients().settings.workspace_id, clients().authorization.role_assignments
        with translated():
            listed = list(own.list_for_scope(workspace, filter="atScope()"))
        granted = [one for one in listed if is_slipways(one, USES) and str(one.scope).lower() == workspace.lower()]
        others = sorted(self._other_runtimes()) if granted else []
        why = f"may be a user of {', '.join(others[:AT_ONCE])}" if others else None
        yield from (Belonging(entry_of(one), left=why) for one in granted)

    def _other_runtimes(self) -> Iterator[str]:
        """Applications that Slipway has made, but this one."""
        listed = looking.listed(f"{clients().settings.workspace_id}/{COMPUTES}", versions.COMPUTES)
        names = [str(one["name"]) for one in listed if is_instance(one)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            # One by one: of what is on a compute instance, a list need not tell.
            documents = [one for one in pool.map(find_compute, names) if one is not None and not is_deleted(one)]
        for document in documents:
            here = str(document["name"]).lower() == self.order.compute
            for service in services_of(document):
                name = str(service.get("name"))
                if maker_of(service) and not (here and name.lower() == self.order.name.lower()):
                    yield f"{name} on {document['name']}"

    def _of_compute(self) -> Iterator[Belonging]:
        if not self.order.with_compute or self.found is None:
            return
        entry = LedgerEntry(kind=Computes.kind, id=compute_reference(self.order.compute), how="found")
        problems: list[DeploymentError] = []
        if not mark_in(self.found):
            problems.append(MadeByOthers(f"compute instance {self.order.compute} was not made by Slipway"))
        if is_busy(self.found) and self.application is None:
            problems.append(ComputeInUse(f"a job runs on compute instance {self.order.compute}"))
        yield Belonging(entry, left=self._kept, problems=[] if self._kept else problems)

    def lacking(self, going: Iterable[LedgerEntry]) -> list[PlanProblem]:
        """The rights that Slipway itself lacks for what goes, which nothing overrides."""
        actions = {Applications.kind: WRITE, Computes.kind: DELETE}
        workspace = clients().settings.workspace_id
        needed = [Right(actions[one.kind], workspace) for one in going if one.kind in actions]
        return [problem("access", error) for error in missing_rights(needed)]


@activity
def plan_runtime_teardown(order: DepartingRuntimeInput) -> RuntimeDeparture:
    """What goes first, and what stands in the way; nothing of either once everything is gone."""
    departing = DepartingRuntime(order)
    found = departing.belongings()
    going = [one for one in taken(found) if one.id not in (order.spared or [])]
    problems = [*([] if order.force else problems_of(found, HOW)), *departing.lacking(going)]
    left = [left_alone(one, clients().settings.workspace_id) for one in found if one.left is not None]
    return RuntimeDeparture(
        there=bool(going),
        next=[] if problems else going[:TOLD_AT_ONCE],
        problems=problems[:PROBLEMS_TOLD],
        starts=departing.starts,
        shared=any(one.kind == RoleAssignments.kind for one in going) or None,
        stays={f"{one.kind} {one.name}": one.reason for one in left[:REMARKS_KEPT]},
    )


def runtime_teardown_plan(order: DepartingRuntimeInput) -> RuntimeTeardownPlan:
    """All of that for whoever asked. Raises deployment errors when Azure cannot be read."""
    departing = DepartingRuntime(order)
    found, workspace_id = departing.belongings(), clients().settings.workspace_id
    return RuntimeTeardownPlan(
        compute=order.compute,
        name=order.name,
        removes=[one.entry.for_people(workspace_id) for one in found if one.left is None],
        leaves=[left_alone(one, workspace_id) for one in found if one.left is not None],
        problems=[*problems_of(found, HOW), *departing.lacking(taken(found))],
    )


def _assigned(found: Document) -> Any:
    return (found.get("identity") or {}).get("userAssignedIdentities")
