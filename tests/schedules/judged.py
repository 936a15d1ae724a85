"""A run of a schedule beside what Azure has: whether its ledger is true, and what of its work is left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.digests import digest
from contracts.failure import Failure
from contracts.ledger import LedgerEntry
from contracts.operations import OperationResult
from contracts.status import DeploymentResult, Progress
from orchestrations.runbooks import DEPLOY, runbook_of
from tests.schedules.azure import Azure
from tests.schedules.instances import Instance
from tests.schedules.records import OUTSIDER, Act, endpoint_key, mark_in

ASSETS = ("model", "environment", "code")
# What is changed and not made: nothing of it can be gone.
CHANGES = ("traffic", "mirror_traffic", "deployment_update")
LEFT = ("in_use", "stays", "undo_failed")
# Who may take what another run has made: by request, or in its time.
DELETIONS = ("op-delete-", "op-remove-findings-", "op-retire-", "op-expire-")


@dataclass(frozen=True)
class Broken:
    """A promise that was not kept: its name, and what shows it."""

    promise: str
    text: str


class Judged:
    """One run and its ledger, beside what Azure has."""

    def __init__(self, instance: Instance, azure: Azure) -> None:
        self.instance = instance
        self.id = instance.id
        self.runbook = runbook_of(instance.id) or DEPLOY
        self.order: Any = self.runbook.order.from_wire(instance.given)
        self.ledger = ledger_of(instance)
        self._azure = azure

    @property
    def succeeded(self) -> bool:
        """Whether it ended well."""
        return self.instance.status == "Completed"

    @property
    def deletes(self) -> bool:
        """Whether it takes something down."""
        return self.runbook.name.startswith("delete")

    @property
    def removes(self) -> bool:
        """Whether it takes what others have made: all that is on something, or what nothing needs any more."""
        return self.deletes or self.runbook.name == "remove_findings"

    @property
    def error(self) -> Failure | None:
        """Of its failure."""
        return Progress.from_wire(self.instance.shown).error if self.instance.shown else None

    @property
    def code(self) -> str:
        """Of its failure; "" for none."""
        return self.error.code if self.error else ""

    def ledger_is_true(self) -> Iterator[Broken]:
        """What stands in it as made, found or left is there, and what was undone is not."""
        if self.instance.status not in ("Completed", "Failed"):
            return
        for entry in self.ledger:
            if entry.kind in CHANGES or (entry.how == "found" and not self.succeeded):
                continue
            there, ours = _there(self._azure, entry), _mark(self._azure, entry, self.id)
            if entry.how == "removed":
                if entry.sure and there and not self._made_again(entry):
                    yield Broken("the ledger is true", f"{self.id}: {entry.kind} {entry.id} is removed, and there")
                continue
            if entry.fate in ("in_use", "stays") and not there and not self._gone_since(entry):
                yield Broken(self._promise(entry), f"{self.id}: {entry.kind} {entry.id} {became(entry)}, and gone")
            if entry.fate == "undone" and there and ours:
                yield Broken("the ledger is true", f"{self.id}: {entry.kind} {entry.id} is undone, and there")
            if entry.fate == "in_use" and not self.succeeded:
                yield Broken("everything is undone", f"{self.id}: {entry.kind} {entry.id} is in use after a failure")

    def nothing_is_orphaned(self) -> Iterator[Broken]:
        """What carries its mark is in its ledger."""
        told = {entry.id.lower() for entry in self.ledger if entry.fate in LEFT}
        for key in _marked(self._azure, self.id):
            if key.lower() not in told:
                yield Broken("no orphan", f"{self.id}: {key} carries its mark and is not in its ledger")

    def answers_for(self, deployment: str) -> bool:
        """Whether it tells why a deployment has traffic."""
        given = [entry for entry in self.ledger if entry.kind == "traffic"]
        left = any(entry.fate in ("stays", "undo_failed") for entry in given)
        tells = self.order.deployment == deployment or any(deployment in (entry.after or {}) for entry in given)
        return tells and (self.succeeded or self.instance.status == "Terminated" or left)

    def taken_since(self, key: str) -> bool:
        """Whether somebody else changed or removed it after this run's last look at it."""
        looked = self._azure.looks.get((self.id, key.lower()))
        others = [act for act in acts_on(self._azure, key) if act.by == OUTSIDER]
        return any(looked is None or act.moment >= looked for act in others)

    def _gone_since(self, entry: LedgerEntry) -> bool:
        """Whether it was somebody else's to take: a role goes with its endpoint, also after the run that granted it."""
        acts = acts_on(self._azure, entry.goes_with) if entry.goes_with else []
        ended = self.instance.ended
        with_it = any(act.what == "delete" and ended is not None and act.moment >= ended for act in acts)
        deleted = any(act.by.startswith(DELETIONS) for act in acts_on(self._azure, entry.id) if act.what == "delete")
        return with_it or deleted or self.taken_since(entry.id)

    def _made_again(self, entry: LedgerEntry) -> bool:
        acts = acts_on(self._azure, entry.id)
        return bool(acts) and acts[-1].what == "put"

    def fates(self, kind: str) -> list[str]:
        """What became of everything of that kind."""
        return [entry.fate for entry in self.ledger if entry.kind == kind]

    def _promise(self, entry: LedgerEntry) -> str:
        removed = [act for act in acts_on(self._azure, entry.id) if act.what == "delete"]
        by_another = removed and removed[-1].by not in (self.id, OUTSIDER)
        return "what one run confirmed stays" if by_another else "the ledger is true"


def ledger_of(instance: Instance) -> list[LedgerEntry]:
    """What a run says that it made, changed, found or removed."""
    if instance.status == "Completed":
        result = DeploymentResult if instance.name == DEPLOY.name else OperationResult
        return result.from_wire(instance.output).ledger
    return Progress.from_wire(instance.shown).ledger if instance.shown else []


def became(entry: LedgerEntry) -> str:
    """What a ledger says became of something, and why."""
    return f"is {entry.fate}" + (f" ({entry.reason})" if entry.reason else "")


def acts_on(azure: Azure, key: str) -> list[Act]:
    """Everybody's writes to something."""
    return [act for act in azure.acts if act.key == key.lower()]


def _there(azure: Azure, entry: LedgerEntry) -> bool:
    parts = entry.id.split("/")
    if entry.kind in ASSETS:
        return entry.id in azure.assets
    if entry.kind == "endpoint":
        return parts[1] in azure.endpoints
    if entry.kind == "deployment":
        return parts[1] in azure.endpoints and parts[3] in azure.endpoints[parts[1]].deployments
    return entry.id.lower() in (azure.assignments if entry.kind == "role_assignment" else azure.settings)


def _mark(azure: Azure, entry: LedgerEntry, mark: str) -> bool:
    return entry.id.lower() in {key.lower() for key in _marked(azure, mark)}


def _marked(azure: Azure, mark: str) -> list[str]:
    """Everything in Azure that carries a mark."""
    found = [path for path, document in azure.assets.items() if mark_in(document) == mark]
    for endpoint in azure.endpoints.values():
        found += [endpoint_key(endpoint.name)] if endpoint.mark == mark else []
        key = endpoint_key(endpoint.name)
        found += [f"{key}/deployments/{one.name}" for one in endpoint.deployments.values() if one.mark == mark]
    found += [key for key in azure.assignments if granted_by(azure, key) == mark]
    return found + [key for key in azure.settings if key.endswith(digest(mark, 12))]


def granted_by(azure: Azure, key: str) -> str:
    """The run that a role assignment says it is of."""
    return str(azure.assignments[key]["properties"].get("description") or "").rsplit(" ", 1)[-1]


def last_put_by(azure: Azure, key: str) -> str:
    """Who has written it last; "" for nobody."""
    return next((act.by for act in reversed(acts_on(azure, key)) if act.what == "put"), "")
