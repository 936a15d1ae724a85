"""A request to a deployed model, with the endpoint's own key or token.

Not `online_endpoints.invoke`, which leaks the pin and the key from one call into the next through a module-level dict.
The key or token lives in one function only. The scoring URI is the one Azure Resource Manager returned; its host must
end as the settings say, redirects are not followed, time and size are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from activities.gates.exchange import ANSWER_LIMIT_BYTES, Answer, Question, exchanged
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.errors import ModelUnreachable, ScoringRefused
from contracts.redaction import MASK

PIN_HEADER = "azureml-model-deployment"
# Nothing that one library takes for the end of the host and another one does not: for `urllib.parse`, the host of
# https://a\.b is a\.b; `requests` goes to a. No account and no port either.
ADDRESS = re.compile(r"https://(?P<host>[A-Za-z0-9.-]+)(?:/[!-\[\]-~]*)?")


@dataclass(frozen=True)
class Scoring:
    """A request to an endpoint.

    Attributes:
        uri: as `checked_uri` has let it through.
        deployment: that it is pinned to; None has the traffic decide.
        seconds, most: see `Question`.
        method: GET asks for the deployment's description.
    """

    endpoint: str
    uri: str
    content: bytes
    seconds: float
    deployment: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    most: int = ANSWER_LIMIT_BYTES
    method: str = "POST"


def checked_uri(endpoint: str, uri: object) -> str:
    """The scoring URI of an endpoint, as ARM has it; raises ScoringRefused for an address that gets no key."""
    text, suffix = str(uri or ""), clients().settings.scoring_host_suffix
    where = ADDRESS.fullmatch(text)
    if where is None or not where["host"].lower().endswith(suffix):
        raise ScoringRefused(
            f"the scoring URI of endpoint {endpoint} is not https://…{suffix}; no key is sent there",
            suggestion="Check the endpoint; in a sovereign cloud set SLIPWAY_SCORING_HOST_SUFFIX.",
        )
    return text


def describing(endpoint: str, address: object, deployment: str | None, seconds: float, most: int) -> Scoring:
    """The question for what a deployment says of itself; `address` is that of ARM.

    Raises ScoringRefused for an address that gets no key.
    """
    return Scoring(
        endpoint=endpoint,
        uri=checked_uri(endpoint, address),
        content=b"",
        seconds=seconds,
        deployment=deployment,
        headers={"Accept": "application/json"},
        most=most,
        method="GET",
    )


def score(scoring: Scoring) -> Answer:
    """Send it with the endpoint's key or token, which is in nothing that comes back.

    Raises deployment errors: ModelUnreachable without a whole answer in time, WrongAnswer when it is too large.
    """
    return next(scores(scoring))


def scores(scoring: Scoring) -> Iterator[Answer]:
    """Send it again and again, as often as an answer is taken; the key or token is asked for once."""
    with translated(not_found=ModelUnreachable):
        # The SDK picks key, Azure ML token or Microsoft Entra token by the endpoint's auth mode.
        credentials: Any = clients().ml.online_endpoints.get_keys(scoring.endpoint)
    secret = str(getattr(credentials, "primary_key", None) or getattr(credentials, "access_token", None))
    pin = {PIN_HEADER: scoring.deployment} if scoring.deployment else {}
    headers = {"Authorization": f"Bearer {secret}", **scoring.headers, **pin}
    question = Question(scoring.uri, headers, scoring.seconds, scoring.content, scoring.method, scoring.most)
    while True:
        answer = exchanged(question)
        # A model that answers with what it was sent must not bring the key into a history.
        said = {name: value.replace(secret, MASK) for name, value in answer.headers.items()}
        yield replace(answer, headers=said, content=answer.content.replace(secret.encode(), MASK.encode()))
