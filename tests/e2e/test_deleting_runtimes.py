"""Deleting a runtime: what goes with it, what stays because something else needs it, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.cloud import world
from local.process_environment import forget_connections
from local.stack import LocalStack
from tests.e2e import reading
from tests.e2e.runtime_requests import DATA_SCIENTIST, OWN_IMAGE, ended, make, stack, told, wanted

__all__ = ["stack"]

PERSON = world.stable_id("somebody with a runtime")
PUBLIC = "python:3.11"


@pytest.fixture
def grants_to_people(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An operator has let Slipway give users their role."""
    stack.cloud.authorization.add_principal(PERSON, "a person", "User")
    stack.cloud.authorization.seed(
        world.APP.principal_id, "Role Based Access Control Administrator", world.WORKSPACE_ID
    )
    monkeypatch.setenv("SLIPWAY_GRANTABLE_ROLES", DATA_SCIENTIST)
    forget_connections()
    yield
    monkeypatch.undo()
    forget_connections()


def asked(stack: LocalStack, runtime: str, status: int = 202, **parameters: str) -> dict[str, Any]:
    with stack.http as http:
        answer = http.delete(f"/api/runtimes/{runtime}", params=parameters)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def delete(stack: LocalStack, runtime: str, **parameters: str) -> dict[str, Any]:
    return ended(stack, asked(stack, runtime, 202, **parameters))


def plan(stack: LocalStack, runtime: str, **parameters: str) -> dict[str, Any]:
    return asked(stack, runtime, 200, plan="true", **parameters)


def kinds(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["kind"] for entry in entries]


def roles_of(stack: LocalStack, *principals: str | None) -> list[str]:
    return [one.role.name for one in stack.cloud.authorization.assignments() if one.principal_id in principals]


@pytest.mark.usefixtures("grants_to_people")
def test_what_another_runtime_needs_stays_and_the_last_one_takes_everything(stack: LocalStack) -> None:
    first = wanted("shared", users=[PERSON])
    assert make(stack, first)["status"] == "Succeeded"
    second = make(stack, first | {"name": "second", "ports": {"published": 9000}})
    assert second["status"] == "Succeeded", second["error"]
    machine = stack.cloud.state.computes["shared"].identities[0].principal_id
    assert sorted(roles_of(stack, machine, PERSON)) == ["AcrPull", DATA_SCIENTIST]
    written = len(reading.changes(stack))

    foretold = plan(stack, "shared/flows", with_compute="true")

    assert kinds(foretold["removes"]) == ["application"]
    assert {one["kind"]: one["reason"] for one in foretold["leaves"][::2]} == {
        "role_assignment": "pulls the images of second too",
        "compute": "other applications are on it: second",
    }
    assert foretold["leaves"][1]["reason"] == "may be a user of second on shared"
    assert (foretold["problems"], reading.changes(stack)[written:]) == ([], [])

    gone = delete(stack, "shared/flows", with_compute="true")
    assert (gone["status"], gone["kind"], gone["compute"], gone["name"]) == (
        "Succeeded",
        "delete_runtime",
        "shared",
        "flows",
    )
    assert [(one["kind"], one["how"]) for one in gone["ledger"]] == [("application", "removed")]
    assert gone["result"]["stays"]["compute shared"] == "other applications are on it: second"
    there = stack.developer().compute.get("shared")
    assert (there.state, [one.name for one in there.custom_applications]) == ("Running", ["second"])
    assert len(roles_of(stack, machine, PERSON)) == 2

    last = delete(stack, "Shared/second", with_compute="true")
    assert last["status"] == "Succeeded", last["error"]
    assert kinds(last["ledger"]) == ["role_assignment", "role_assignment", "compute"]
    assert ("shared" in stack.cloud.state.computes, roles_of(stack, machine, PERSON)) == (False, [])
    again = delete(stack, "shared/second", with_compute="true")
    assert (again["status"], again["ledger"]) == ("Succeeded", [])
    assert [one["id"] for one in told(stack, "/api/runtimes?compute=shared")["runtimes"]][:3] == [
        again["id"],
        last["id"],
        gone["id"],
    ]


def test_what_others_have_made_or_work_with_goes_only_when_forced(stack: LocalStack) -> None:
    assert make(stack, wanted("of-others", image=PUBLIC))["status"] == "Succeeded"
    machine = stack.cloud.state.computes["of-others"]
    machine.services[0]["environmentVariables"] = {}
    machine.tags = {}
    machine.state = "JobRunning"

    refused = delete(stack, "of-others/flows", with_compute="true")
    foretold = plan(stack, "of-others/flows", with_compute="true")
    machine.state = "Running"
    forced = delete(stack, "of-others/flows", with_compute="true", force="true")

    assert (refused["status"], refused["error"]["code"], refused["ledger"]) == ("Failed", "MadeByOthers", [])
    assert [one["code"] for one in foretold["problems"]] == ["MadeByOthers", "ComputeInUse", "MadeByOthers"]
    assert (forced["status"], kinds(forced["ledger"])) == ("Succeeded", ["compute"])
    assert "of-others" not in stack.cloud.state.computes


def test_a_machine_that_was_stopped_is_started_for_it_and_stopped_again(stack: LocalStack) -> None:
    assert make(stack, wanted("resting", image=OWN_IMAGE))["status"] == "Succeeded"
    machine = stack.cloud.state.computes["resting"]
    stack.developer().compute.begin_stop("resting").wait()

    gone = delete(stack, "resting/flows")

    assert gone["status"] == "Succeeded", gone["error"]
    assert [(one["kind"], one["how"], one["fate"]) for one in gone["ledger"]] == [
        ("compute", "changed", "undone"),
        ("application", "removed", "in_use"),
        ("role_assignment", "removed", "in_use"),
    ]
    stack.until(lambda: machine.state == "Stopped")
    assert (machine.services, roles_of(stack, machine.identities[0].principal_id)) == ([], [])


def test_what_cannot_be_a_runtime_is_refused_at_its_place(stack: LocalStack) -> None:
    refused = asked(stack, "a/flows", 422, with_compute="maybe")
    assert sorted(one["path"] for one in refused["problems"]) == ["compute"]
    assert [one["path"] for one in asked(stack, "machine/flows", 422, with_compute="maybe")["problems"]] == [
        "with_compute"
    ]
