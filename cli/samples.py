"""A sample request that a local model brings: the input example that MLflow has saved with it."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from contracts.base import Json


def input_example(model: Path) -> Json:
    """What Azure ML's MLflow server takes for the model's own input example; None when it brings none that fits."""
    try:
        described = yaml.safe_load((model / "MLmodel").read_text(encoding="utf-8"))
        saved = described["saved_input_example_info"]
        example = json.loads((model / str(saved["artifact_path"])).read_text(encoding="utf-8"))
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError):
        return None
    # `{"columns": …, "data": …}` is a table as pandas splits it, and `input_data` takes it as it is.
    return {"input_data": example.get("inputs", example) if isinstance(example, dict) else example}
