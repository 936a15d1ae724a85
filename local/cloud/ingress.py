"""The two ways in: Azure's hosts behind TLS, and the plain listener of this machine."""

from __future__ import annotations

from collections.abc import Container

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from local.cloud import hosts
from local.cloud.exchange import Exchange
from local.cloud.language_models import LanguageModels


class AzureHosts:
    """Sends a request to the service its Host header names.

    `accounts` are the storage accounts that there are.
    """

    def __init__(
        self,
        *,
        management: ASGIApp,
        blob: ASGIApp,
        inference: ASGIApp,
        models: LanguageModels,
        accounts: Container[object],
    ) -> None:
        self._accounts = accounts
        self._models = models
        self._management = management
        self._blob = blob
        self._inference = inference

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have one request answered."""
        await self._service(Exchange.of(scope).host)(scope, receive, send)

    def _service(self, host: str) -> ASGIApp:
        if host == hosts.MANAGEMENT:
            return self._management
        if hosts.is_blobs(host, self._accounts):
            return self._blob
        if host.endswith(hosts.INFERENCE_SUFFIX):
            return self._inference
        if host in self._models.accounts:
            return self._models
        if host == hosts.GRAPH:
            # What it answers to an identity that has no right in the directory; `az role` then does without names.
            denied = {
                "code": "Authorization_RequestDenied",
                "message": "Insufficient privileges to complete the operation.",
            }
            return JSONResponse({"error": denied}, 403)
        # Registry discovery among them: a quick no spares the SDK 4.8 s of retries.
        message = f"The local Azure has nothing at {host}."
        return JSONResponse({"error": {"code": "NotEmulatedLocally", "message": message}}, 404)


class LoopbackPaths:
    """Tokens pass the gate like every Azure request, the control API does not."""

    def __init__(self, *, identity: ASGIApp, control: ASGIApp) -> None:
        self._identity = identity
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have one request answered."""
        serve = self._identity if scope["path"].startswith("/msi/") else self._control
        await serve(scope, receive, send)
