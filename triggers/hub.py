"""How the task hub is asked for instances: one, or all of a runbook, page by page.

The SDK's client drops the token with which a list goes on, and trusts whatever is answered. So the requests are made
here, to the address that the client binding names and to no other: no redirect is followed, no proxy is used. That
address opens every instance of the hub, and is in no text that is made here.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import quote

import aiohttp
from pydantic_core import from_json

from contracts.base import Json
from contracts.errors import CloudUnavailable

TOKEN = "x-ms-continuation-token"  # noqa: S105 - the name of a header
PATIENCE = aiohttp.ClientTimeout(total=60, sock_connect=10)
# The host that answers also runs the orchestrations.
REQUESTS_AT_ONCE = 16
# The statuses with which an instance is told: ended, running, ended badly (as old hosts said it).
_TOLD = frozenset({200, 202, 400, 500})


class HubUnavailable(Exception):
    """The task hub did not answer, or not in its own words; it may do so in a moment."""

    def to_run(self) -> dict[str, Any]:
        """What an activity answers then: its run asks again."""
        return {"error": CloudUnavailable(str(self)).to_failure().to_wire()}


@dataclass(frozen=True)
class Instance:
    """What the task hub says of an instance, whoever started it with whatever input.

    Attributes:
        created: to the second, as the hub tells it; None when it cannot be read.
    """

    id: str
    name: str = ""
    runtime_status: str = ""
    created: datetime | None = None
    updated: datetime | None = None
    input: Json = None
    custom_status: Json = None
    output: Json = None
    history: Sequence[Json] = ()

    @classmethod
    def from_wire(cls, wire: Json) -> Instance | None:
        """The instance in a status document; None where there is none in it."""
        if not isinstance(wire, dict) or not isinstance(wire.get("instanceId"), str) or not wire["instanceId"]:
            return None
        return cls(
            id=wire["instanceId"],
            name=str(wire.get("name") or ""),
            runtime_status=str(wire.get("runtimeStatus") or ""),
            created=_moment(wire.get("createdTime")),
            updated=_moment(wire.get("lastUpdatedTime")),
            input=wire.get("input"),
            custom_status=wire.get("customStatus"),
            output=wire.get("output"),
            history=wire.get("historyEvents") or (),
        )


@dataclass(frozen=True)
class Query:
    """Which instances are asked for; inputs are left out.

    Attributes:
        states: runtime statuses; none for all of them.
        since: created then or later.
        until: created then or earlier.
    """

    prefix: str
    states: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def parameters(self) -> dict[str, str]:
        """As query parameters."""
        asked = {"instanceIdPrefix": self.prefix, "showInput": "false", "runtimeStatus": ",".join(self.states)}
        moments = {"createdTimeFrom": self.since, "createdTimeTo": self.until}
        asked |= {name: f"{moment:%Y-%m-%dT%H:%M:%SZ}" for name, moment in moments.items() if moment}
        return {name: text for name, text in asked.items() if text}


class Page(NamedTuple):
    """Some instances, in the order of their ids, and the token of what follows: empty when nothing does."""

    instances: list[Instance]
    token: str


class Hub:
    """The task hub of a durable client; a context manager that holds the connections."""

    def __init__(self, client: Any) -> None:
        # The SDK has no public way to this address.
        self.address = str(client._orchestration_bindings.rpc_base_url).rstrip("/")
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        """Nothing is connected yet."""
        connector = aiohttp.TCPConnector(limit=REQUESTS_AT_ONCE)
        self._session = aiohttp.ClientSession(connector=connector, timeout=PATIENCE)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._session.close()

    async def instance(self, instance_id: str, *, history: bool = False) -> Instance | None:
        """One instance with its input; None when the hub knows none of that id. Raises HubUnavailable."""
        shown = {"showInput": "true"} | ({"showHistory": "true", "showHistoryOutput": "true"} if history else {})
        status, body, _ = await self._get(f"instances/{quote(instance_id, safe='')}", shown, "")
        if status in _TOLD:
            return Instance.from_wire(_value(body))
        if status == 404:
            return None
        raise _unexpected(status)

    async def entity(self, name: str, key: str) -> Json:
        """What an entity holds; None when it was never asked for anything. Raises HubUnavailable."""
        status, body, _ = await self._get(f"entities/{name}/{quote(key, safe='')}", {}, "")
        if status == 404:
            return None
        if status != 200:
            raise _unexpected(status)
        return _value(body)

    async def page(self, query: Query, token: str = "") -> Page:
        """The first instances that are asked for, or those with which `token` goes on. Raises HubUnavailable."""
        status, body, following = await self._get("instances", query.parameters(), token)
        if status != 200:
            raise _unexpected(status)
        documents = _value(body)
        if not isinstance(documents, list):
            raise HubUnavailable("the task hub answered with something else than a list")
        if following and following == token:
            raise HubUnavailable("the task hub gives the same page again and again")
        return Page([one for one in map(Instance.from_wire, documents) if one], following)

    async def _get(self, path: str, parameters: Mapping[str, str], token: str) -> tuple[int, bytes, str]:
        headers = {TOKEN: token} if token else {}
        try:
            asked = self._session.get(
                f"{self.address}/{path}", params=parameters, headers=headers, allow_redirects=False
            )
            async with asked as response:
                return response.status, await response.read(), response.headers.get(TOKEN, "").strip()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # Not the error itself: it names the address.
            raise HubUnavailable(f"the task hub does not answer ({type(error).__name__})") from None


async def every(hub: Hub, query: Query) -> AsyncIterator[Instance]:
    """All that are asked for, in the order of their ids. Raises HubUnavailable."""
    token = ""
    while True:
        page = await hub.page(query, token)
        for instance in page.instances:
            yield instance
        token = page.token
        if not token:
            return


def _unexpected(status: int) -> HubUnavailable:
    return HubUnavailable(f"the task hub answered with HTTP {status}")


def _value(body: bytes) -> Json:
    if not body.strip():
        return None
    # The fast reader does not take half a surrogate, which one instance may have in its status.
    for read in (from_json, json.loads):
        with suppress(ValueError, RecursionError):
            return read(body)
    raise HubUnavailable("the task hub answered with something else than JSON")


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text)).replace(microsecond=0)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
