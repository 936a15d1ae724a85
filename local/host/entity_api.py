"""The part of the Durable Functions HTTP API that is about entities (recorded).

Reading one that was never asked for anything is 404; one that holds nothing reads as `null`. A signal is taken for any
entity whose function the app has.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from local.host.engine import Engine
from local.host.entity_messages import EntityId
from local.host.index import FunctionIndex
from local.host.instance_list import page_size, query_of, token_for
from local.host.pages import Handler, Json
from local.host.store import Row, Store
from local.host.writer import HubRefusal


class EntityApi:
    """Answers for one host."""

    def __init__(self, engine: Engine, store: Store, index: FunctionIndex) -> None:
        self._engine = engine
        self._store = store
        self._index = index

    def handlers(self) -> list[tuple[str, str, Handler]]:
        """Method, path below the API's prefix, handler."""
        return [
            ("GET", "/entities", self._list),
            ("GET", "/entities/{name}", self._list),
            ("GET", "/entities/{name}/{key}", self._read),
            ("POST", "/entities/{name}/{key}", self._signal),
        ]

    async def _read(self, request: Request) -> Response:
        row = self._store.row(_target(request).instance_id)
        if row is None:
            return Response(status_code=404)
        return Json(_state(row))

    async def _signal(self, request: Request) -> Response:
        target = _target(request)
        if self._index.find("entity", target.name) is None:
            known = ", ".join(f"'{name}'" for name in sorted(self._index.known("entity"))) or "none"
            raise HubRefusal(
                400,
                f"The function '{target.name}' doesn't exist, is disabled, or is not an entity function. "
                f"Additional info: The following are the known entity functions: {known}.",
            )
        body = (await request.body()).decode()
        operation = request.query_params.get("op", "")
        await asyncio.wrap_future(self._engine.signal(target, operation, body or None))
        return Response(status_code=202)

    async def _list(self, request: Request) -> Response:
        size, fetch = page_size(request), request.query_params.get("fetchState", "").lower() == "true"
        name = request.path_params.get("name")
        rows = self._store.page(query_of(request, entities=f"@{name.lower()}@" if name else "@"), size + 1)
        following = rows[size].id if len(rows) > size else None
        return Json([_listed(row, fetch=fetch) for row in rows[:size]], headers=token_for(request, following))


def _target(request: Request) -> EntityId:
    return EntityId(request.path_params["name"].lower(), request.path_params["key"])


def _state(row: Row) -> Any:
    """What the entity holds, parsed."""
    return json.loads(json.loads(row.input or "{}").get("state") or "null")


def _listed(row: Row, *, fetch: bool) -> dict[str, Any]:
    entity = EntityId.of(row.id)
    return {
        "entityId": {"name": entity.name, "key": entity.key},
        "lastOperationTime": row.updated,
        "state": _state(row) if fetch else None,
    }
