"""The host dies, at every point of a deployment: whoever takes over ends where an undisturbed run ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local.cloud.faults import Fault
from tests.chaos import scene
from tests.chaos.rehearsal import Rehearsal

# A host dies after this many writes of its own, and the first one at each number up to it: after each write of a run
# some host dies, and between two deaths something is done.
EVERY = 6

# Longer than any deadline of the runbook, shorter than what Durable Functions or Azure would forget.
OUTAGE = timedelta(hours=3)


@pytest.fixture(scope="module")
def undisturbed(rehearsal: Rehearsal) -> dict[str, Any]:
    return rehearsal.run(scene.request())


@pytest.fixture(scope="module")
def undisturbed_with_own_identity(rehearsal: Rehearsal) -> dict[str, Any]:
    return rehearsal.run(scene.request(identity="credit-risk-identity"))


def test_an_undisturbed_run_makes_everything_once(undisturbed: dict[str, Any]) -> None:
    made = [kind for kind, _, _ in undisturbed["ledger"]]

    assert undisturbed["status"] == "Succeeded"
    assert made == ["code", "deployment", "endpoint", "environment", "model", *["role_assignment"] * 2, "traffic"]
    assert [len(endpoint["deployments"]) for endpoint in undisturbed["endpoints"]] == [1]
    assert undisturbed["result"]["answer"] == [17]


@pytest.mark.parametrize("first", range(1, EVERY + 1))
def test_death_after_any_durable_write_changes_nothing(
    rehearsal: Rehearsal, undisturbed: dict[str, Any], first: int
) -> None:
    ending = rehearsal.run(scene.request(), dies_after=first, then_after=EVERY)

    assert rehearsal.deaths >= 7
    assert ending == undisturbed


def test_death_after_every_single_write_only_takes_longer(rehearsal: Rehearsal, undisturbed: dict[str, Any]) -> None:
    ending = rehearsal.run(scene.request(), dies_after=1, then_after=1)

    assert rehearsal.deaths > 40
    assert ending == undisturbed


@pytest.mark.parametrize("first", range(3))
def test_death_in_the_middle_of_any_azure_write_that_goes_through(
    rehearsal: Rehearsal, undisturbed: dict[str, Any], first: int
) -> None:
    second = timedelta(seconds=1)
    every_third = scene.write(2, delay=second)

    ending = rehearsal.run_cut_off(scene.request(), scene.write(first, delay=second), every_third)

    assert rehearsal.deaths >= 3
    assert ending == undisturbed


@pytest.mark.parametrize(
    "last_act",
    [
        "activity endpoint_provisioned",
        "activity deployment_provisioned",
        "activity traffic_provisioned",
        "activity begin_deployment",
    ],
)
def test_an_outage_longer_than_every_deadline_fails_nothing_that_azure_has_finished(
    rehearsal: Rehearsal, undisturbed: dict[str, Any], last_act: str
) -> None:
    ending = rehearsal.run(scene.request(), dies_after=last_act, outage=OUTAGE)

    assert rehearsal.deaths == 1
    assert ending == undisturbed


def test_a_try_that_failed_before_an_outage_is_made_again_after_it(
    rehearsal: Rehearsal, undisturbed: dict[str, Any]
) -> None:
    busy = Fault(method="PUT", operation="*/onlineEndpoints/deployments/write", status=503)

    ending = rehearsal.run(scene.request(), dies_after="activity begin_deployment", outage=OUTAGE, faults=[busy])

    assert rehearsal.fault_has_hit()
    assert ending == undisturbed


@pytest.mark.parametrize("first", [4, 8])
def test_death_with_an_identity_whose_roles_come_before_the_endpoint(
    rehearsal: Rehearsal, undisturbed_with_own_identity: dict[str, Any], first: int
) -> None:
    ending = rehearsal.run(scene.request(identity="credit-risk-identity"), dies_after=first, then_after=11)

    assert rehearsal.deaths >= 3
    assert ending == undisturbed_with_own_identity
