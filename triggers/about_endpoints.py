"""What calls about an endpoint have in common: the names in their path, and how what goes wrong is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import azure.functions as func

from activities.endpoint_views import NotReady, NotThere
from contracts.errors import DeploymentError, ScoringRefused
from contracts.names import is_online_name
from contracts.problems import RequestProblems
from triggers.answers import azure_unavailable, problem, problem_of
from triggers.body import BodyTooLarge
from triggers.parameters import refused

A_NAME = "3 to 32 letters, digits and single dashes"


class Told(Exception):
    """The call is over, and this is its answer."""

    def __init__(self, response: func.HttpResponse) -> None:
        super().__init__(response.status_code)
        self.response = response


@contextmanager
def told() -> Iterator[None]:
    """Raises Told for whatever is foreseen to go wrong with a call about an endpoint."""
    try:
        yield
    except (BodyTooLarge, RequestProblems) as error:
        raise Told(problem_of(error)) from error
    except NotThere as error:
        raise Told(problem(404, f"No such {error.noun}", str(error))) from error
    except NotReady as error:
        raise Told(problem(409, "Endpoint not ready", f"{error}: wait until it is Succeeded")) from error
    except ScoringRefused as error:
        raise Told(problem(502, "Endpoint not called", f"{error.message} {error.advice}")) from error
    except DeploymentError as error:
        raise Told(azure_unavailable(error)) from error


def endpoint_of(req: func.HttpRequest) -> str:
    """The endpoint in the path; raises NotThere for what can be no name of one."""
    return _named(req, "endpoint")


def deployment_of(req: func.HttpRequest) -> str:
    """The deployment in the path; raises NotThere for what can be no name of one."""
    return _named(req, "deployment")


def _named(req: func.HttpRequest, noun: Literal["endpoint", "deployment"]) -> str:
    name = str(req.route_params[noun])
    if not is_online_name(name):
        raise NotThere(noun, f"of that name: it has {A_NAME}")
    return name.lower()


def asked_deployment(req: func.HttpRequest) -> str | None:
    """The deployment that a query asks for; raises RequestProblems."""
    name = req.params.get("deployment")
    if name and not is_online_name(name):
        raise refused("deployment", f"send the name of a deployment: {A_NAME}")
    return name.lower() if name else None
