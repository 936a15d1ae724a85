"""What an answer about instances says besides: when to ask again, whether anything is new, that the hub is away."""

from __future__ import annotations

import azure.functions as func

from contracts.base import Contract
from contracts.digests import digest
from triggers.answers import answer, problem
from triggers.hub import HubUnavailable, Instance
from triggers.statuses import RUNNING, state_of

ASK_AGAIN = {"Retry-After": "5"}


def headers_of(instance: Instance) -> dict[str, str]:
    """`Retry-After` while the instance runs, none when it has ended."""
    return dict(ASK_AGAIN) if state_of(instance) in RUNNING else {}


def unless_known(req: func.HttpRequest, body: Contract, headers: dict[str, str]) -> func.HttpResponse:
    """200 with the body and its `ETag`; 304 for who has it already."""
    etag = f'"{digest(body.to_wire())}"'
    known = [tag.strip().removeprefix("W/") for tag in req.headers.get("If-None-Match", "").split(",")]
    if etag in known or "*" in known:
        return func.HttpResponse(status_code=304, headers=headers | {"ETag": etag})
    return answer(body, headers=headers | {"ETag": etag})


def hub_unavailable(error: HubUnavailable) -> func.HttpResponse:
    """503: nothing is lost, and the same request may be sent again."""
    detail = f"{error}: send the same request again, with the same Idempotency-Key if it has one"
    return problem(503, "Task hub unavailable", detail, headers=dict(ASK_AGAIN))
