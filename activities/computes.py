"""Compute instances and the custom applications on them: what prompt flow's runtimes are made of.

Sources: "Create and manage prompt flow runtimes"; azure-ai-ml 1.35.2, its `ComputeInstance` and `CustomApplications`
entities, for the body; operations `Compute_UpdateCustomServices` and `Compute_Start` of the API specification. The list
of custom services is written whole, so that others' are read and sent again. Never compared with live Azure.
"""

from __future__ import annotations

from typing import Any

from activities.compute_documents import (
    MARK,
    Document,
    address_of,
    another_than,
    compute_body,
    conflict_of,
    custom_service,
    image_of,
    is_stopped,
    principal_of,
    service_mark,
    service_named,
    services_of,
    sign,
    state_of,
    why_broken,
)
from activities.resource import CHANGED_SINCE, Resource, There
from azure_api import looking, versions
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.activities import Ensured, EnsureInput, EntryInput, Provisioning
from contracts.errors import EndpointBusy, NotAsDeployed, ProvisioningFailed
from contracts.ledger import SERVICES, LedgerEntry, application_reference, arm_id, compute_reference
from contracts.marks import mark_in
from contracts.runtime_errors import ComputeConflict
from contracts.runtimes import STOPPED, ApplicationWanted, ComputeEnsured, ComputeWanted

WRITE = "Microsoft.MachineLearningServices/workspaces/computes/write"
# The words of `ComputeInstanceState` from which nothing comes up by itself.
BROKEN = frozenset({"createfailed", "setupfailed", "usersetupfailed", "unusable", "failed", "canceled"})
RUNNING = frozenset({"running", "jobrunning"})
SHARED = "other applications run on it by now"


def find_compute(name: str) -> Document | None:
    """The compute's document; None when there is none. Raises deployment errors."""
    return looking.find(_path(name), versions.COMPUTES)


class Computes(Resource[ComputeWanted]):
    """The compute instance of a runtime."""

    kind = "compute"
    rights = (WRITE,)
    answers = ComputeEnsured
    long = True

    def read(self, part: Any) -> ComputeWanted:
        """The compute instance as asked for."""
        return ComputeWanted.from_wire(part)

    def ensure(self, wanted: ComputeWanted, order: EnsureInput) -> ComputeEnsured:
        """Confirm it, start it when it is stopped, or begin to make it.

        Raises ComputeConflict when it is another one than asked for, EndpointBusy while it is being deleted.
        """
        found = find_compute(wanted.name)
        if found is None:
            with translated():
                made = clients().put(_path(wanted.name), versions.COMPUTES, compute_body(wanted, order))
            return self._ensured(wanted, made, "made", done=False)
        state = state_of(found).lower()
        if state == "deleting":
            raise EndpointBusy(f"compute instance {wanted.name} is being deleted")
        conflict = conflict_of(wanted, found)
        if conflict:
            raise ComputeConflict(conflict)
        if mark_in(found) == order.mark:
            return self._ensured(wanted, found, "made", done=state in RUNNING)
        if is_stopped(found):
            with translated():
                clients().post(f"{_path(wanted.name)}/start", versions.COMPUTES)
        how = "changed" if wanted.starts or is_stopped(found) else "found"
        return self._ensured(wanted, found, how, done=state in RUNNING)

    def _ensured(self, wanted: ComputeWanted, found: Document, how: Any, *, done: bool) -> ComputeEnsured:
        before = STOPPED if how == "changed" else None
        entry = LedgerEntry(kind=self.kind, id=compute_reference(wanted.name), how=how, before=before)
        return ComputeEnsured(entries=[entry], done=done, principal_id=principal_of(found))

    def provisioned(self, entry: LedgerEntry) -> Provisioning:
        """How far it is; raises ProvisioningFailed when it never comes up."""
        found = find_compute(_name(entry.id))
        if found is None:
            return Provisioning(state="Deleted", done=False, absent=True)
        state = state_of(found)
        if state.lower() in BROKEN:
            raise ProvisioningFailed(f"compute instance {_name(entry.id)} is {state}: {why_broken(found)}")
        return Provisioning(state=state, done=state.lower() in RUNNING)

    def there(self, order: EntryInput) -> There | None:
        """The compute of that name."""
        found = find_compute(_name(order.entry.id))
        if found is None:
            return None
        ours = order.entry.how == "changed" or mark_in(found) == order.mark
        return There(found, ours=ours, state=state_of(found))

    def why_it_stays(self, found: There, order: EntryInput) -> str | None:
        """One on which something else runs by now; what was stopped before runs nothing that anybody has asked for."""
        shared = order.entry.how != "changed" and services_of(found.thing)
        return order.wish or (SHARED if shared else None)

    def delete(self, found: There, order: EntryInput) -> Provisioning:
        """Begin to delete it; one that was only started is stopped again."""
        address = _path(_name(order.entry.id))
        with translated():
            if order.entry.how == "changed":
                if is_stopped(found.thing):
                    return Provisioning(state=found.state, done=True, ours=False)
                clients().post(f"{address}/stop", versions.COMPUTES)
                return Provisioning(state="Stopping", done=True)
            clients().delete(f"{address}?underlyingResourceAction=Delete", versions.COMPUTES)
        return Provisioning(state="Deleting", done=False)


class Applications(Resource[ApplicationWanted]):
    """The custom application of a runtime: made, given another image, or confirmed."""

    kind = "application"
    rights = (WRITE,)
    long = True

    def read(self, part: Any) -> ApplicationWanted:
        """The runtime as asked for; its image is what the plan found."""
        return ApplicationWanted.from_wire(part)

    def ensure(self, wanted: ApplicationWanted, order: EnsureInput) -> Ensured:
        """Confirm it, or write the list of applications with it in the place of the one of its name.

        Raises ComputeConflict when an application of that name differs in more than its image.
        """
        reference = application_reference(wanted.compute.name, wanted.name)
        found = _required(wanted.compute.name)
        there, image = service_named(found, wanted.name), str(wanted.image)
        if there is not None:
            other = another_than(wanted, there)
            if other:
                raise ComputeConflict(f"application {wanted.name} is there with other {' and '.join(other)}")
            if image_of(there) == image and service_mark(there) != order.mark:
                return Ensured(entries=[self.entry(reference, made=False)], done=False)
        if there is None or image_of(there) != image:
            made = custom_service(wanted, image)
            sign(made, order.mark, there)
            _write(wanted.compute.name, found, wanted.name, made)
        # A second try finds this run's own image, which says nothing of what was before: the plan has found that out.
        mine = there is not None and service_mark(there) == order.mark
        before = image_of(there) if there is not None and not mine else wanted.was
        was: Any = {"how": "changed", "before": before, "after": image} if before else {}
        return Ensured(entries=[LedgerEntry(kind=self.kind, id=reference, **was)], done=False)

    def provisioned(self, entry: LedgerEntry) -> Provisioning:
        """Whether the running compute instance lists it; raises ProvisioningFailed when that never comes up again."""
        compute, name = _names(entry.id)
        seen = Computes().provisioned(LedgerEntry(kind=Computes.kind, id=compute_reference(compute)))
        if not seen.done:
            return seen
        there = address_of(_required(compute), name)
        return Provisioning(state="Running" if there else "Starting", done=bool(there))

    def there(self, order: EntryInput) -> There | None:
        """The application of that name."""
        compute, name = _names(order.entry.id)
        found = find_compute(compute)
        service = service_named(found, name) if found else None
        if found is None or service is None:
            return None
        # One that was changed and has another image by now is somebody else's, and stays.
        foreign = order.entry.how == "changed" and image_of(service) not in (order.entry.before, order.entry.after)
        return There(found, ours=foreign or service_mark(service) == order.mark)

    def delete(self, found: There, order: EntryInput) -> Provisioning:
        """Take it out of the list; one that was changed gets the image back that it had."""
        compute, name = _names(order.entry.id)
        before = None
        if order.entry.how == "changed" and order.entry.before:
            service = service_named(found.thing, name) or {}
            if not order.entry.may_have_left(image_of(service)):
                return Provisioning(state=found.state, done=True, ours=False, stays=CHANGED_SINCE)
            before = {**service, "image": {"type": "docker", "reference": order.entry.before}}
            before["environmentVariables"] = {
                one: value for one, value in (service.get("environmentVariables") or {}).items() if one != MARK
            }
        _write(compute, found.thing, name, before)
        return Provisioning(state="Succeeded" if before else "Deleted", done=True)


def _write(compute: str, found: Document, name: str, service: Document | None) -> None:
    others = [one for one in services_of(found) if str(one.get("name")).lower() != name.lower()]
    with translated():
        clients().post(
            f"{_path(compute)}/{SERVICES}", versions.COMPUTES, [*others, *([service] if service is not None else [])]
        )


def _required(name: str) -> Document:
    found = find_compute(name)
    if found is None:
        raise NotAsDeployed(f"somebody has deleted compute instance {name} meanwhile")
    return found


def _path(name: str) -> str:
    return arm_id(compute_reference(name), clients().settings.workspace_id)


def _name(reference: str) -> str:
    return reference.split("/")[1]


def _names(reference: str) -> tuple[str, str]:
    parts = reference.split("/")
    return parts[1], parts[3]
