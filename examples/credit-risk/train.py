"""Train the model of this example: a ridge regression on ten whole numbers, the same on every machine.

    python train.py --version 1 --out model

Version 1 weighs the numbers 1 to 10, version 2 the other way round, so that their answers to the same question differ.
"""

import argparse
from pathlib import Path

import joblib
import numpy as np
from sklearn.linear_model import Ridge

FILE = "sklearn_regression_model.pkl"
WEIGHTS = {"1": np.arange(1, 11), "2": np.arange(10, 0, -1)}


def train(version: str) -> Ridge:
    generator = np.random.default_rng(7)
    numbers = generator.integers(0, 50, size=(200, 10))
    return Ridge().fit(numbers, numbers @ WEIGHTS[version] + 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--version", choices=sorted(WEIGHTS), default="1")
    parser.add_argument("--out", type=Path, default=Path("model"), help="the folder to write to")
    arguments = parser.parse_args()
    model = train(arguments.version)
    arguments.out.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, arguments.out / FILE)
    answer = model.predict(np.arange(1, 11).reshape(1, -1))
    print(f"{arguments.out / FILE}: version {arguments.version} answers [[1..10]] with {answer[0]:.2f}")  # noqa: T201 - a script's result


if __name__ == "__main__":
    main()
