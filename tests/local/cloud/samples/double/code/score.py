import json
import os
from pathlib import Path

loaded: dict[str, float] = {}


def init() -> None:
    loaded["factor"] = float((Path(os.environ["AZUREML_MODEL_DIR"]) / "model" / "factor.txt").read_text())
    print("factor is", loaded["factor"])  # noqa: T201 - the tests look for it in the log


def run(raw: str) -> list[float]:
    return [loaded["factor"] * number for number in json.loads(raw)["data"]]
