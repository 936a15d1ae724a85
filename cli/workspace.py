"""Registering local files as assets of the workspace, with the caller's own credential.

Models go through the SDK: `models.create_or_update` uploads to a path made from the content, so the same files again
find the same version. Code has no public operation in azure-ai-ml 1.35 (`MLClient` keeps it private for deployments
it creates itself), so it goes through the documented REST API: Code Versions, Create Or Get Start Pending Upload,
which hands out a signature for one new container, so that the caller needs rights on the workspace and none on its
storage.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from functools import cached_property
from typing import Any

from azure.core import PipelineClient
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy, UserAgentPolicy
from azure.core.rest import HttpRequest

from azure_api import versions
from azure_api.clients import Clients
from cli.outcome import CommandStopped, NotAccepted, Unreachable
from cli.request_file import LocalCode, LocalModel
from contracts.redaction import redact
from settings import Settings

CONTENT_TAG = "slipway-content-sha256"
_CODE_FOLDER = "code"
# The service's words for a version that exists with other files (recorded by the SDK's own tests).
_PATH_IS_FIXED = "Asset paths cannot be updated"


class Workspace:
    """The Azure ML workspace, as the person or pipeline that runs the command may use it.

    Both operations raise NotAccepted when the caller must change something (rights, sign-in, a version that exists with
    other files) and Unreachable when Azure does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._credential = Clients(settings).credential

    def register_model(self, model: LocalModel) -> None:
        """Upload and register a model version, or confirm that it is registered with the same files."""
        from azure.ai.ml import MLClient
        from azure.ai.ml.entities import Model

        wanted, where = model.definition, self._settings
        with _translated(f"model {wanted.name}:{wanted.version}"), redirect_stderr(io.StringIO()):
            # Colour codes and dots that the SDK writes to stderr around an upload are of no use to anybody.
            ml = MLClient(
                self._credential,
                where.subscription_id,
                where.resource_group,
                where.workspace,
                show_progress=False,
                enable_telemetry=False,
            )
            ml.models.create_or_update(
                Model(
                    name=wanted.name,
                    version=wanted.version,
                    path=str(model.path.resolve()),
                    type=wanted.type,
                    description=wanted.description,
                    properties=dict(wanted.properties),
                    tags=dict(wanted.tags),
                )
            )

    def register_code(self, code: LocalCode) -> bool:
        """Upload and register a code folder; False when that version is registered with the same files already."""
        with _translated(f"code {code.name}:{code.version}"):
            if self._has(code):
                return False
            location = self._upload(code)
            body = {"codeUri": location, "isAnonymous": False, "tags": {CONTENT_TAG: code.digest}}
            try:
                self._arm("PUT", code, json={"properties": body})
            except HttpResponseError as error:
                # Somebody else may have registered the same files since we looked.
                if _PATH_IS_FIXED not in str(error) or not self._has(code):
                    raise
            return True

    def _has(self, code: LocalCode) -> bool:
        try:
            found = self._arm("GET", code)
        except ResourceNotFoundError:
            return False
        if (found["properties"].get("tags") or {}).get(CONTENT_TAG) != code.digest:
            raise _other_files(f"code {code.name}:{code.version}")
        return True

    def _upload(self, code: LocalCode) -> str:
        from azure.storage.blob import ContainerClient

        body = {"pendingUploadType": "TemporaryBlobReference"}
        target = self._arm("POST", code, "/startPendingUpload", json=body)["blobReferenceForConsumption"]
        with ContainerClient.from_container_url(target["credential"]["sasUri"]) as container:
            for path in code.files:
                name = f"{_CODE_FOLDER}/{path.relative_to(code.folder).as_posix()}"
                container.upload_blob(name, path.read_bytes(), overwrite=True)
        return f"{target['blobUri']}/{_CODE_FOLDER}"

    @cached_property
    def _pipeline(self) -> PipelineClient[Any, Any]:
        arm = self._settings.arm_url
        sign = BearerTokenCredentialPolicy(self._credential, f"{arm}/.default")
        return PipelineClient(arm, policies=[UserAgentPolicy("slipway-cli"), RetryPolicy(retry_total=3), sign])

    def _arm(self, method: str, code: LocalCode, suffix: str = "", **content: Any) -> dict[str, Any]:
        path = f"{self._settings.workspace_id}/codes/{code.name}/versions/{code.version}{suffix}"
        url = f"{self._settings.arm_url}{path}"
        request = HttpRequest(method, url, params={"api-version": versions.CODES}, **content)
        response = self._pipeline.send_request(request)
        if response.status_code == 404:
            raise ResourceNotFoundError(response=response)
        if response.status_code >= 400:
            raise HttpResponseError(response=response)
        answer: dict[str, Any] = response.json()
        return answer


@contextmanager
def _translated(asset: str) -> Iterator[None]:
    """Azure's errors in the words of the person at the keyboard."""
    try:
        yield
    except AzureError as error:
        raise _failure(asset, error) from error
    except Exception as error:
        # azure-ai-ml's own errors about the files (MlException) share no base with AzureError.
        if type(error).__module__ != "azure.ai.ml.exceptions":
            raise
        raise (
            _other_files(asset) if _PATH_IS_FIXED in str(error) else NotAccepted(f"{asset}: {_said(error)}")
        ) from error


def _failure(asset: str, error: AzureError) -> CommandStopped:
    if isinstance(error, ClientAuthenticationError):
        return NotAccepted(f"cannot sign in to Azure to register {asset}: run `az login`. {_said(error)}")
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return Unreachable(f"Azure did not answer while registering {asset}: {_said(error)}")
    status = error.status_code if isinstance(error, HttpResponseError) else None
    if _PATH_IS_FIXED in str(error):
        return _other_files(asset)
    if status == 403:
        return NotAccepted(
            f"you may not register {asset}: ask for AzureML Data Scientist on the workspace. {_said(error)}"
        )
    if status is None or status == 429 or status >= 500:
        return Unreachable(f"Azure could not register {asset}: {_said(error)}")
    return NotAccepted(f"{asset} was not registered: {_said(error)}")


def _other_files(asset: str) -> NotAccepted:
    return NotAccepted(f"{asset} is registered with other files, and a version never changes: give these a new version")


def _said(error: Exception) -> str:
    return redact(" ".join(str(error).split()))[:400]
