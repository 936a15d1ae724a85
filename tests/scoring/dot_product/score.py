"""Answers the dot product of each row with the model's weights, plus its bias; no package needed."""

import json
import os
from pathlib import Path


def init() -> None:
    global model
    [found] = Path(os.environ["AZUREML_MODEL_DIR"]).rglob("coefficients.json")
    model = json.loads(found.read_text())
    print("model loaded")


def run(raw: str) -> list[float]:
    rows = json.loads(raw)["data"]
    return [sum(w * x for w, x in zip(model["weights"], row, strict=True)) + model["bias"] for row in rows]
