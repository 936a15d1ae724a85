"""Answers {"data": [[ten numbers], ...]} with one number for each row."""

import json
import os
from pathlib import Path

import joblib
import numpy as np

model = None


def init() -> None:
    global model
    model = joblib.load(Path(os.environ["AZUREML_MODEL_DIR"]) / "model" / "sklearn_regression_model.pkl")


def run(raw: str) -> list[float]:
    rows = np.array(json.loads(raw)["data"])
    # A list: the inference server cannot turn an array into JSON.
    return model.predict(rows).tolist()
