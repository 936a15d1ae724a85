"""Azure OpenAI accounts that connections of the workspace lead to: who may ask is checked, and nobody answers.

There is no language model here, and no answer is made up for one: whoever may ask is told that there is none, and what
was asked. So a flow with an `llm` node is served, and reaches its account with the connection's key or the identity's
role, as in Azure.

Sources: "Azure OpenAI in Azure AI Foundry Models REST API reference" for path, body and answer; "How to configure Azure
OpenAI with managed identities" for what is said of a missing role. Never compared with live Azure.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from local.clock import Clock
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.permissions import Permissions
from local.cloud.exchange import Exchange
from local.cloud.identity.audiences import LANGUAGE_MODELS
from local.cloud.identity.tokens import TokenRefused, Tokens
from local.cloud.machinelearning.records import Connection
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.world import RESOURCE_GROUP_ID

SUFFIXES = (".openai.azure.com", ".cognitiveservices.azure.com")
CHAT = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action"
_CATEGORIES = frozenset({"azureopenai", "azure_open_ai", "aiservices"})
_PATH = re.compile(r"/openai/deployments/(?P<deployment>[^/]+)/chat/completions")
_NO_KEY = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an"
    " active subscription and use a correct regional API endpoint for your resource."
)
# Of what was asked; the answer goes into a smoke test.
_REPEATED = 300


class Accounts:
    """The accounts of this world: those that connections name as their target."""

    def __init__(self, state: WorkspaceState) -> None:
        self._state = state

    def __contains__(self, host: object) -> bool:
        """Whether a connection leads to that host."""
        return str(host).endswith(SUFFIXES) and any(True for _ in self.leading_to(str(host)))

    def leading_to(self, host: str) -> Iterator[Connection]:
        """The connections whose target is on that host."""
        for one in list(self._state.connections.values()):
            kind = str(one.properties.get("category")).lower()
            if kind in _CATEGORIES and urlsplit(str(one.properties.get("target"))).hostname == host:
                yield one

    def scopes(self) -> set[str]:
        """ARM ids of all accounts, in small letters."""
        every = [one for one in list(self._state.connections.values()) if one.properties.get("target")]
        return {scope_of(one).lower() for one in every}


def scope_of(connection: Connection) -> str:
    """ARM id of the account that a connection leads to: as it says, else one of that name in the resource group."""
    named = as_json(connection.properties.get("metadata")).get("ResourceId")
    name = (urlsplit(str(connection.properties.get("target"))).hostname or "").partition(".")[0]
    return str(named or f"{RESOURCE_GROUP_ID}/providers/Microsoft.CognitiveServices/accounts/{name}")


class LanguageModels:
    """ASGI application that answers for `accounts`."""

    def __init__(self, accounts: Accounts, tokens: Tokens, permissions: Permissions, clock: Clock) -> None:
        self.accounts = accounts
        self._tokens = tokens
        self._permissions = permissions
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request, exchange = Request(scope, receive), Exchange.of(scope)
        await self._answer(request, exchange, await request.body())(scope, receive, send)

    def _answer(self, request: Request, exchange: Exchange, body: bytes) -> JSONResponse:
        connections = list(self.accounts.leading_to(exchange.host))
        refused = self._refusal(request, exchange, connections)
        if refused is not None:
            return refused
        asked = _PATH.fullmatch(request.url.path)
        if request.method != "POST" or asked is None or not exchange.api_version:
            return _error(404, "404", "Resource not found: the local Azure takes chat completions only.")
        try:
            wanted = as_json(json.loads(body))
            messages = _messages(wanted)
            last = messages[-1]
        except (ValueError, KeyError, TypeError, IndexError):
            return _error(400, "invalid_request_error", "Write a JSON object with at least one of `messages`.")
        if wanted.get("stream"):
            return _error(400, "NotEmulatedLocally", "The local Azure streams no chat completions: leave `stream` out.")
        head = f"Deployment {asked['deployment']} was asked with {len(messages)} messages; the last, of"
        return JSONResponse(self._completion(head, last, body))

    def _completion(self, head: str, last: Json, body: bytes) -> Json:
        """The same for the same request; no tokens are counted, since nothing has read any."""
        said = " ".join(_text(last.get("content")).split())[:_REPEATED]
        content = f"The local Azure has no language model. {head} {last.get('role')}: {said}"
        message = {"role": "assistant", "content": content}
        return {
            "id": f"chatcmpl-{hashlib.sha256(body).hexdigest()[:29]}",
            "object": "chat.completion",
            "created": int(self._clock.now().timestamp()),
            "model": "none (local Azure)",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message, "logprobs": None}],
        }

    def _refusal(self, request: Request, exchange: Exchange, connections: list[Connection]) -> JSONResponse | None:
        """None for a key of a connection, or a token of whom a role allows it."""
        given = request.headers.get("api-key")
        if given is not None:
            exchange.caller = "account key"
            keys = [str(as_json(one.properties.get("credentials")).get("key") or "") for one in connections]
            known = any(key and hmac.compare_digest(key.encode(), given.encode()) for key in keys)
            return None if known else _error(401, "401", _NO_KEY)
        try:
            claims = self._tokens.bearer(request.headers.get("authorization"), LANGUAGE_MODELS)
        except TokenRefused as refused:
            return _error(401, "401", refused.message)
        exchange.caller = claims.name
        if any(self._permissions.allowed(claims.principal_id, CHAT, scope_of(one), data=True) for one in connections):
            return None
        message = (
            f"The principal `{claims.principal_id}` lacks the required data action `{CHAT}` to perform `POST"
            " /openai/deployments/{deployment-id}/chat/completions` operation."
        )
        return _error(401, "PermissionDenied", message)


def _messages(wanted: Json) -> list[Json]:
    listed = wanted["messages"]
    return [as_json(one) for one in listed] if isinstance(listed, list) else []


def _text(content: object) -> str:
    """What a message says; of one in parts, the parts that are text."""
    if isinstance(content, list):
        return " ".join(str(as_json(one).get("text") or "") for one in content)
    return str(content or "")


def _error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status)
