"""What is asked of the task hub, what is believed of its answers, and what is never said of where it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.scripted_hub import SECRET, TOKEN, ScriptedHub, document
from triggers.hub import Hub, HubUnavailable, Instance, Page, Query

ID = "dep-" + "0" * 32


@pytest.fixture
def hub() -> Iterator[ScriptedHub]:
    with ScriptedHub() as running:
        yield running


def one(hub: ScriptedHub, instance_id: str = ID) -> Instance | None:
    async def ask() -> Instance | None:
        async with Hub(hub.client()) as opened:
            return await opened.instance(instance_id)

    return asyncio.run(ask())


def page(hub: ScriptedHub, query: Query, token: str = "") -> Page:
    async def ask() -> Page:
        async with Hub(hub.client()) as opened:
            return await opened.page(query, token)

    return asyncio.run(ask())


def test_lists_go_on_with_the_token_and_without_inputs(hub: ScriptedHub) -> None:
    hub.instances = {f"dep-{number:03}": document(f"dep-{number:03}", input="{}") for number in range(121)}
    query = Query("dep-", ("Completed", "Failed"), datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))

    first = page(hub, query)
    last = page(hub, query, first.token)

    assert [len(first.instances), len(last.instances), last.token] == [100, 21, ""]
    assert not [instance for instance in first.instances if instance.input is not None]
    asked = {
        "instanceIdPrefix": "dep-",
        "showInput": "false",
        "runtimeStatus": "Completed,Failed",
        "createdTimeFrom": "2025-01-01T00:00:00Z",
        "createdTimeTo": "2027-01-01T00:00:00Z",
    }
    assert hub.asked == [(asked, ""), (asked, first.token)]


@pytest.mark.parametrize(
    ("status", "body"), [(404, b""), (404, {"Message": "gone"}), (200, None), (200, b""), (202, b" \n"), (200, "text")]
)
def test_an_instance_that_is_not_told_is_none(hub: ScriptedHub, status: int, body: Any) -> None:
    hub.answers("GET", f"instances/{ID}", status=status, body=body)

    assert one(hub) is None


@pytest.mark.parametrize("state", ["Unknown", "", None, 7])
@pytest.mark.parametrize("moment", ["yesterday", "", None, 7, "2026-13-01T00:00:00Z"])
def test_an_instance_is_told_whatever_its_state_and_time(hub: ScriptedHub, state: Any, moment: Any) -> None:
    hub.instances[ID] = document(ID, createdTime=moment, runtimeStatus=state)

    found = one(hub)

    assert found is not None
    assert (found.id, found.created) == (ID, None)


def test_half_a_surrogate_in_one_instance_does_not_hide_the_others(hub: ScriptedHub) -> None:
    hub.instances = {name: document(name) for name in ("dep-1", "dep-2")}
    hub.instances["dep-1"]["customStatus"] = "\ud800"

    assert [instance.id for instance in page(hub, Query("dep-")).instances] == ["dep-1", "dep-2"]


def test_what_is_no_instance_in_a_list_is_left_out(hub: ScriptedHub) -> None:
    hub.answers("GET", "instances", body=[None, 5, "text", {}, {"instanceId": 5}, document("dep-1")])

    assert [instance.id for instance in page(hub, Query("dep-")).instances] == ["dep-1"]


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (500, b"", {}),
        (503, b"starting", {}),
        (401, b"", {}),
        (200, b"<html>", {}),
        (200, {"a": "mapping"}, {}),
        (200, None, {}),
        (302, b"", {"Location": "/elsewhere"}),
        (307, b"", {"Location": "/elsewhere"}),
    ],
)
def test_a_list_that_cannot_be_read_is_a_hub_that_is_away(
    hub: ScriptedHub, status: int, body: Any, headers: dict[str, str]
) -> None:
    hub.answers("GET", "instances", status=status, body=body, headers=headers)

    with pytest.raises(HubUnavailable) as refusal:
        page(hub, Query("dep-"))

    assert SECRET not in f"{refusal.value!r} {refusal.value.__cause__!r}"
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None
    assert hub.others == []


def test_a_hub_that_repeats_itself_is_not_followed_for_ever(hub: ScriptedHub) -> None:
    hub.answers("GET", "instances", body=[], headers={TOKEN: "same"})

    with pytest.raises(HubUnavailable, match="again and again"):
        page(hub, Query("dep-"), "same")


def test_a_hub_that_is_not_there_is_told_without_its_address() -> None:
    with ScriptedHub() as gone:
        pass

    with pytest.raises(HubUnavailable) as refusal:
        one(gone)

    assert "127.0.0.1" not in str(refusal.value)
    assert SECRET not in str(refusal.value)


def test_no_proxy_is_asked(hub: ScriptedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedHub() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        hub.instances[ID] = document(ID)

        assert one(hub) is not None
        assert (proxy.asked, proxy.others) == ([], [])
