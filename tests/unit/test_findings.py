"""What does not fit together: compared without Azure, and told to the log where it has changed."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.removing import Compared, next_to_go, whole_plan
from activities.strays import Things, about_endpoint, grants_without_identity, settings_without_deployment
from azure_api.clients import clients
from contracts.errors import CloudUnavailable
from contracts.findings import FindingList, Stray
from contracts.ledger import LedgerEntry
from settings import findings_schedule
from tests.replay.operations import released
from tests.unit.scripted_hub import ScriptedHub, document
from triggers import findings
from triggers.claims import read_claims
from triggers.hub import Hub


def endpoint(**properties: Any) -> dict[str, Any]:
    return {"name": "e", "id": "/e", "properties": properties}


def deployment(name: str, mark: str | None) -> dict[str, Any]:
    return {"name": name, "id": f"/e/{name}", "tags": {"slipway-instance": mark} if mark else None}


RELEASES = [released(2, "green"), released(1, "blue")]
GREEN, BLUE = deployment("green", f"dep-{2:032x}"), deployment("blue", f"dep-{1:032x}")


@pytest.mark.parametrize(
    ("properties", "deployments", "found"),
    [
        ({"traffic": {"green": 100, "blue": 0}}, [GREEN, BLUE, deployment("theirs", None)], []),
        ({"traffic": {"green": 100}}, [deployment("blue", "dep-again")], ["deployment_without_release"]),
        ({"traffic": {"green": 100}, "mirrorTraffic": {"third": 5}}, [deployment("third", "dep-3")], []),
        ({"traffic": {"green": 90, "blue": 10}}, [GREEN, BLUE], ["traffic_changed"]),
        ({"traffic": {}}, [], ["traffic_changed"]),
        ({"traffic": {"Green": 100}}, [{**GREEN, "name": "Green"}, {**BLUE, "name": "BLUE"}], []),
    ],
    ids=["as it was left", "made again", "gets a copy", "shared", "taken away", "in other letters"],
)
def test_an_endpoint_is_compared_with_its_releases(
    properties: dict[str, Any], deployments: list[dict[str, Any]], found: list[str]
) -> None:
    assert [one.kind for one in about_endpoint(endpoint(**properties), deployments, RELEASES)] == found
    assert [one for one in about_endpoint(endpoint(traffic={"x": 100}), [], []) if one.kind == "traffic_changed"] == []


def test_roles_of_people_and_of_computes_are_not_found() -> None:
    def grant(
        name: str, principal: str, kind: str = "ServicePrincipal", by: str = "Slipway: pulls; instance dep-1"
    ) -> Any:
        return {"id": f"/{name}", "properties": {"principalId": principal, "principalType": kind, "description": by}}

    things = Things(
        endpoints={"e": {"name": "e", "identity": {"principalId": "own"}}},
        computes=[{"name": "machine", "identity": {"userAssignedIdentities": {"/i": {"principalId": "attached"}}}}],
        grants=[
            grant("of the endpoint", "own"),
            grant("of the compute", "attached"),
            grant("of a person", "somebody", "User"),
            grant("of others", "gone", by="made by hand"),
            grant("left over", "gone"),
        ],
    )

    assert [(one.id, one.made_by) for one in grants_without_identity(things)] == [("/left over", "dep-1")]


def compared(in_use: dict[str, str] | None = None, **properties: Any) -> Compared:
    """An endpoint with one deployment for each reason to stay, and one that nothing needs, in its third release."""
    inside = f"{clients().settings.workspace_id}/onlineEndpoints/e/deployments"
    every = [GREEN, BLUE, deployment("theirs", None), deployment("copied", "dep-3"), deployment("left", "dep-4")]
    every += [{**deployment("changing", "dep-5"), "state": "Updating"}, deployment("busy", "dep-6")]
    for one in every:
        one["properties"] = {"provisioningState": one.pop("state", "Succeeded")}
    insights = f"{clients().settings.resource_group_id}/providers/Microsoft.Insights/metricAlerts"
    settings = [
        {
            "id": f"{insights}/{name}",
            "name": name,
            "tags": {"slipway-instance": mark} if mark else {},
            "properties": {"scopes": [f"{inside}/gone"]},
        }
        for name, mark in (("slipway-e-gone-1-errors", "dep-1"), ("by-hand", None))
    ]
    document = endpoint(**{"traffic": {"green": 100}, "mirrorTraffic": {"copied": 5}, **properties})
    things = Things(endpoints={"e": document}, deployments={"e": every}, settings=settings)
    strays = [*settings_without_deployment(things), *about_endpoint(document, every, RELEASES)]
    return Compared("e", things, RELEASES, strays, {"/e/busy": "dep-6", **(in_use or {})})


STAYS = {
    "green": "deployment green has 100 % of the traffic",
    "blue": "deployment blue has served in release 1",
    "theirs": "deployment theirs was not made by Slipway",
    "copied": "deployment copied gets a copy of 5 % of the traffic",
    "changing": "deployment changing is Updating",
    "busy": "the run dep-6 works on deployment busy",
    "by-hand": "by-hand was not made by Slipway",
}


def test_only_what_nothing_needs_goes_and_the_rest_is_told_why_not() -> None:
    found = compared()

    first = next_to_go(found, None, [])
    assert [(going.entry.kind, going.mark) for going in first.next] == [("alerts", "dep-1")]
    assert [one.kind for one in found.removable] == ["setting_without_deployment", "deployment_without_release"]
    assert {one.name: one.why.message for one in found.staying()} == STAYS
    assert first.stays == STAYS
    shared = compared(traffic={"green": 60, "blue": 40})
    assert next_to_go(shared, None, []).stays["traffic"].endswith("slipway traffic e green=100")


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("/e/green", "StillServing"),
        ("/E/Copied", "StillServing"),
        ("/e/blue", "StillNeeded"),
        ("/e/busy", "StillNeeded"),
        ("/e/theirs", "MadeByOthers"),
        ("/e/gone-already", None),
    ],
)
def test_the_one_that_was_asked_for_and_stays_is_a_problem(identifier: str, code: str | None) -> None:
    removal, plan = next_to_go(compared(), identifier, []), whole_plan(compared(), identifier)

    assert (removal.next, plan.removes, plan.leaves) == ([], [], [])
    assert (removal.problem.code if removal.problem else None) == code
    assert [one.code for one in plan.problems] == ([code] if code else [])


def test_a_role_is_relied_on_by_runs_that_have_not_ended_and_name_it() -> None:
    def run(number: int, status: str, **entry: str) -> dict[str, Any]:
        ledger = [{"kind": "role_assignment", "id": "/Role", "how": "found", **entry}]
        began = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return document(f"dep-{number:032x}", began, runtimeStatus=status, customStatus={"ledger": ledger})

    async def relying(mark: str) -> str | None:
        entry = LedgerEntry(kind="role_assignment", id="/role")
        claims = await read_claims(Hub(hub.client()), for_good=True, roles=True)
        return claims.on(entry, mark)

    every = [run(1, "Completed"), run(2, "Running", fate="undone"), run(3, "Running", id="/other"), run(4, "Running")]
    with ScriptedHub() as hub:
        hub.instances = {one["instanceId"]: one for one in every}

        assert asyncio.run(relying("")) == every[3]["instanceId"]
        assert asyncio.run(relying(every[3]["instanceId"])) is None


def test_the_log_tells_what_has_changed(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    stray = Stray(kind="traffic_changed", id="/e", detail="green 100 %", command="slipway traffic e blue=100")
    answers: list[Any] = [[stray], [stray], CloudUnavailable("busy"), [], [stray]]

    async def found_now(_: object) -> FindingList:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return FindingList(findings=answer)

    monkeypatch.setattr(findings, "found_now", found_now)
    monkeypatch.setattr(findings, "_told", set())
    told = []
    with caplog.at_level(logging.INFO, "slipway.findings"):
        while answers:
            caplog.clear()
            asyncio.run(findings.look(None, None))  # type: ignore[arg-type]  # the timer is not read
            told.append([record.message.split(":")[0] for record in caplog.records])

    gone, failed = ["not found any more"], ["findings could not be looked for"]
    assert told == [["found"], [], failed, gone, ["found"]]


def test_nobody_looks_unless_an_operator_says_when(monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings_schedule() == ""
    monkeypatch.setenv("SLIPWAY_FINDINGS_SCHEDULE", " 0 0 * * * * ")
    assert findings_schedule() == "0 0 * * * *"
