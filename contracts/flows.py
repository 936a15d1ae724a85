"""A prompt flow behind an online endpoint: what its documents ask of the model, the environment and the variables.

Sources: "Deploy a flow to online endpoint for real-time inference with CLI" (properties, variables, routes) and "Deploy
a flow for real-time inference" (the image of a flow that names none).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from contracts.assets import EnvironmentDefinition, InferenceConfig, Route

# What a model is that holds a flow, where others are `mlflow_model`; Azure ML itself calls it a custom model.
PROMPT_FLOW = "prompt_flow"
RUNTIME_IMAGE = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime-stable:latest"
_RUNTIMES = re.compile(r"(?:^|/)promptflow-(?:runtime|python)", re.IGNORECASE)

# Properties of the model, by which the studio knows a flow and talks to a chat flow.
SOURCE = "azureml.promptflow.source_flow_id"
MODE = "azureml.promptflow.mode"
CHAT_INPUT = "azureml.promptflow.chat_input"
CHAT_OUTPUT = "azureml.promptflow.chat_output"
CHAT = "chat"
# What was said before, as the documents' requests and the studio's templates call it.
HISTORY = "chat_history"
# Slipway's own: the connections that flow.dag.yaml names, as a JSON list, so that a plan can look at each.
CONNECTIONS = "slipway.flow.connections"

RUN_MODE, SERVING = "PROMPTFLOW_RUN_MODE", "serving"
WORKSPACE = "PRT_CONFIG_OVERRIDE"
OUTPUTS = "PROMPTFLOW_RESPONSE_INCLUDED_FIELDS"
CLIENT_ID = "UAI_CLIENT_ID"

_PORT = 8080
ROUTES = InferenceConfig(
    liveness_route=Route(path="/health", port=_PORT),
    readiness_route=Route(path="/health", port=_PORT),
    scoring_route=Route(path="/score", port=_PORT),
)


def is_flow(properties: Mapping[str, object]) -> bool:
    """Whether a model of these properties holds a flow."""
    return SOURCE in properties


def is_runtime(image: str) -> bool:
    """Whether an image is one of prompt flow's."""
    return _RUNTIMES.search(image) is not None


def connections_of(properties: Mapping[str, object]) -> list[str] | None:
    """Names of the connections that a registered flow uses; None where nothing says so."""
    try:
        named = json.loads(str(properties[CONNECTIONS]))
    except (KeyError, ValueError):
        return None
    return [str(one) for one in named] if isinstance(named, list) else None


def environment_of_flow(wanted: EnvironmentDefinition | None) -> EnvironmentDefinition:
    """The environment that a flow is served in: the one given, or the runtime's image; always with its routes."""
    if wanted is None:
        return EnvironmentDefinition(image=RUNTIME_IMAGE, inference_config=ROUTES)
    return wanted if wanted.inference_config else wanted.model_copy(update={"inference_config": ROUTES})
