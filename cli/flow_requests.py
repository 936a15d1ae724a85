"""What a flow's folder adds to the request that deploys it: whatever the request itself says of it stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.flow_folders import build_context, whole
from cli.flows import read_flow
from cli.folders import contents
from cli.local_assets import LocalEnvironment, local_environment
from contracts import flows
from contracts.base import Json

Tell = Callable[[str, str, str], None]
"""Tells a problem: its place in the request, its code, and what to write."""
Find = Callable[[str, str, Path], Path | None]
"""Finds a file that something of the request names; its place, the name, and the folder that it starts in."""
# Stands in a requirements.txt for credentials that the studio's runtime fills in with the identity of its user.
_PRIVATE = "{private}"
_BUILD_FIRST = (
    f"the flow's requirements.txt installs from a private feed by {_PRIVATE}, which only the studio's runtime fills in:"
    " build the image where the feed lets you in, push it to a registry that the endpoint's identity may pull from, and"
    " name it here as image"
)
_OUTPUTS = f"deployment.environment_variables.{flows.OUTPUTS}"


class FlowRequest:
    """One request that deploys a flow.

    Attributes:
        folder: what is uploaded as the model.
        environment: what is uploaded for the environment; None where an image will do, or the request names one.
        sample: what the flow is asked with where the request does not say it; None where only its owner knows.
    """

    def __init__(self, body: dict[str, Any], model: dict[str, Any], where: str, folder: Path, tell: Tell) -> None:
        """Read the flow in `folder`, that `model` at `where` names; raises NoFlow and NotAccepted."""
        self._body, self._model, self._where, self._tell = body, model, where, tell
        self._flow = read_flow(folder)
        self.folder = folder
        self.environment: LocalEnvironment | None = None
        self.sample = None if self._flow.asks_for else self._flow.sample

    def fill_in(self, find: Find) -> None:
        """Add to the request what the flow says."""
        self._model["properties"] = {**self._flow.properties, **(self._model.get("properties") or {})}
        self._include(find)
        self._serve()
        self._ask()
        self._check_outputs()

    def _include(self, find: Find) -> None:
        place = f"{self._where}.path"
        included = [find(place, one, self._flow.folder) for one in self._flow.includes]
        try:
            self.folder = whole(self._flow, [one for one in included if one])
        except FileExistsError as error:
            self._tell(place, "invalid_value", f"additional_includes has another {error}: the flow has one of its own")

    def _serve(self) -> None:
        """In the environment that the request gives, else in one of the flow's image and packages."""
        deployment = self._body.setdefault("deployment", {})
        if not isinstance(deployment, dict):
            return
        given = self._body.get("environment") or deployment.get("environment")
        routes = flows.ROUTES.to_wire()
        if isinstance(given, dict):
            given.setdefault("inference_config", routes)
        elif not given and self._flow.requirements:
            if _PRIVATE in self._flow.requirements.read_text(encoding="utf-8-sig"):
                self._tell("deployment.environment", "invalid_value", _BUILD_FIRST)
            context = build_context(self._flow, self._flow.requirements)
            built = {"build": {"path": str(context)}, "inference_config": routes}
            self.environment = local_environment(built, context, contents(context))
            deployment["environment"] = self.environment.reference
        elif not given and self._flow.image:
            deployment["environment"] = {"image": self._flow.image, "inference_config": routes}

    def _ask(self) -> None:
        """A chat flow is asked with what was said before, even when that is nothing."""
        test = self._body.get("smoke_test")
        sample = test.get("request") if isinstance(test, dict) else None
        if not isinstance(test, dict) or not isinstance(sample, dict):
            return
        test["request"] = {**self._flow.history, **sample}
        missing = sorted(self._flow.asks_for - set(sample))
        if missing:
            self._tell("smoke_test.request", "required", f"the flow asks for {' and '.join(missing)}")

    def _check_outputs(self) -> None:
        deployment = self._body.get("deployment")
        variables = (deployment.get("environment_variables") if isinstance(deployment, dict) else None) or {}
        if not isinstance(variables, dict) or flows.OUTPUTS not in variables:
            return
        named, known = _listed(variables[flows.OUTPUTS]), self._flow.outputs
        if named is None:
            self._tell(_OUTPUTS, "invalid_value", f"write a JSON list of outputs, such as '{json.dumps(known[:1])}'")
        elif wrong := [one for one in named if one not in known]:
            self._tell(_OUTPUTS, "invalid_value", f"the flow has no output {wrong[0]!r}: it has {', '.join(known)}")


def _listed(value: Json) -> list[Json] | None:
    try:
        named = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return named if isinstance(named, list) else None
