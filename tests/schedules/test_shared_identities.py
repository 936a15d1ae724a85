"""Roles of a user-assigned identity when an endpoint goes that has it: those granted for it alone, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from activities.shared_identities import OF_ANOTHER
from contracts.operations import OperationResult
from tests.schedules.instances import Instance
from tests.schedules.records import IDENTITY_ID, IDENTITY_PRINCIPAL
from tests.schedules.stage import Stage, body

WITH_IDENTITY = {"type": "user_assigned", "user_assigned_identities": [{"resource_id": IDENTITY_ID}]}


def deployed(stage: Stage, endpoint: str) -> Instance:
    asked = body("blue") | {"access": {}, "endpoint": {"name": endpoint, "identity": WITH_IDENTITY}}
    run = stage.asked_for({name: part for name, part in asked.items() if name != "diagnostics"})
    assert run.status == "Completed"
    return run


def deleted(stage: Stage, endpoint: str) -> dict[str, tuple[str, str | None]]:
    """What became of the roles, and why."""
    run = stage.operates("delete_endpoint", {"force": True}, endpoint=endpoint)
    assert stage.rests() == []
    assert run.status == "Completed"
    ledger = OperationResult.from_wire(run.output).ledger
    return {one.id: (one.how if one.fate == "in_use" else one.fate, one.reason) for one in ledger if "role" in one.kind}


def held(stage: Stage) -> list[Any]:
    every = stage.azure.assignments.values()
    return [one["id"] for one in every if one["properties"]["principalId"] == IDENTITY_PRINCIPAL]


def test_what_was_granted_for_the_endpoint_that_goes_is_taken_and_nothing_of_others(stage: Stage) -> None:
    deployed(stage, "north")
    [theirs, *ours] = held(stage)
    stage.azure.assignments[theirs.lower()]["properties"]["description"] = "granted by hand"

    became = deleted(stage, "north")

    assert became == dict.fromkeys(ours, ("removed", None))
    assert ours
    assert held(stage) == [theirs]


@pytest.mark.parametrize("holder", ["endpoint south", "compute machine"])
def test_what_somebody_else_has_the_identity_for_stays_and_the_ledger_says_why(stage: Stage, holder: str) -> None:
    deployed(stage, "north")
    if holder == "endpoint south":
        deployed(stage, "south")
    else:
        attached = {IDENTITY_ID: {"principalId": IDENTITY_PRINCIPAL}}
        stage.azure.computes["machine"] = {"userAssignedIdentities": attached}
    roles = held(stage)

    assert deleted(stage, "north") == dict.fromkeys(roles, ("stays", f"{holder} has the same identity"))
    assert held(stage) == roles


def test_what_another_run_granted_stays_when_the_last_one_goes_that_has_the_identity(stage: Stage) -> None:
    """Its hub may be another one: an endpoint of another workspace is not seen."""
    for name in ("north", "south"):
        deployed(stage, name)
    roles = held(stage)
    deleted(stage, "north")

    assert deleted(stage, "south") == dict.fromkeys(roles, ("stays", OF_ANOTHER))


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "under way"])
def test_who_has_found_a_role_keeps_it_as_long_as_it_runs(stage: Stage, ended: bool) -> None:
    """The endpoint of a run that is under way may be yet to come: its identity must hold its roles before."""
    deployed(stage, "north")
    other, roles = deployed(stage, "south"), held(stage)
    there = stage.azure.endpoints.pop("south")
    other.status = "Completed" if ended else "Running"
    run = stage.operates("delete_endpoint", {"force": True})
    stage.hub.run()
    stage.azure.endpoints["south"], other.status = there, "Completed"

    ledger = OperationResult.from_wire(run.output).ledger
    reasons = {one.id: one.reason for one in ledger if one.kind == "role_assignment"}
    assert reasons == dict.fromkeys(roles, None if ended else f"{other.id} relies on it")
    assert held(stage) == ([] if ended else roles)
