"""What is done about a registration: when its event comes, and again when the policies have changed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest
import yaml

from contracts.events import EVENT_TYPE, ModelRegistered
from contracts.orders import ReactOrder
from contracts.status import REASONS_LIMIT_BYTES, EventOutcome
from orchestrations.policies import PROGRESS_LIMIT_BYTES
from settings import Settings
from tests.samples import request
from triggers import deciding, events, starting
from triggers.deciding import INVALID_NAMED, POLICIES_AT_ONCE, order_for
from triggers.hub import Instance, Page, Query
from triggers.policies import PolicyFolder, read_folder

WORKSPACE = Settings.read({"SLIPWAY_SUBSCRIPTION_ID": "s", "SLIPWAY_RESOURCE_GROUP": "g", "SLIPWAY_WORKSPACE": "w"})
HUB_PAGE = 100


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of policies, and settings that name it."""
    settings = replace(WORKSPACE, policies=tmp_path)
    monkeypatch.setattr(deciding, "settings", lambda: settings)
    monkeypatch.setattr(events, "settings", lambda: settings)
    for module in (events, starting):
        monkeypatch.setattr(module, "Hub", lambda client: client)
    return tmp_path


def write(folder: Path, name: str, body: object | None = None, **parts: Any) -> None:
    template = request(endpoint="{model}", deployment=f"{Path(name).stem}-{{version}}", **parts)
    del template["model"]
    given = body if isinstance(body, dict) else {}
    text = body if isinstance(body, str) else yaml.safe_dump({"match": {"model": "*"}, **template, **given})
    (folder / name).write_text(text)


def registered(model: str = "credit-risk", version: str = "1", **labels: Any) -> ModelRegistered:
    return ModelRegistered(workspace_id=WORKSPACE.workspace_id, model=model, version=version, **labels)


def ended(order: ReactOrder, outcome: str, **changes: Any) -> EventOutcome:
    return order.outcome.model_copy(update={"outcome": outcome, **changes})


def test_each_policy_asks_for_a_deployment_and_says_whether_it_shares(folder: Path) -> None:
    write(folder, "alone.yml")
    write(folder, "shares.yml", {"shares_endpoint": True})

    order = order_for(registered(), read_folder(folder))

    assert [(one.policy, one.order.shares_endpoint) for one in order.asked] == [("alone", False), ("shares", True)]
    assert "shares_endpoint" not in order.asked[1].order.request
    # The event is kept only where it may be needed again.
    assert (order.outcome.deployments, order.outcome.invalid, order.event) == ({}, [], None)


def test_policies_that_meet_at_one_deployment_only_for_this_model_are_told(folder: Path) -> None:
    for name, pattern in (("a", "credit-*"), ("b", "*-risk")):
        write(folder, f"{name}.yml", {"match": {"model": pattern}, "deployment": {**_deployment(), "name": "same"}})

    order = order_for(registered(), read_folder(folder))

    assert [one.policy for one in order.asked] == ["a"]
    assert order.outcome.reasons == ["b: policy a asks for deployment same of endpoint credit-risk already"]


def _deployment() -> dict[str, Any]:
    deployment: dict[str, Any] = request()["deployment"]
    return deployment


def test_a_policy_that_makes_no_request_for_this_version_is_one_to_mend(folder: Path) -> None:
    write(folder, "long.yml", {"endpoint": {"name": "end", "description": "{model}" * 20}})

    fits, too_long = (order_for(registered(model), read_folder(folder)) for model in ("m", "m" * 200))

    assert (len(fits.asked), fits.outcome.invalid) == (1, [])
    assert (too_long.asked, too_long.outcome.invalid) == ([], ["long"])
    assert too_long.outcome.reasons[0].startswith("long: endpoint.description: ")
    assert too_long.event == registered("m" * 200)


def test_what_was_started_is_not_started_again(folder: Path) -> None:
    write(folder, "a.yml", "match: [")
    write(folder, "b.yml")
    first = order_for(registered(), read_folder(folder))
    done = {"b": first.asked[0].instance_id}
    write(folder, "a.yml")

    deployed = order_for(registered(), read_folder(folder), ended(first, "invalid", deployments=done))
    reasons = ["b: deployment x failed", "a.yml: no YAML"]
    failed = order_for(registered(), read_folder(folder), ended(first, "failed", deployments=done, reasons=reasons))

    assert [one.policy for one in deployed.asked] == [one.policy for one in failed.asked] == ["a"]
    assert (deployed.outcome.outcome, deployed.outcome.deployments) == ("received", done)
    assert (failed.outcome.outcome, failed.outcome.reasons) == ("failed", ["b: deployment x failed"])


def test_an_outcome_fits_a_custom_status_and_tells_first_what_to_mend(folder: Path) -> None:
    for number in range(40):
        write(folder, f"a{number:02}-{'x' * 36}.yml", {"match": {"model": "nobody's"}})
        write(folder, f"b{number:02}-{'x' * 36}.yml")
        write(folder, f"c{number:02}-{'x' * 36}.yml", {"traffic": "é" * 300, "deployment": 5})
    order = order_for(registered("m" * 255, "v" * 255), read_folder(folder))

    assert (len(order.asked), len(order.outcome.invalid)) == (POLICIES_AT_ONCE, INVALID_NAMED)
    assert [line[:4] for line in order.outcome.reasons[:3]] == ["c00-", "c01-", "c02-"]
    [more] = [line for line in order.outcome.reasons if "slipway policies check" in line]
    assert more.startswith("and ")
    started = {one.policy: one.instance_id for one in order.asked}
    said = order.outcome.model_copy(update={"deployments": started})
    for policy in started:
        said = said.saying(f"{policy}: superseded, the newest version is {'v' * 255}"[:300])
    assert len(json.dumps(said.reasons)) <= REASONS_LIMIT_BYTES + 100
    assert len(json.dumps(said.to_wire())) <= PROGRESS_LIMIT_BYTES


@dataclass
class Hub:
    """A task hub and its client: it lists at most a hundred instances at once, in the order of their ids."""

    instances: dict[str, Instance] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)

    def has(self, instance_id: str, created: datetime, outcome: Any, order: Any, state: str = "Completed") -> None:
        self.instances[instance_id] = Instance(
            instance_id, runtime_status=state, created=created, input=order, custom_status=outcome
        )

    async def __aenter__(self) -> Hub:
        return self

    async def __aexit__(self, *reason: object) -> None:
        pass

    async def instance(self, instance_id: str) -> Instance | None:
        return self.instances.get(instance_id)

    async def page(self, query: Query, token: str = "") -> Page:
        ids = sorted(one for one in self.instances if one.startswith(query.prefix) and one > token)
        found = [
            replace(self.instances[one], input=None)
            for one in ids[:HUB_PAGE]
            if self.instances[one].runtime_status in query.states
            if query.since is None or (self.instances[one].created or query.since) >= query.since
        ]
        return Page(found, ids[HUB_PAGE - 1] if len(ids) > HUB_PAGE else "")

    async def start_new(self, _name: str, instance_id: str, order: Any) -> str:
        if "cannot" in instance_id:
            raise RuntimeError("the task hub is not there")
        self.has(instance_id, datetime.now(UTC), order["outcome"], order, "Running")
        self.started.append(instance_id)
        return instance_id


def changed(hub: Hub) -> None:
    """Run the timer function."""
    asyncio.run(events.policies_changed(None, hub))  # type: ignore[arg-type]  # a fake client, and no timer


def waiting(hub: Hub, folder: PolicyFolder, version: str, created: datetime, **more: Any) -> str:
    """A registration that has ended, and waits for a policy to be mended."""
    order = order_for(registered(version=version), folder)
    hub.has(order.outcome.id, created, ended(order, "invalid").to_wire(), order.to_wire(), **more)
    return order.outcome.id


def test_any_number_of_registrations_is_decided_again(folder: Path) -> None:
    write(folder, "a.yml", "match: [")
    hub, before, now = Hub(), read_folder(folder), datetime.now(UTC)
    for number in range(350):
        waiting(hub, before, str(number), now - timedelta(seconds=number // 3))
    changed(hub)
    assert hub.started == []

    write(folder, "a.yml")
    changed(hub)

    assert sorted(hub.started) == sorted(hub.instances)


def test_only_what_waits_is_decided_again(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    hub, now = Hub(), datetime.now(UTC)
    waiting(hub, read_folder(folder), "ignored", now)
    write(folder, "a.yml", "match: [")
    before = read_folder(folder)
    waiting(hub, before, "running", now, state="Running")
    waiting(hub, before, "canceled", now, state="Terminated")
    waiting(hub, before, "long ago", now - events.DECIDED_WITHIN - timedelta(minutes=1))
    failed = waiting(hub, before, "failed", now, state="Failed")
    write(folder, "a.yml")
    waiting(hub, read_folder(folder), "fine", now)

    changed(hub)

    assert hub.started == [failed]
    assert "cannot be decided again" not in caplog.text


def test_an_event_that_comes_again_while_it_is_dealt_with_changes_nothing(folder: Path) -> None:
    write(folder, "a.yml", "match: [")
    hub = Hub()
    running = waiting(hub, read_folder(folder), "1", datetime.now(UTC), state="Running")
    write(folder, "a.yml")
    event = func.EventGridEvent(
        id="1",
        topic=WORKSPACE.workspace_id,
        event_type=EVENT_TYPE,
        event_time=None,
        subject="models/credit-risk:1",
        data={},
        data_version="2",
    )

    asyncio.run(events.on_model_registered(event, hub))
    assert hub.started == []

    hub.instances[running] = replace(hub.instances[running], runtime_status="Completed")
    asyncio.run(events.on_model_registered(event, hub))
    assert hub.started == [running]


def test_one_that_cannot_be_decided_stops_no_other(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(folder, "a.yml", "match: [")
    hub, now = Hub(), datetime.now(UTC)
    good = waiting(hub, read_folder(folder), "1", now)
    told = hub.instances[good].custom_status
    for name, outcome, order in (
        ("event-00", told, None),
        ("event-01", told, "https://account.blob.core.windows.net/hub/input.json.gz"),
        ("event-02", {"unknown": 1}, {}),
        ("event-03", "no outcome", {}),
        ("event-04", None, None),
        ("event-05", ["a"], 5),
        ("event-cannot-be-started", told, hub.instances[good].input),
    ):
        hub.has(name, now, outcome, order)
    write(folder, "a.yml")

    changed(hub)

    assert hub.started == [good]
    assert "event-cannot-be-started could not be decided again: RuntimeError" in caplog.text
    for unknown in ("event-00", "event-01"):
        assert f"{unknown} cannot be decided again: the task hub does not tell its event" in caplog.text


def test_a_cloud_event_is_read_as_well(folder: Path) -> None:
    write(folder, "a.yml")
    event = func.CloudEvent(
        id="1",
        source=WORKSPACE.workspace_id,
        type=EVENT_TYPE,
        specversion="1.0",
        data={"modelName": "credit-risk", "modelVersion": "1"},
    )
    hub = Hub()

    asyncio.run(events.on_model_registered(event, hub))  # type: ignore[arg-type]  # the worker hands over either

    [instance] = hub.instances.values()
    order = ReactOrder.from_wire(instance.input)
    assert (order.outcome.model, [one.policy for one in order.asked]) == ("credit-risk", ["a"])
