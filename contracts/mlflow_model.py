"""What an MLflow model's own files say of how it is asked, in the form that Azure ML's MLflow server takes.

Sources: MLflow's model format (`MLmodel`, saved input examples, signatures); Azure ML's script for MLflow models, which
takes `input_data` as a table with columns, index and data, or as tensors.
"""

from __future__ import annotations

import json
from typing import Any

from contracts.base import Json

DESCRIPTION = "MLmodel"
# Azure ML's script imports it, and no model brings it by itself (Azure/azureml-examples#4008).
MONITORING = "azureml-ai-monitoring"
# What stands for a value of which a signature tells the type.
_STANDING_IN: dict[str, Json] = {
    "boolean": True,
    "integer": 1,
    "long": 1,
    "float": 1.0,
    "double": 1.0,
    "string": "text",
    "datetime": "2026-01-01T00:00:00",
}
# Of the numbers of a made-up tensor: more make a request that nobody reads.
_LARGEST = 4096


def request_of_example(example: Json) -> Json:
    """The request for a saved input example: a table, tensors, or whatever else was saved."""
    if not isinstance(example, dict):
        return {"input_data": example}
    if {"columns", "data"} <= example.keys():
        # Without an index Azure's script may take a table for tensors.
        return {"input_data": {"index": list(range(len(example["data"]))), **example}}
    return {"input_data": example.get("inputs", example)}


def example_file(described: dict[str, Any]) -> str | None:
    """The file of the input example, below the model's folder; None where none was saved."""
    saved = described.get("saved_input_example_info")
    name = saved.get("artifact_path") if isinstance(saved, dict) else None
    return str(name) if name and ".." not in str(name) else None


def request_of_signature(described: dict[str, Any]) -> Json:
    """A request with one row, or tensors of zeros, as the signature has them; None where it does not say enough."""
    signature = described.get("signature")
    try:
        inputs = json.loads(signature["inputs"]) if isinstance(signature, dict) else []
        if not inputs:
            return None
        if all(one.get("type") == "tensor" for one in inputs):
            return _of_tensors(inputs)
        row = [_STANDING_IN[one["type"]] for one in inputs]
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    if not all(one.get("name") for one in inputs):
        return {"input_data": [row]}
    return {"input_data": {"columns": [one["name"] for one in inputs], "index": [0], "data": [row]}}


def conda_file(described: dict[str, Any]) -> str:
    """The file with the environment that the model asks for."""
    flavors = described.get("flavors")
    flavor = flavors.get("python_function") if isinstance(flavors, dict) else None
    named = flavor.get("env") if isinstance(flavor, dict) else None
    named = named.get("conda") if isinstance(named, dict) else named
    return str(named or "conda.yaml")


def _of_tensors(inputs: list[dict[str, Any]]) -> Json:
    zeros = [_zeros([1 if size < 0 else size for size in one["tensor-spec"]["shape"]]) for one in inputs]
    if any(one is None for one in zeros):
        return None
    if all(one.get("name") for one in inputs):
        return {"input_data": {one["name"]: zero for one, zero in zip(inputs, zeros, strict=True)}}
    return {"input_data": zeros[0]}


def _zeros(shape: list[int]) -> Json:
    made: Json = 0.0
    count = 1
    for size in reversed(shape):
        count *= size
        if count > _LARGEST:
            return None
        made = [made] * size
    return made
