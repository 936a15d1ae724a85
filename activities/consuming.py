"""All that it takes to call an endpoint, but its key: where the key is, what to send, and programs that send it."""

from __future__ import annotations

from typing import cast

from activities import commands
from activities.code_samples import Call, samples
from activities.endpoint_views import auth_mode, reachable
from activities.gates.scoring import checked_uri
from activities.swagger import NoSwagger, read_swagger
from activities.swagger_samples import sample_request
from contracts.base import Json
from contracts.endpoints import AuthMode, Consumption, KeyPlace

PLACEHOLDER: Json = {"data": []}
LIST_KEYS = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/listKeys/action"
GET_TOKEN = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/token/action"  # noqa: S105 - names a right
SCORE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action"
# What a token for Azure ML's endpoints is issued for (how-to-authenticate-online-endpoint).
AUDIENCE = "https://ml.azure.com"


def consume(endpoint: str, deployment: str | None, request: Json) -> Consumption:
    """How to call the endpoint, or one deployment of it; `request` is the caller's own sample, None without one.

    Raises NotThere, NotReady, ScoringRefused and other deployment errors.
    """
    document = reachable(endpoint, deployment)
    uri = checked_uri(endpoint, document["properties"]["scoringUri"])
    swagger, why_none = None, None
    try:
        swagger = read_swagger(endpoint, document["properties"].get("swaggerUri"), deployment)
    except NoSwagger as error:
        why_none = str(error)
    told = sample_request(swagger) if request is None else None
    sent = next(one for one in (request, told, PLACEHOLDER) if one is not None)
    mode = cast("AuthMode", auth_mode(document))
    key = key_place(endpoint, mode)
    return Consumption(
        endpoint=endpoint,
        deployment=deployment,
        scoring_uri=uri,
        auth_mode=mode,
        key=key,
        request=sent,
        request_from="caller" if request is not None else "swagger" if told is not None else "placeholder",
        swagger=swagger,
        no_swagger=why_none,
        samples=samples(Call(uri, key.command, sent, deployment)),
    )


def key_place(endpoint: str, mode: AuthMode) -> KeyPlace:
    """Where a caller gets the key or token of an endpoint."""
    if mode == "aad_token":
        command = f"az account get-access-token --resource {AUDIENCE} --query accessToken --output tsv"
        return KeyPlace(kind="token", command=command, right=SCORE)
    field, right = ("primaryKey", LIST_KEYS) if mode == "key" else ("accessToken", GET_TOKEN)
    command = (
        f"az ml online-endpoint get-credentials --name {endpoint} {commands.of_workspace()}"
        f" --query {field} --output tsv"
    )
    return KeyPlace(kind="key" if mode == "key" else "token", command=command, right=right)
