"""Connections to Azure: one credential and one client of each kind per process, made on first use.

The only import of azure.identity. `azure.ai.ml` costs a second and 70 MiB to import, so it is imported by the first
activity that needs it and never by `function_app`. Clients do not retry: an activity answers at once, and the
orchestration waits on durable timers instead of on a billed thread.
"""

from __future__ import annotations

import json
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azure_api.importing import without_collecting
from azure_api.quiet import quiet_libraries
from settings import Settings, settings

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.core import PipelineClient
    from azure.core.credentials import TokenCredential
    from azure.mgmt.authorization import AuthorizationManagementClient

# Seconds; every call of an activity must end well within its 10 s.
NO_RETRY: dict[str, Any] = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 8}
# A storage account behind a firewall may not answer at all, and only a plan's hint or a failed run's log is lost then.
STORAGE_TIMEOUTS: dict[str, Any] = {"connection_timeout": 2, "read_timeout": 3}
STORAGE_HEADERS = {"x-ms-version": "2021-12-02"}


class Clients:
    """The clients of one process. Safe to share between threads, as the worker runs activities in several."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def credential(self) -> TokenCredential:
        """The function app's identity, in Azure and locally."""
        from azure.identity import DefaultAzureCredential

        # Its own retries would sleep in the activity, for as long as a Retry-After says.
        return DefaultAzureCredential(**NO_RETRY)

    @cached_property
    def ml(self) -> MLClient:
        """The workspace."""
        with without_collecting():
            from azure.ai.ml import MLClient

        where = self.settings
        made = MLClient(
            self.credential,
            where.subscription_id,
            where.resource_group,
            where.workspace,
            show_progress=False,
            enable_telemetry=False,
            **NO_RETRY,
        )
        # The library gives itself levels when it is imported.
        quiet_libraries()
        return made

    @cached_property
    def authorization(self) -> AuthorizationManagementClient:
        """Role definitions, role assignments and effective permissions."""
        from azure.mgmt.authorization import AuthorizationManagementClient

        return AuthorizationManagementClient(
            self.credential,
            self.settings.subscription_id,
            base_url=self.settings.arm_url,
            credential_scopes=[f"{self.settings.arm_url}/.default"],
            **NO_RETRY,
        )

    @cached_property
    def _pipeline(self) -> PipelineClient[Any, Any]:
        return self._pipeline_for(self.settings.arm_url)

    @cached_property
    def _storage(self) -> PipelineClient[Any, Any]:
        return self._pipeline_for("https://storage.azure.com")

    def _pipeline_for(self, audience: str) -> PipelineClient[Any, Any]:
        from azure.core import PipelineClient
        from azure.core.pipeline.policies import BearerTokenCredentialPolicy, UserAgentPolicy

        scope = f"{audience}/.default"
        policies = [UserAgentPolicy("slipway"), BearerTokenCredentialPolicy(self.credential, scope)]
        return PipelineClient(audience, policies=policies)

    def get(self, path: str, api_version: str | None = None) -> dict[str, Any]:
        """GET an ARM resource that no client above knows; `path` is an ARM id, or a URL of this ARM.

        Raises azure.core's HttpResponseError as the other clients do.
        """
        return self._send("GET", path, api_version)

    def put(self, path: str, api_version: str, body: dict[str, Any]) -> dict[str, Any]:
        """PUT an ARM resource that no client above knows."""
        return self._send("PUT", path, api_version, body)

    def post(self, path: str, api_version: str, body: dict[str, Any] | list[Any] | None = None) -> dict[str, Any]:
        """POST an action of an ARM resource that no client above knows."""
        return self._send("POST", path, api_version, body)

    def delete(self, path: str, api_version: str) -> None:
        """DELETE an ARM resource that no client above knows; one that is not there is fine."""
        self._send("DELETE", path, api_version)

    def get_from_storage(self, url: str, first: int | None = None) -> str:
        """GET from Azure Storage, whose address the caller vouches for; raises as the other clients do.

        Of a blob no more than its `first` bytes.
        """
        return self._send_to_storage("GET", url, headers={"x-ms-range": f"bytes=0-{first - 1}"} if first else None)

    def put_to_storage(self, url: str, text: str) -> None:
        """PUT a blob of text, over the one that is there; the caller vouches for its address."""
        kind = {"x-ms-blob-type": "BlockBlob", "Content-Type": "text/plain; charset=utf-8"}
        self._send_to_storage("PUT", url, headers=kind, content=text.encode())

    def _send_to_storage(self, method: str, url: str, headers: dict[str, str] | None = None, **content: Any) -> str:
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        request = HttpRequest(method, url, headers=STORAGE_HEADERS | (headers or {}), **content)
        response = self._storage.send_request(request, **STORAGE_TIMEOUTS)
        if response.status_code >= 400:
            raise HttpResponseError(response=response)
        text: str = response.text()
        return text

    def _send(
        self, method: str, path: str, api_version: str | None, body: dict[str, Any] | list[Any] | None = None
    ) -> dict[str, Any]:
        from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
        from azure.core.rest import HttpRequest

        arm = self.settings.arm_url
        url = path if path.startswith("https://") else f"{arm}{path}"
        if urlsplit(url)[:2] != urlsplit(arm)[:2]:
            raise ValueError("refusing to send a token to a host that is not Azure Resource Manager")
        request = HttpRequest(method, url, params={"api-version": api_version} if api_version else {}, json=body)
        timeouts = {name: value for name, value in NO_RETRY.items() if name != "retry_total"}
        response = self._pipeline.send_request(request, **timeouts)
        if response.status_code >= 400:
            if response.status_code == 404:
                raise ResourceNotFoundError(response=response)
            raise HttpResponseError(response=response)
        answer: dict[str, Any] = json.loads(response.text() or "{}")
        return answer


@cache
def clients() -> Clients:
    """The clients of this process."""
    return Clients(settings())
