"""A caller's own request to a deployed model, with the endpoint's key, which stays here."""

from __future__ import annotations

from dataclasses import dataclass

from activities.endpoint_views import reachable
from activities.gates.exchange import Answer
from activities.gates.scoring import Scoring, checked_uri, score

# Bytes of a request, and of an answer.
CONTENT_LIMIT_BYTES = 10 * 1024 * 1024
# Seconds. Azure ML gives a managed deployment at most 180 (request_timeout_ms), and Azure's load balancer cuts an HTTP
# function's answer after 230.
DEFAULT_SECONDS, MOST_SECONDS = 60, 180


@dataclass(frozen=True)
class Invocation:
    """What a caller asks a model.

    Attributes:
        deployment: None has the endpoint's traffic decide.
        request_id: the caller's own name for it, which the model's log has then.
    """

    endpoint: str
    content: bytes
    content_type: str
    seconds: float = DEFAULT_SECONDS
    deployment: str | None = None
    request_id: str | None = None


def invoke(asked: Invocation) -> Answer:
    """What the endpoint answers, without its key.

    Raises NotThere, NotReady, ModelUnreachable, WrongAnswer (too large) and other deployment errors.
    """
    endpoint = reachable(asked.endpoint, asked.deployment)
    named = {"x-ms-client-request-id": asked.request_id} if asked.request_id else {}
    return score(
        Scoring(
            endpoint=asked.endpoint,
            uri=checked_uri(asked.endpoint, endpoint["properties"]["scoringUri"]),
            content=asked.content,
            seconds=asked.seconds,
            deployment=asked.deployment,
            headers={"Content-Type": asked.content_type, **named},
            most=CONTENT_LIMIT_BYTES,
        )
    )
