"""A policy: which registered models are deployed, and how, without anybody asking.

A file under `policies/`: `match:` and a deployment request without `model`. `{model}` and `{version}` may stand in
its texts. In the names of endpoint and deployment, characters that Azure ML does not take there become dashes.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from contracts.base import Contract, Json
from contracts.events import ModelRegistered
from contracts.online import Tags
from contracts.problems import Problem, RequestProblems, judged, read_request, secret_problems
from contracts.request import DeploymentRequest

# A name and version that a policy is tried with.
SAMPLE_MODEL, SAMPLE_VERSION = "sample-model", "1"


class Match(Contract):
    """Which models a policy is for: all given parts must fit; patterns as in a shell (`credit-*`)."""

    model: Annotated[str, Field(min_length=1, max_length=255)]
    tags: Tags = {}
    properties: Tags = {}

    def why_not(self, model: str, tags: Mapping[str, str], properties: Mapping[str, str]) -> str | None:
        """Why that model does not fit; None when it does."""
        if not fnmatch.fnmatchcase(model, self.model):
            return f"model {model} is not {self.model}"
        for kind, wanted, there in (("tag", self.tags, tags), ("property", self.properties, properties)):
            for key, pattern in wanted.items():
                if not fnmatch.fnmatchcase(str(there.get(key, "")), pattern):
                    return f"{kind} {key} is {there.get(key)!r}, not {pattern!r}"
        return None


class Policy(Contract):
    """One policy file."""

    name: str
    match: Match
    template: dict[str, Any]

    def why_not(self, event: ModelRegistered) -> str | None:
        """Why this policy is not for that model; None when it is."""
        return self.match.why_not(event.model, event.tags, event.properties)

    def request_for(
        self, model: str, version: str, contract: type[DeploymentRequest] = DeploymentRequest
    ) -> DeploymentRequest:
        """The deployment request for that version; raises RequestProblems when the names make no valid request."""
        body = _fill(self.template, model, version)
        for part in ("endpoint", "deployment"):
            if isinstance(body.get(part), dict) and isinstance(body[part].get("name"), str):
                body[part]["name"] = re.sub(r"[^A-Za-z0-9]+", "-", body[part]["name"]).strip("-")
        return read_request({**body, "model": f"azureml:{model}:{version}"}, contract)


def read_policy(name: str, body: Json, contract: type[DeploymentRequest] = DeploymentRequest) -> Policy:
    """The content of a policy file, tried out with a sample model.

    Raises RequestProblems with all that is wrong in it, for one that could never deploy anything.
    """
    if not isinstance(body, dict):
        raise RequestProblems([Problem(path="(body)", code="wrong_type", message="write a mapping (key: value)")])
    template = {key: value for key, value in body.items() if key not in ("match", "model")}
    problems = [*secret_problems(body)]
    if "match" not in body:
        problems.append(Problem(path="match", code="required", message="add this field: `match: {model: <name>}`"))
    if "model" in body:
        message = "a policy deploys the version that was registered: leave `model` out, and name it in match.model"
        problems.append(Problem(path="model", code="unknown_field", message=message))
    match = None
    try:
        match = judged(Match, body["match"]) if "match" in body else None
    except RequestProblems as error:
        problems += [_under_match(problem) for problem in error.problems]
    policy = Policy.model_construct(name=name, match=match, template=template)
    try:
        policy.request_for(SAMPLE_MODEL, SAMPLE_VERSION, contract)
    except RequestProblems as error:
        seen = {(problem.path, problem.code) for problem in problems}
        problems += [problem for problem in error.problems if (problem.path, problem.code) not in seen]
    if problems or match is None:
        raise RequestProblems(problems)
    return policy


def _under_match(problem: Problem) -> Problem:
    path = "match" if problem.path == "(body)" else f"match.{problem.path}"
    return problem.model_copy(update={"path": path})


def _fill(value: Json, model: str, version: str) -> Json:
    # Plain replacement: a template language would let a policy file reach attributes of objects.
    if isinstance(value, str):
        return value.replace("{model}", model).replace("{version}", version)
    if isinstance(value, dict):
        return {key: _fill(item, model, version) for key, item in value.items()}
    return [_fill(item, model, version) for item in value] if isinstance(value, list) else value
