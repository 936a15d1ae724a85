"""Saves the model as MLflow does, into `model`: needs mlflow, which deploying it does not.

`model` holds what this wrote. The environment names what Azure ML's scoring script needs besides the model's own:
azureml-ai-monitoring, and scipy where mlflow-skinny stands in for mlflow.
"""

import json
import tempfile
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.models import infer_signature

HERE = Path(__file__).parent
ENVIRONMENT = {
    "name": "consumption",
    "channels": ["conda-forge"],
    "dependencies": [
        "python>=3.11,<3.14",
        "pip",
        {
            "pip": [
                "mlflow-skinny==2.16.2",
                "pandas==2.3.3",
                "scipy==1.17.1",
                "azureml-inference-server-http==1.5.1",
                "azureml-ai-monitoring==1.0.0",
            ]
        },
    ],
}


def main():
    """Save it."""
    days = pd.DataFrame({"temperature": [21.0, 34.5], "people": [140.0, 12.0]})
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "weights.json"
        data.write_text(json.dumps({"weights": {"temperature": 1.5, "people": 0.25}, "base": 80.0}))
        mlflow.pyfunc.save_model(
            HERE / "model",
            loader_module="consumption",
            data_path=data,
            code_paths=[HERE / "consumption.py"],
            conda_env=ENVIRONMENT,
            signature=infer_signature(days, pd.Series([146.5, 134.75]).to_numpy()),
            input_example=days,
        )


if __name__ == "__main__":
    main()
