"""A sample request that local files bring: the input example that MLflow has saved with a model, or a script's own."""

from __future__ import annotations

import base64
import json
import mimetypes
from pathlib import Path

import yaml

from cli.outcome import NotAccepted
from contracts.base import Json
from contracts.mlflow_model import DESCRIPTION, example_file, request_of_example


def input_example(model: Path) -> Json:
    """What Azure ML's MLflow server takes for the model's own input example; None when it brings none that fits."""
    try:
        described = yaml.safe_load((model / DESCRIPTION).read_text(encoding="utf-8"))
        name = example_file(described)
        return request_of_example(json.loads((model / name).read_text(encoding="utf-8"))) if name else None
    except (OSError, ValueError, AttributeError, TypeError, yaml.YAMLError):
        return None


def describes_itself(code: Path) -> bool:
    """Whether a scoring script there may describe its requests to the inference server: decorated, or in a file."""
    if any(code.rglob("swagger*.json")):
        return True
    return any("inference_schema" in path.read_text(errors="replace") for path in code.rglob("*.py"))


def sample_in(path: Path) -> dict[str, Json]:
    """What a file says to send: JSON, or text or bytes of the media type that its name has."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotAccepted(f"{path.name} cannot be read: {error.strerror}") from error
    kind, _ = mimetypes.guess_type(path.name)
    if kind in (None, "application/json"):
        try:
            return {"request": json.loads(content.decode("utf-8-sig"))}
        except ValueError as error:
            raise NotAccepted(f"{path.name} is no JSON, and so no request for a model: {error}") from error
    if str(kind).startswith("text/"):
        return {"text": content.decode(errors="replace"), "content_type": kind}
    return {"base64": base64.b64encode(content).decode(), "content_type": kind}
