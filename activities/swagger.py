"""The description that a deployment gives of itself: `swagger.json`, beside its scoring URI.

azureml-inference-server-http serves one for each script, and describes the request where the script is decorated with
inference-schema; a prompt flow's server describes the flow's inputs.
"""

from __future__ import annotations

import json
from typing import Any

from activities.gates.scoring import describing, score
from contracts.errors import DeploymentError
from contracts.redaction import redact

# One that is larger is for no person, and would make an answer that nobody wants.
LIMIT_BYTES = 256 * 1024
SECONDS = 5.0


class NoSwagger(Exception):
    """The deployment tells nothing of itself; the message says why."""


def read_swagger(endpoint: str, address: object, deployment: str | None) -> dict[str, Any]:
    """The document at `address`, as ARM has it of the endpoint; raises NoSwagger."""
    try:
        answer = score(describing(endpoint, address, deployment, SECONDS, LIMIT_BYTES))
    except DeploymentError as error:
        raise NoSwagger(error.message) from error
    if answer.status != 200:
        raise NoSwagger(f"the endpoint answered {answer.status} where its description should be")
    try:
        document = json.loads(redact(answer.body))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise NoSwagger("what the endpoint answered is no description")
    return document
