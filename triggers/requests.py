"""The bodies that start runbooks: their core, and the parts of resources that a request may ask for besides."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import create_model

from activities.registry import RESOURCES
from contracts.base import Contract, Json
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


def judged(body: Json, runbook: Runbook = DEPLOY) -> dict[str, Any]:
    """`body` as it is stored, once it has been judged; raises RequestProblems with all that is wrong."""
    return read_request(body, body_contract(runbook)).to_wire()
