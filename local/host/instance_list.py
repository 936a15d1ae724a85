"""Asking for instances: which ones, and page by page.

As the extension answers on Azure Storage (recorded): at most 100 at a time, `top` if it is less; in the order of their
IDs; the header `x-ms-continuation-token` names the first instance of the next page, and the last page names none. A
state that is none is no condition, and neither is a date that is none; a state must be spelled as it is.

The token ends in a blank, which most clients strip and nobody must send: Storage's token is two keys with a blank
between, of which the second is empty. Not compared: what a token that nobody gave out gets (here 400); a page on Azure
may hold less than it could.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from starlette.requests import Request

from local.host.client_binding import WEBHOOK
from local.host.events import moment_of
from local.host.instance_query import InstanceQuery
from local.host.web import BLANK
from local.host.writer import HubRefusal
from local.whole_numbers import whole_number

PAGE = 100
TOKEN = "x-ms-continuation-token"  # noqa: S105 - the name of a header
STATES = frozenset(
    {"Running", "Completed", "ContinuedAsNew", "Failed", "Canceled", "Terminated", "Pending", "Suspended"}
)


def query_of(request: Request, *, entities: str = "") -> InstanceQuery:
    """What a request asks for; with `entities`, the entities whose instances begin so.

    Raises HubRefusal 400 for a continuation token that is none.
    """
    states = [state for text in request.query_params.getlist("runtimeStatus") for state in text.split(",")]
    return InstanceQuery(
        created_from=moment_in(request, "createdTimeFrom"),
        created_to=moment_in(request, "createdTimeTo"),
        states=tuple(state for state in states if state in STATES),
        prefix=entities or request.query_params.get("instanceIdPrefix", ""),
        entities=bool(entities),
        first=_first(request.headers.get(TOKEN, "")),
    )


def page_size(request: Request) -> int:
    """How many the answer may hold."""
    return min(whole_number(request.query_params.get("top", "")) or PAGE, PAGE)


def token_for(request: Request, instance_id: str | None) -> dict[str, str]:
    """The header that tells of a page that begins with the instance.

    After the last page it is empty at the SDK's own address, and at the webhook there is none (recorded).
    """
    if instance_id is None:
        return {} if request.url.path.lower().startswith(WEBHOOK) else {TOKEN: ""}
    return {TOKEN: base64.b64encode(instance_id.encode()).decode() + BLANK}


def moment_in(request: Request, name: str) -> datetime | None:
    """The moment in a query parameter; None if it holds none."""
    try:
        return moment_of(request.query_params[name])
    except (KeyError, ValueError):
        return None


def _first(token: str) -> str:
    try:
        return base64.b64decode(token.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise HubRefusal(400, f"{TOKEN} must be one that an earlier page was answered with, not {token!r}") from error
