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
from contracts.problems import read_request
from contracts.request import DeploymentRequest


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


def _fill(value: Json, model: str, version: str) -> Json:
    # Plain replacement: a template language would let a policy file reach attributes of objects.
    if isinstance(value, str):
        return value.replace("{model}", model).replace("{version}", version)
    if isinstance(value, dict):
        return {key: _fill(item, model, version) for key, item in value.items()}
    return [_fill(item, model, version) for item in value] if isinstance(value, list) else value
