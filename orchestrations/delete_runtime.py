"""Delete a runtime, with what Slipway has granted for it; the compute instance only when asked, and only if it is free.

wait for the compute instance → plan → start it if it must run → take the application → roles → compute instance
→ wait until it is up again → stop it again
"""

from __future__ import annotations

from contracts.base import Json
from contracts.ledger import LedgerEntry, compute_reference
from contracts.plan import Resolved
from contracts.runtime_deletion import DepartingRuntimeInput, RuntimeDeletionOrder, RuntimeDeparture
from contracts.runtimes import RuntimeResult
from orchestrations import steps
from orchestrations.engine import Context, Taking
from orchestrations.make_runtime import started
from orchestrations.run import Run
from orchestrations.teardown import take_all
from orchestrations.turns import in_turn
from orchestrations.undo import carried_out, undo_one


def delete_runtime(context: Context) -> Taking[Json]:
    """Orchestration `delete_runtime`: ends with a `RuntimeResult`, or Failed with the error on the board."""
    run = Run(context, delete_runtime.__name__)
    return (yield from carried_out(run, lambda: remove_it(run)))


def remove_it(run: Run) -> Taking[RuntimeResult]:
    """Take it with what goes with it; one that is gone already is fine."""
    order = RuntimeDeletionOrder.from_wire(run.context.get_input())
    yield from in_turn(run, order)
    found = yield from look(run, order)
    if found.starts:
        yield from start_compute(run, order)
    yield from take_all(run, found, lambda: look(run, order), steps.PLAN_RUNTIME_TEARDOWN)
    yield from leave_compute_as_it_was(run, order)
    return RuntimeResult(stays=found.stays, ledger=run.ledger.entries)


def look(run: Run, order: RuntimeDeletionOrder) -> Taking[RuntimeDeparture]:
    """What goes first; raises StepFailed when others have made it, or a job runs there, and nobody forces it."""
    asked = DepartingRuntimeInput(
        compute=order.compute,
        name=order.name,
        force=order.part("force") is True,
        with_compute=order.part("with_compute") is True,
        spared=[entry.id for entry in run.ledger.entries if entry.fate == "stays"] or None,
    )
    found = yield from run.take(steps.PLAN_RUNTIME_TEARDOWN, asked)
    if found.problems:
        run.stop_over(steps.PLAN_RUNTIME_TEARDOWN, found.problems[0].model_copy(update={"path": ""}))
    return found


def start_compute(run: Run, order: RuntimeDeletionOrder) -> Taking[None]:
    """Have it running, as long as this run takes: its applications are written while it runs."""
    entry = LedgerEntry(kind=steps.COMPUTE.kind, id=compute_reference(order.compute))
    asked = {"name": order.compute, "starts": True}
    compute = yield from run.begin(steps.COMPUTE, asked, Resolved(), [started(entry)])
    yield from run.finish(steps.COMPUTE, compute, entry)


def leave_compute_as_it_was(run: Run, order: RuntimeDeletionOrder) -> Taking[None]:
    """Where the compute instance stays, wait for its restart without the application; stop it if it was stopped."""
    taken = {entry.kind for entry in run.ledger.entries if entry.how == "removed"}
    if steps.APPLICATION.kind in taken and steps.COMPUTE.kind not in taken:
        restarted = LedgerEntry(kind=steps.COMPUTE.kind, id=compute_reference(order.compute))
        up = steps.COMPUTE.provisioned
        yield from run.watch(up, run.about_entry(restarted), up.backoff)
    for entry in [one for one in run.ledger.entries if one.how == "changed" and one.fate == "in_use"]:
        yield from undo_one(run, entry)
        run.publish()
