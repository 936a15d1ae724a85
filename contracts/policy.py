"""A policy: which registered models are deployed, and how, without anybody asking.

A file under `policies/`: `match:` and a deployment request without `model`. `{model}` and `{version}` may stand in
its texts; the names of endpoint and deployment are made so that Azure ML takes them, and that no two models share one.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from contracts.assets import Tags
from contracts.base import Contract, Json
from contracts.derived_names import online_name
from contracts.events import ModelRegistered
from contracts.problems import Problem, RequestProblems, read_request, secret_problems
from contracts.request import DeploymentRequest

# A name and version that a policy is tried with, and another name.
SAMPLE_MODEL, SAMPLE_VERSION, OTHER_MODEL = "sample-model", "1", "other-model"

# What a policy says besides the request.
OWN_FIELDS = ("match", "model", "shares_endpoint")


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
                    found = repr(there[key]) if key in there else "missing"
                    return f"{kind} {key} is {found}, not {pattern!r}"
        return None

    def meets(self, other: Match) -> bool:
        """Whether one model can surely fit both, as far as patterns tell: one of each two takes the other as text."""
        patterns = [(self.model, other.model)]
        for mine, others in ((self.tags, other.tags), (self.properties, other.properties)):
            patterns += [(mine[key], others[key]) for key in mine.keys() & others.keys()]
        return all(fnmatch.fnmatchcase(one, two) or fnmatch.fnmatchcase(two, one) for one, two in patterns)


class Policy(Contract):
    """One policy file.

    `shares_endpoint` allows deployments beside those of other models, which then share the endpoint's traffic.
    """

    name: str
    match: Match
    template: dict[str, Any]
    shares_endpoint: bool = False

    def why_not(self, event: ModelRegistered) -> str | None:
        """Why this policy is not for that model; None when it is."""
        return self.match.why_not(event.model, event.tags, event.properties)

    def request_for(
        self, model: str, version: str, contract: type[DeploymentRequest] = DeploymentRequest
    ) -> DeploymentRequest:
        """The deployment request for that version; raises RequestProblems when what it says makes no valid one."""
        # Nobody looks at what a policy leaves behind: one superseded deployment is kept, unless it says otherwise.
        body = {"retire": {}, **_fill(self.template, model, version)}
        for part in _named(body):
            body[part]["name"] = online_name(self.template[part]["name"], model, version)
        return read_request({**body, "model": f"azureml:{model}:{version}"}, contract)

    def rivals(self, other: Policy) -> bool:
        """Whether both may ask for one deployment: of one model, or of two in names that do not tell them apart."""
        mine = self.names_for(SAMPLE_MODEL)
        alike = self.match.meets(other.match) or mine == self.names_for(OTHER_MODEL)
        return alike and mine == other.names_for(SAMPLE_MODEL)

    def names_for(self, model: str, version: str = SAMPLE_VERSION) -> list[str]:
        """What endpoint and deployment of that version would be called."""
        named = _named(self.template)
        return [online_name(self.template[part]["name"], model, version).lower() for part in named]


class PolicyProblems(RequestProblems):
    """A policy that cannot be used, with all that is wrong in it; `match` is what it is for, if that can be read."""

    def __init__(self, problems: list[Problem], match: Match | None) -> None:
        super().__init__(problems)
        self.match = match


def read_policy(name: str, body: Json, contract: type[DeploymentRequest] = DeploymentRequest) -> Policy:
    """The content of a policy file, tried out with a sample model.

    Raises PolicyProblems with all that is wrong in it, for one that could never deploy anything.
    """
    if not isinstance(body, dict):
        raise PolicyProblems([Problem(path="(body)", code="wrong_type", message="write a mapping (key: value)")], None)
    problems = [*secret_problems({key: value for key, value in body.items() if key != "match"})]
    if "match" not in body:
        problems.append(Problem(path="match", code="required", message="add this field: `match: {model: <name>}`"))
    if "model" in body:
        message = "a policy deploys the version that was registered: leave `model` out, and name it in match.model"
        problems.append(Problem(path="model", code="unknown_field", message=message))
    shares = body.get("shares_endpoint", False)
    if not isinstance(shares, bool):
        problems.append(Problem(path="shares_endpoint", code="wrong_type", message="write true or false"))
    match = None
    try:
        # With what looks like a secret in it, it must not be told why it does not fit.
        match = read_request(body["match"], Match) if "match" in body else None
    except RequestProblems as error:
        problems += [_under_match(problem) for problem in error.problems]
    template = {key: value for key, value in body.items() if key not in OWN_FIELDS}
    policy = Policy.model_construct(name=name, match=match, template=template, shares_endpoint=shares is True)
    try:
        policy.request_for(SAMPLE_MODEL, SAMPLE_VERSION, contract)
    except RequestProblems as error:
        seen = {(problem.path, problem.code) for problem in problems}
        problems += [problem for problem in error.problems if (problem.path, problem.code) not in seen]
    if problems or match is None:
        raise PolicyProblems(problems, match)
    return policy


def _under_match(problem: Problem) -> Problem:
    path = "match" if problem.path == "(body)" else f"match.{problem.path}"
    return problem.model_copy(update={"path": path})


def _named(body: dict[str, Any]) -> Iterator[str]:
    """The parts of a request that have a name of their own."""
    for part in ("endpoint", "deployment"):
        if isinstance(body.get(part), dict) and isinstance(body[part].get("name"), str):
            yield part


def _fill(value: Json, model: str, version: str) -> Json:
    # Plain replacement: a template language would let a policy file reach attributes of objects.
    if isinstance(value, str):
        return value.replace("{model}", model).replace("{version}", version)
    if isinstance(value, dict):
        return {key: _fill(item, model, version) for key, item in value.items()}
    return [_fill(item, model, version) for item in value] if isinstance(value, list) else value
