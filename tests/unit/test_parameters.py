"""Query parameters: what no call knows is refused by every call, before anything is asked or started."""

from __future__ import annotations

import asyncio
import inspect
import json

import azure.functions as func
import pytest

from triggers.http import ROUTES
from triggers.routes import Route

PATH = {"id": "dep-1", "endpoint": "north", "deployment": "blue"}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_parameter_that_no_call_knows_is_refused_by_each(route: Route) -> None:
    asked = func.HttpRequest(
        route.method, f"/api/{route.path}", params={"no_such": "1"}, route_params=PATH, body=b'{"traffic": {}}'
    )

    answer = route.function(*[asked, None][: 1 + route.needs_client])
    if inspect.isawaitable(answer):
        answer = asyncio.run(_awaited(answer))

    problems = json.loads(answer.get_body())["problems"]
    assert answer.status_code == 422
    assert ("no_such", "unknown_parameter") in [(one["path"], one["code"]) for one in problems]


async def _awaited(answer: object) -> func.HttpResponse:
    assert inspect.isawaitable(answer)
    told = await answer
    assert isinstance(told, func.HttpResponse)
    return told
