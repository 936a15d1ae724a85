"""The bodies that start runbooks: their core, and the parts of resources that a request may ask for besides."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import create_model

from activities.registry import RESOURCES
from contracts.base import Contract, Json
from contracts.names import ApplicationName, ComputeName, OnlineName
from contracts.plan import PlanInput, Uploads
from contracts.problems import read_request
from contracts.request import DeploymentRequest
from orchestrations.runbooks import DEPLOY, Runbook


def body_contract(runbook: Runbook) -> type[Contract]:
    """The contract of the body that starts this runbook; only a deployment has parts besides."""
    assert runbook.asked_with is not None, f"{runbook.name} is not started over HTTP"
    return deployment_request() if runbook is DEPLOY else runbook.asked_with


@cache
def deployment_request() -> type[DeploymentRequest]:
    """The contract of a deployment request."""
    parts: dict[str, Any] = {one.kind: (one.words | None, None) for one in RESOURCES if one.words is not None}
    return create_model(
        DeploymentRequest.__name__, __base__=DeploymentRequest, __doc__=DeploymentRequest.__doc__, **parts
    )


@cache
def plan_request() -> type[DeploymentRequest]:
    """The contract of what a plan is asked with: a deployment request, and what its caller has yet to register."""
    return create_model(
        "PlanRequest", __base__=deployment_request(), __doc__=plan_request.__doc__, uploads=(Uploads | None, None)
    )


def to_be_planned(body: Json) -> PlanInput:
    """`body` as a plan takes it, once it has been judged; raises RequestProblems with all that is wrong."""
    request = read_request(body, plan_request()).to_wire()
    uploads = request.pop("uploads", None)
    return PlanInput(request=request, uploads=Uploads.from_wire(uploads) if uploads else None)


def judged(body: Json, runbook: Runbook = DEPLOY) -> dict[str, Any]:
    """`body` as it is stored, once it has been judged; raises RequestProblems with all that is wrong."""
    return read_request(body, body_contract(runbook)).to_wire()


class Named(Contract):
    """The names in a path."""

    endpoint: OnlineName | None = None
    deployment: OnlineName | None = None
    compute: ComputeName | None = None
    name: ApplicationName | None = None


def named(parts: Mapping[str, str]) -> dict[str, Any]:
    """The names in a path as Azure ML keeps them; raises RequestProblems with those that cannot be names."""
    return read_request(dict(parts), Named).to_wire()
