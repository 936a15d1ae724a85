"""What every Azure resource that Slipway makes has in common: its room answers these questions, in one file.

What a plan finds about it, how it is ensured, when it is provisioned, how it is removed or why it stays, what of it
goes with an endpoint, and which rights that takes. `registry.py` lists the rooms; their activities, the plan, teardown
and undo are derived from that list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from activities import assets
from activities.departing import Belonging, Departing
from activities.scene import Finding, Scene
from contracts.activities import Ensured, EnsureInput, EntryInput, Provisioning
from contracts.base import Contract
from contracts.ledger import LedgerEntry

Wanted = TypeVar("Wanted")
REGISTERED = "registered versions are immutable and shared"
# Why what a run has changed is not given back.
CHANGED_SINCE = "somebody else has changed it since"


@dataclass(frozen=True)
class There:
    """What is found where a ledger entry points.

    Attributes:
        thing: what the room read; only the room knows what that is.
        ours: whether this run made it: another thing of that name is somebody else's.
    """

    thing: Any
    ours: bool
    state: str = "Succeeded"


class Resource(Generic[Wanted]):
    """One kind of Azure resource.

    Attributes:
        kind: its name in ledgers; its activities are called after it.
        step: what the runbook calls ensuring it, where `ensure_<kind>` does not say it.
        rights: the actions that Slipway's own identity must be allowed to take.
        words: the contract of its part of a request, where callers may leave the whole part out.
        within: whether its part is one of another resource's, and may be left out there (`contracts.orders.PARTS`).
        after: the kind of the resource that such a part is made after.
        answers: what `ensure` answers.
        long: whether making it takes longer than a call.
    """

    kind: str
    step: str | None = None
    rights: Sequence[str] = ()
    words: type[Contract] | None = None
    within: bool = False
    after: str = ""
    answers: type[Ensured] = Ensured
    long: bool = False

    @property
    def optional(self) -> bool:
        """Whether it is made only when a request has its part."""
        return self.words is not None or self.within

    def entry(self, reference: str, *, made: bool) -> LedgerEntry:
        """What the ledger says of it."""
        return LedgerEntry(kind=self.kind, id=reference, how="made" if made else "found")

    def read(self, part: Any) -> Wanted:
        """The resource's part of a stored request."""
        raise NotImplementedError

    def plan(self, wanted: Wanted, scene: Scene) -> Finding:
        """What reading tells about it; raises DeploymentError for what would make the deployment fail."""
        raise NotImplementedError

    def reference(self, scene: Scene) -> str | None:
        """The ledger's reference of what is about to be made, None for none; for parts that callers may leave out."""
        raise NotImplementedError

    def ensure(self, wanted: Wanted, order: EnsureInput) -> Ensured:
        """Confirm it, or make or change it; running it twice leaves the same state."""
        raise NotImplementedError

    def foretold(self, finding: Finding, scene: Scene, wanted: Any) -> Ensured:
        """What `ensure` would answer if everything went as the plan says."""
        return self.answers(done=not (self.long and finding.creates))

    def provisioned(self, entry: LedgerEntry) -> Provisioning:
        """How far making it is; raises why it failed."""
        return Provisioning(state="Succeeded", done=True)

    def remove(self, order: EntryInput) -> Provisioning:
        """Begin to remove it, or see how far that is; nothing is said of it before it was looked at.

        Only what carries the mark is removed, and only if nothing speaks for keeping it; unless it is to go for good.
        """
        found = self.there(order)
        if found is None:
            return Provisioning(state="Deleted", done=True, absent=True)
        if not found.ours and not order.for_good:
            return Provisioning(state=found.state, done=True, ours=False)
        if found.state == "Deleting":
            return Provisioning(state=found.state, done=False)
        stays = None if order.for_good else self.why_it_stays(found, order)
        if stays:
            return Provisioning(state=found.state, done=True, stays=stays)
        return self.delete(found, order)

    def there(self, order: EntryInput) -> There | None:
        """What is there of the order's entry; None for nothing."""
        raise NotImplementedError

    def why_it_stays(self, found: There, order: EntryInput) -> str | None:
        """Why this run's own thing is not removed; None when it is."""
        return order.wish

    def delete(self, found: There, order: EntryInput) -> Provisioning:
        """Begin to remove it."""
        raise NotImplementedError

    def belongings(self, departing: Departing) -> Iterable[Belonging]:
        """What there is of this kind that goes when an endpoint, or one of its deployments, is deleted."""
        return ()


class Registered(Resource[Wanted]):
    """A versioned asset of the workspace: never removed, because others may name it by now."""

    def there(self, order: EntryInput) -> There | None:
        """The registered version."""
        found = assets.find(order.entry.id)
        return None if found is None else There(found, ours=assets.mark_of(found) == order.mark)

    def why_it_stays(self, found: There, order: EntryInput) -> str:
        """Always."""
        return REGISTERED
