"""The answers to calls that read an online endpoint."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import azure.functions as func

from activities.consuming import consume
from activities.container_logs import MOST_LINES, present_log
from activities.endpoint_views import NotThere, list_endpoints, show_endpoint
from azure_api import online
from contracts.base import Json
from contracts.container_log import CONTAINERS, Container
from contracts.errors import DeploymentError, RequestRejected
from contracts.problems import Problem, RequestProblems, secret_problems
from triggers.about_endpoints import Told, asked_deployment, deployment_of, endpoint_of, told
from triggers.answers import answer
from triggers.body import parse_body
from triggers.logs import AS_TEXT
from triggers.parameters import check_names, limit_of, refused, whole_number

# Characters of what a page gives out, and of a sample request: both stand in an address.
LONGEST_TOKEN = 2000
LONGEST_REQUEST = 6000
LONGEST_NAME = 32
# In the order in which they run.
BOTH: tuple[Container, ...] = CONTAINERS[::-1]


def listed(req: func.HttpRequest) -> func.HttpResponse:
    """One page of endpoints."""
    try:
        with told():
            check_names(req, ("name", "limit", "after"))
            limit, named, after = limit_of(req), req.params.get("name"), req.params.get("after") or None
            if named and not re.fullmatch(f"[A-Za-z0-9-]{{1,{LONGEST_NAME}}}", named):
                raise refused("name", "send a part of a name: letters, digits and dashes")
            if after and not (len(after) <= LONGEST_TOKEN and after.isascii() and after.isprintable()):
                raise _not_given_out()
            try:
                page = list_endpoints(limit, after, named)
            except RequestRejected as error:
                raise (_not_given_out() if after else error) from error
            query = {"limit": str(limit), **({"name": named} if named else {}), "after": page.next}
            url = f"/api/endpoints?{urlencode(query)}" if page.next else None
            return answer(page.model_copy(update={"next": url}))
    except Told as end:
        return end.response


def _not_given_out() -> RequestProblems:
    return refused("after", "not what a page gave out: begin again without `after`")


def shown(req: func.HttpRequest) -> func.HttpResponse:
    """One endpoint."""
    try:
        with told():
            check_names(req)
            name = endpoint_of(req)
            found = show_endpoint(name)
            if found is None:
                raise NotThere("endpoint", name)
            return answer(found)
    except Told as end:
        return end.response


def consumption(req: func.HttpRequest) -> func.HttpResponse:
    """How an endpoint is called."""
    try:
        with told():
            check_names(req, ("deployment", "request"))
            return answer(consume(endpoint_of(req), asked_deployment(req), _request(req.params.get("request"))))
    except Told as end:
        return end.response


def _request(text: str | None) -> Json:
    """A caller's own sample request; None without one. Raises RequestProblems."""
    if not text:
        return None
    if len(text) > LONGEST_REQUEST:
        raise refused("request", f"send JSON of at most {LONGEST_REQUEST} characters")
    try:
        # In a mapping, because JSON of any kind may be a request.
        value = parse_body(f'{{"request": {text}}}'.encode())
    except RequestProblems as error:
        raise refused("request", f"send JSON: {error.problems[0].message}") from None
    # Addresses are logged: none with a secret in it shall look right.
    secrets = [Problem(path=one.path, code=one.code, message=one.message) for one in secret_problems(value)]
    if secrets:
        raise RequestProblems(secrets)
    if set(value) != {"request"}:
        raise refused("request", "send one JSON value")
    return value["request"]


def log(req: func.HttpRequest) -> func.HttpResponse:
    """What the containers of a deployment have written."""
    try:
        with told():
            check_names(req, ("container", "tail"))
            wanted, tail = _containers(req.params.get("container")), whole_number(req, "tail", MOST_LINES)
            endpoint, deployment = endpoint_of(req), deployment_of(req)
            if online.deployment(endpoint, deployment) is None:
                there = online.endpoint(endpoint) is not None
                raise NotThere("deployment", f"{endpoint}/{deployment}") if there else NotThere("endpoint", endpoint)
            text = _logs(endpoint, deployment, wanted, tail)
            return func.HttpResponse(text, headers=AS_TEXT, mimetype="text/plain", charset="utf-8")
    except Told as end:
        return end.response


def _containers(text: str | None) -> tuple[Container, ...]:
    if not text:
        return BOTH
    found = tuple(one for one in CONTAINERS if one == text)
    if not found:
        raise refused("container", f"send one of {', '.join(CONTAINERS)}, or leave it out for both")
    return found


def _logs(endpoint: str, deployment: str, wanted: tuple[Container, ...], tail: int | None) -> str:
    """One log as it is, several under a heading each; one that cannot be had does not hide the other."""
    if len(wanted) == 1:
        return present_log(endpoint, deployment, wanted[0], tail)
    parts, refusals = [], []
    for container in wanted:
        try:
            text = present_log(endpoint, deployment, container, tail) or "(it wrote nothing)"
        except DeploymentError as error:
            if error.retryable:
                raise
            refusals.append(error)
            text = f"(not to be had: {error.message})"
        parts.append(f"==> {container} <==\n{text.rstrip()}\n")
    if len(refusals) == len(wanted):
        raise refusals[0]
    return "\n".join(parts)
