"""A request that nobody wrote: what the model's own files, or the deployment's swagger file, give as an example.

An MLflow model is saved with an input example, or with a signature that a row can be made of; whoever may read the
workspace's storage finds them. A scoring script whose `run()` is decorated with a schema, and Azure ML's own script for
MLflow models, describe themselves at `/swagger.json` (the inference server's documentation).
"""

from __future__ import annotations

from activities import mlflow_models
from activities.scene import Finding, Scene
from activities.swagger_samples import sample_request
from contracts.base import Json
from contracts.errors import DeploymentError
from contracts.sample_errors import SampleMissing
from contracts.smoke_test import BODIES


def of_model(reference: str | None) -> tuple[Json, str] | None:
    """What the registered model's files give, and where it is from; None without a model, or where none can be read."""
    try:
        described = mlflow_models.of_registered(reference) if reference else None
        sample = described.sample() if described else None
    except DeploymentError:
        return None
    return sample


def judge(scene: Scene, finding: Finding) -> None:
    """Whether there will be something to send, where the request says nothing."""
    test = scene.order.part("smoke_test") or {}
    cases = test.get("cases") or [test]
    if test.get("waived") or all(case.keys() & set(BODIES) for case in cases) or of_model(scene.resolved.model):
        return
    if scene.resolved.model_type == "triton_model":
        finding.problem("smoke_test", SampleMissing("a Triton model describes no request to send to it"))
        return
    message = "whether the deployment describes a request to send to it at /swagger.json: none is written here"
    finding.leave_unchecked("SampleUnknown", "smoke_test", message, "slipway deploy … --request <file>")


def of_description(description: Json) -> Json:
    """What a deployment's swagger file gives as a request; None when it gives none, or a table without a row."""
    sample = sample_request(description)
    return None if _is_empty(sample) else sample


def _is_empty(sample: Json) -> bool:
    """Whether an example says nothing: none, nothing in it, or a table without a row."""
    if isinstance(sample, dict):
        rowless = {"columns", "data"} <= sample.keys() and not sample["data"]
        return rowless or all(_is_empty(part) for part in sample.values())
    return sample is None or sample in ([], "")
