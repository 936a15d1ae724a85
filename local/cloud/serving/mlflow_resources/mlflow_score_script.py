"""Scores an MLflow model that was deployed without code: what the scoring script of Azure ML's MLflow image does.

Runs under the inference server, in the environment that the model itself asks for. Its behaviour is that of the script
in Azure/azureml-assets (assets/inference/environments/mlflow-py312-inference, 23 July 2026): what it imports, that it
loads the model before it is asked anything, how `input_data` becomes a table or tensors, and that tables are answered
as records. Nothing is collected here. A model of 2022 asks for Python 3.8, so nothing newer may be in here.
"""

from __future__ import annotations

import inspect
import json
import logging
import os
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

# Azure's script does not start without it (Azure/azureml-examples#4008): a model has to list azureml-ai-monitoring.
from azureml.ai.monitoring import Collector  # noqa: F401
from inference_schema.parameter_types.abstract_parameter_type import AbstractParameterType
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.pyfunc import load_model
from mlflow.pyfunc.scoring_server import _get_jsonable_obj
from mlflow.types.utils import _infer_schema

logger = logging.getLogger(__name__)

FOLDER = Path(os.environ["AZUREML_MODEL_DIR"], os.environ["MLFLOW_MODEL_FOLDER"])
# What these are given is no table.
OF_LANGUAGE = ("transformers", "langchain", "openai")
SPLIT = {"columns", "index", "data"}


class Unknown(AbstractParameterType):  # type: ignore[misc]  # of a package that is in the model's environment only
    """Nothing is known of what is sent or answered."""

    def __init__(self) -> None:
        super().__init__(None)

    def deserialize_input(self, given: Any) -> Any:
        """As it is."""
        return given

    def input_to_swagger(self) -> dict[str, Any]:
        """An object without an example."""
        return {"type": "object", "example": {}}


def saved_example(described: Model) -> Any:
    """The input example that was saved with the model, as a table or tensors; None without one that can be read."""
    saved = described.saved_input_example_info
    if not saved:
        return None
    try:
        example = json.loads((FOLDER / saved["artifact_path"]).read_text())
        if saved["type"] == "dataframe":
            return table(example, "split" if "columns" in example else "values")
        return tensors(example["inputs"]) if saved["type"] == "ndarray" else example
    except (OSError, ValueError, LookupError, TypeError) as reason:
        logger.warning("the model's input example cannot be read: %s", reason)
        return None


def of_signature(schema: Any) -> Any:
    """What fits a signature's side: empty tensors, or a table of its columns without a row; None where neither does."""
    if schema is None:
        return None
    try:
        if schema.is_tensor_spec():
            zeros = [np.zeros([1 if size == -1 else size for size in one.shape], one.type) for one in schema.inputs]
            return dict(zip(schema.input_names(), zeros)) if schema.has_input_names() else zeros[0]
        types = dict(zip(schema.input_names(), schema.pandas_types()))
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})
    except Exception as reason:  # of any column that pandas has no type for
        logger.warning("no example can be made of the model's signature: %s", reason)
        return None


def table(given: Any, orient: str = "split") -> Any:
    """A table as pandas reads it."""
    return pd.read_json(StringIO(json.dumps(given)), orient=orient, dtype=False)


def tensors(given: Any) -> Any:
    """One tensor, or those with names."""
    if isinstance(given, dict):
        return {name: np.asarray(value) for name, value in given.items()}
    return np.asarray(given)


def typed(sample: Any, orient: str) -> AbstractParameterType:
    """How what is like the sample is read from a request and described in the swagger file."""
    if isinstance(sample, pd.DataFrame):
        return PandasParameterType(sample, enforce_shape=False, orient=orient)
    if isinstance(sample, np.ndarray):
        return NumpyParameterType(sample, enforce_shape=False)
    if isinstance(sample, dict) and all(isinstance(value, np.ndarray) for value in sample.values()):
        parts = {name: NumpyParameterType(value, enforce_shape=False) for name, value in sample.items()}
        return StandardPythonParameterType(parts)
    return StandardPythonParameterType(sample) if sample and language else Unknown()


def read(given: Any) -> Any:
    """What the model is given, where nothing says how it is to be read."""
    if isinstance(given, (np.ndarray, pd.DataFrame)):
        return given
    if isinstance(given, dict):
        if set(given) >= SPLIT:
            return table(given)
        return given if language and is_text(given) else tensors(given)
    return given if language and is_text(given) else np.asarray(given)


def is_text(given: Any) -> bool:
    """Whether it is text, or holds nothing else."""
    if isinstance(given, dict):
        return all(is_text(value) for value in given.values())
    return all(is_text(value) for value in given) if isinstance(given, list) else isinstance(given, str)


described = Model.load(FOLDER)
language = any(name in described.flavors for name in OF_LANGUAGE)
signature = described.signature
sample = saved_example(described)
sample = of_signature(signature.inputs) if sample is None and signature else sample
if sample is not None:
    with suppress(MlflowException):
        _infer_schema(sample)  # as there, for no more than what it imports: scipy, which mlflow-skinny does not bring
answer = of_signature(signature.outputs) if signature else None
parameters = {one.name: one.default for one in signature.params.params} if signature and signature.params else None
model = load_model(FOLDER)


def init() -> None:
    """The model is loaded by now."""


def scored(input_data: Any, params: Any = None) -> Any:
    """What the model predicts for `input_data`; a table as records."""
    given = read(input_data)
    taken = "params" in inspect.signature(model.predict).parameters
    result = model.predict(given, params=params) if taken else model.predict(given)
    return _get_jsonable_obj(result, pandas_orient="records")


run = output_schema(typed(answer, "records"))(scored)
run = input_schema("params", StandardPythonParameterType(parameters) if parameters else Unknown(), optional=True)(run)
run = input_schema("input_data", typed(sample, "split"))(run)
