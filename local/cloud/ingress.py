"""The two ways in: Azure's hosts behind TLS, and the plain listener of this machine."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from local.cloud import hosts
from local.cloud.blob.service import BlobService
from local.cloud.exchange import Exchange
from local.cloud.keyvault.service import VaultService
from local.cloud.language_models import Accounts, LanguageModels
from local.cloud.shared import World


class AzureHosts:
    """Sends a request to the service its Host header names: storage accounts, vaults and models that there are."""

    def __init__(self, world: World, *, management: ASGIApp, inference: ASGIApp, models: Accounts) -> None:
        self._world = world
        self._models = LanguageModels(models, world.tokens, world.authorization, world.clock)
        self._management = management
        self._blob = BlobService(world.blobs, world.access, world.clock)
        self._vault = VaultService(world.vaults, world.tokens, world.authorization, world.clock)
        self._inference = inference

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have one request answered."""
        await self._service(Exchange.of(scope).host)(scope, receive, send)

    def _service(self, host: str) -> ASGIApp:
        if host == hosts.MANAGEMENT:
            return self._management
        if hosts.is_blobs(host, self._world.blobs.accounts):
            return self._blob
        if hosts.is_vault(host, self._world.vaults):
            return self._vault
        if host.endswith(hosts.INFERENCE_SUFFIX):
            return self._inference
        if host in self._models.accounts:
            return self._models
        return _nothing_at(host)


def _nothing_at(host: str) -> JSONResponse:
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
