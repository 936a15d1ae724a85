"""Never comes up: looks for its model where it is not."""

import os
from pathlib import Path


def init() -> None:
    (Path(os.environ["AZUREML_MODEL_DIR"]) / "no-such-model.pkl").read_bytes()


def run(raw: str) -> str:
    return raw
