"""HTTP answers: JSON of a contract, or an RFC 9457 problem."""

from __future__ import annotations

import json
from typing import Any

import azure.functions as func

from contracts.base import Contract
from contracts.errors import DeploymentError
from contracts.problems import Problem, RequestProblems
from triggers.body import BodyTooLarge

PROBLEM_TYPES = "urn:slipway:problem:"


class ProblemBody(Contract):
    """RFC 9457 `application/problem+json`; `problems` lists everything wrong at once."""

    type: str
    title: str
    status: int
    detail: str
    problems: list[Problem] = []


def answer(body: Contract, status: int = 200, headers: dict[str, str] | None = None) -> func.HttpResponse:
    """`body` as JSON."""
    return json_answer(body.to_wire(), status, headers)


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> func.HttpResponse:
    """Any JSON value."""
    return func.HttpResponse(json.dumps(body), status_code=status, headers=headers, mimetype="application/json")


def problem(
    status: int, title: str, detail: str, problems: list[Problem] | None = None, headers: dict[str, str] | None = None
) -> func.HttpResponse:
    """An RFC 9457 problem; `title` doubles as the stable name of its type."""
    kind = PROBLEM_TYPES + title.lower().replace(" ", "-")
    body = ProblemBody(type=kind, title=title, status=status, detail=detail, problems=problems or [])
    return func.HttpResponse(
        json.dumps(body.to_wire()), status_code=status, headers=headers, mimetype="application/problem+json"
    )


def azure_unavailable(error: DeploymentError) -> func.HttpResponse:
    """503: what was asked for takes an answer of Azure."""
    headers = {"Retry-After": str(int(error.retry_after or 10))}
    return problem(503, "Azure unavailable", f"{error.message} {error.advice}", headers=headers)


def problem_of(error: BodyTooLarge | RequestProblems) -> func.HttpResponse:
    """The answer to a request that could not be taken."""
    if isinstance(error, BodyTooLarge):
        return problem(413, "Body too large", str(error))
    count = len(error.problems)
    unreadable = error.problems[0].code == "unreadable"
    return problem(
        400 if unreadable else 422,
        "Unreadable body" if unreadable else "Invalid request",
        f"{count} problem{'s' if count > 1 else ''} in the request",
        error.problems,
    )
