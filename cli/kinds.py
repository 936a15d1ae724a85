"""What a local file says: which of the `az ml` files it is, by its `$schema` or by its fields, or a whole request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cli.outcome import NotAccepted
from contracts.base import Json
from contracts.problems import Problem, RequestProblems
from triggers.body import BodyTooLarge, parse_body

Kind = Literal["endpoint", "deployment", "model", "environment", "request"]
STDIN = Path("-")

# The name of a schema at the end of its address, in small letters.
_SCHEMAS: dict[str, Kind] = {
    "managedonlineendpoint": "endpoint",
    "kubernetesonlineendpoint": "endpoint",
    "k8sonlineendpoint": "endpoint",
    "onlineendpoint": "endpoint",
    "managedonlinedeployment": "deployment",
    "kubernetesonlinedeployment": "deployment",
    "k8sonlinedeployment": "deployment",
    "onlinedeployment": "deployment",
    "model": "model",
    "environment": "environment",
}
# Fields that only one kind has, looked for in this order; what has none of them and a name is an endpoint.
_FIELDS: tuple[tuple[Kind, frozenset[str]], ...] = (
    (
        "request",
        frozenset(
            {"endpoint", "deployment", "smoke_test", "access", "diagnostics", "autoscale", "alerts", "on_failure"}
        ),
    ),
    (
        "deployment",
        frozenset(
            {"endpoint_name", "instance_type", "instance_count", "code_configuration", "environment_variables",
             "request_settings", "liveness_probe", "readiness_probe", "scale_settings", "app_insights_enabled",
             "data_collector", "egress_public_network_access", "environment", "resources"}
        ),
    ),
    ("environment", frozenset({"image", "build", "conda_file", "inference_config", "channels", "dependencies"})),
    (
        "endpoint",
        frozenset(
            {"auth_mode", "traffic", "mirror_traffic", "identity", "compute", "public_network_access", "scoring_uri"}
        ),
    ),
    ("model", frozenset({"path", "flavors", "stage"})),
    ("endpoint", frozenset({"name"})),
)  # fmt: skip


@dataclass(frozen=True)
class Document:
    """One file: what people call it, the folder that its relative paths start in, and what it says."""

    name: str
    folder: Path
    kind: Kind
    body: dict[str, Any]


def read_document(path: Path, stdin: bytes | None = None) -> Document:
    """Read a file, `-` being standard input; raises NotAccepted when it cannot be read, or is none of those kinds."""
    name = "standard input" if path == STDIN else path.name
    body = read_mapping(path if stdin is None else STDIN, name, stdin)
    folder = Path.cwd() if path == STDIN else path.parent
    return Document(name, folder, _kind(name, body), body)


def read_mapping(path: Path, name: str, content: bytes | None = None) -> dict[str, Any]:
    """The YAML or JSON of a local file; raises NotAccepted. Anchors are taken: the file is the caller's own."""
    try:
        body: dict[str, Any] = parse_body(path.read_bytes() if content is None else content, aliases=True)
    except OSError as error:
        raise NotAccepted(f"{name} cannot be read: {error.strerror}") from error
    except BodyTooLarge as error:
        raise NotAccepted(f"{name} is too large: {error}") from error
    except RequestProblems as error:
        raise NotAccepted(f"{name} cannot be read", error.problems) from error
    return body


def nulls(body: Json, path: str = "") -> list[Problem]:
    """Fields that are written and say nothing: the SDK refuses them, since `name:` is mostly half of a line."""
    if isinstance(body, dict):
        return [found for key, value in body.items() for found in nulls(value, f"{path}.{key}" if path else str(key))]
    if body is not None:
        return []
    return [Problem(path=path, code="wrong_type", message="nothing is written here: write a value, or leave it out")]


def _kind(name: str, body: dict[str, Any]) -> Kind:
    schema = re.search(r"([A-Za-z]+)(?:\.schema)?\.json#?$", str(body.get("$schema", "")))
    if schema:
        known = _SCHEMAS.get(schema[1].lower())
        if known is None:
            raise NotAccepted(f"{name} is a {schema[1]}: leave it out, Slipway deploys online endpoints")
        return known
    for kind, fields in _FIELDS:
        if not fields.isdisjoint(body):
            return kind
    raise NotAccepted(f"{name} is no endpoint, deployment, model, environment or request: nothing in it says which")
