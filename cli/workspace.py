"""Registering local files as assets of the workspace, with the caller's own credential.

Models go through the SDK: `models.create_or_update` uploads to a path made from the content, so the same files again
find the same version. Code has no public operation in azure-ai-ml 1.35 (`MLClient` keeps it private for deployments
it creates itself), so it goes through the documented REST API: Code Versions, Create Or Get Start Pending Upload,
which hands out a signature for one new container, so that the caller needs rights on the workspace and none on its
storage.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr
from functools import cached_property
from pathlib import Path
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
from azure_api.importing import without_collecting
from cli.local_assets import Local, LocalCode, LocalEnvironment, LocalModel
from cli.outcome import CommandStopped, NotAccepted, Unreachable
from contracts.marks import CONTENT_TAG
from contracts.redaction import redact
from settings import Settings

Progress = Callable[[list[Path]], Iterable[Path]]
"""Shows how far the files are that are gone through."""
# Of a model's definition, beside what the code names: passed on as it is.
_PASSED_ON = (
    "stage",
    "flavors",
    "datastore",
    "system_metadata",
    "default_deployment_template",
    "allowed_deployment_templates",
)
_CODE_FOLDER = "code"
# The service's words for a version that exists with other files (recorded by the SDK's own tests).
_PATH_IS_FIXED = "Asset paths cannot be updated"


class Workspace:
    """The Azure ML workspace, as the person or pipeline that runs the command may use it.

    All operations raise NotAccepted when the caller must change something (rights, sign-in, a version that exists with
    other files) and Unreachable when Azure does not answer. With `progress`, what is uploaded is shown as it goes.
    """

    def __init__(self, settings: Settings, progress: Progress | None = None) -> None:
        self._settings = settings
        self._credential = Clients(settings).credential
        self._progress = progress

    def register(self, local: Local) -> tuple[str, bool]:
        """Upload and register what a request names; how it names it then, and whether it is new."""
        if isinstance(local, LocalCode):
            new = self.register_code(local)
            return local.reference, new
        if isinstance(local, LocalEnvironment):
            self.register_environment(local)
            return local.reference, True
        return self.register_model(local), True

    def register_model(self, model: LocalModel) -> str:
        """Upload and register a model version, or confirm that it is registered with the same files; its reference.

        The SDK uploads to a path made from the content in the workspace's default datastore, or the one named.
        """
        from azure.ai.ml.entities import Model

        wanted = model.definition
        with _translated(f"model {model.reference.removeprefix('azureml:')}"), self._quietly():
            ml = self._ml
            tags = dict(wanted.tags)
            version = wanted.version
            if version is None:
                tags[CONTENT_TAG] = model.digest
                version = self._version_with(str(wanted.name), model.digest)
            more = {name: part for name, part in wanted.to_wire().items() if name in _PASSED_ON and part}
            made = ml.models.create_or_update(
                Model(
                    name=wanted.name,
                    version=version,
                    path=str(model.path.resolve()),
                    type=wanted.type,
                    description=wanted.description,
                    properties=dict(wanted.properties),
                    tags=tags,
                    **more,
                )
            )
        return f"azureml:{made.name}:{made.version}"

    def register_environment(self, environment: LocalEnvironment) -> None:
        """Upload a Docker build context and register the environment that is built from it."""
        from azure.ai.ml.entities import BuildContext, Environment

        said = environment.definition
        dockerfile = said["build"].get("dockerfile_path")
        with _translated(f"environment {environment.reference.removeprefix('azureml:')}"), self._quietly():
            self._ml.environments.create_or_update(
                Environment(
                    name=environment.name,
                    version=environment.version,
                    description=said.get("description"),
                    build=BuildContext(path=str(environment.path.resolve()), dockerfile_path=dockerfile),
                    tags={str(name): str(text) for name, text in (said.get("tags") or {}).items()},
                    inference_config=said.get("inference_config"),
                )
            )

    def _version_with(self, name: str, digest: str) -> str | None:
        """The newest version of a model, if it has these files; None lets the service give the next number."""
        try:
            newest = self._ml.models.get(name, label="latest")
        except ResourceNotFoundError:
            return None
        return str(newest.version) if (newest.tags or {}).get(CONTENT_TAG) == digest else None

    @cached_property
    def _ml(self) -> Any:
        with without_collecting():
            from azure.ai.ml import MLClient

        where = self._settings
        return MLClient(
            self._credential,
            where.subscription_id,
            where.resource_group,
            where.workspace,
            show_progress=self._progress is not None,
            enable_telemetry=False,
        )

    def _quietly(self) -> AbstractContextManager[Any]:
        """Where nobody looks, colour codes and dots that the SDK writes around an upload are of no use to anybody."""
        return nullcontext() if self._progress else redirect_stderr(io.StringIO())

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
            for path in self._progress(code.files) if self._progress else code.files:
                name = f"{_CODE_FOLDER}/{path.relative_to(code.path).as_posix()}"
                with path.open("rb") as content:
                    container.upload_blob(name, content, overwrite=True)
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
