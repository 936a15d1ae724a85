"""From an admitted deployment to one that serves: permission, files, a real process, and how it ended.

The endpoint's identity pulls the image and reads model and code, so it needs AcrPull on the registry and blob read
on the workspace's storage when the deployment starts up (Microsoft Learn, "Troubleshoot online endpoints",
authorization error). Wording of that failure: Microsoft Learn's; the wire text was never compared with live Azure.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

from local.clock import Clock
from local.cloud.authorization import Authorization
from local.cloud.blob.errors import BlobError
from local.cloud.blob.store import BlobStore
from local.cloud.identity.endpoint import IdentityEndpoint
from local.cloud.machinelearning.admission import from_registry, reference
from local.cloud.machinelearning.operations import Operations
from local.cloud.machinelearning.state import Asset, Deployment, Endpoint, Operation, WorkspaceState
from local.cloud.machinelearning.wire import as_json
from local.cloud.schedule import Schedule
from local.cloud.serving import Failure, ServingProcess, ServingSpec, launch
from local.cloud.world import BLOB_CONTAINER, REGISTRY_ID, WORKSPACE_STORAGE, Durations, storage_id

_PULL = "Microsoft.ContainerRegistry/registries/pull/read"
_READ_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
_DATASTORE_PATH = re.compile(r"azureml://(?:.*/)?datastores/workspaceblobstore/paths/(?P<path>.+)", re.IGNORECASE)
_BLOB_URL = re.compile(r"https://(?P<account>[^./]+)\.blob\.core\.windows\.net/(?P<container>[^/]+)/?(?P<path>.*)")
_DURATION = re.compile(r"PT(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?")

logger = logging.getLogger(__name__)


class Provisioning:
    """Brings deployments up and takes their processes down."""

    def __init__(
        self,
        state: WorkspaceState,
        *,
        clock: Clock,
        operations: Operations,
        schedule: Schedule,
        durations: Durations,
        authorization: Authorization,
        identities: IdentityEndpoint,
        blobs: BlobStore,
        folder: Path,
        scoring_python: Path,
        environment: Callable[[str], dict[str, str]],
    ) -> None:
        self._state = state
        self._clock = clock
        self._operations = operations
        self._schedule = schedule
        self._durations = durations
        self._authorization = authorization
        self._identities = identities
        self._blobs = blobs
        self._folder = folder
        self._scoring_python = scoring_python
        self._environment = environment
        # Each start has a folder of its own: the one before may still be ending.
        self._starts = count(1)

    def begin(self, endpoint: Endpoint, deployment: Deployment) -> None:
        """Have the deployment started when its operation has run for the startup time."""
        if deployment.starting:  # left from an attempt that failed
            self._identities.detach([deployment.identity_headers.pop(id(deployment.starting))])
            self._schedule.at(self._clock.now(), deployment.starting.stop)
            deployment.starting = None
        start = partial(self._start_up, endpoint, deployment, deployment.operation)
        self._schedule.at(deployment.operation.started + self._durations.deployment_startup, start)

    def stop(self, deployment: Deployment) -> None:
        """End the deployment's processes; returns at once."""
        for process in self.take(deployment):
            self._schedule.at(self._clock.now(), process.stop)

    def take(self, deployment: Deployment) -> list[ServingProcess]:
        """Take the deployment's processes from it, without their identity, for the caller to stop."""
        processes = [one for one in (deployment.process, deployment.starting) if one]
        deployment.process = deployment.starting = None
        self._identities.detach(deployment.identity_headers.values())
        deployment.identity_headers.clear()
        return processes

    def _start_up(self, endpoint: Endpoint, deployment: Deployment, operation: Operation) -> None:
        try:
            failure = self._missing_permission(endpoint) or self._started(endpoint, deployment, operation)
        except Exception as error:
            # An operation that never ends would lock its endpoint for good.
            logger.exception("the local Azure could not start deployment %s", deployment.name)
            failure = Failure("InternalServerError", f"The local Azure could not start this deployment: {error!r}")
        if failure is not None:
            with self._state.lock:
                self._failed(deployment, operation, failure)

    def _started(self, endpoint: Endpoint, deployment: Deployment, operation: Operation) -> Failure | None:
        spec = self._spec(endpoint, deployment)
        if not isinstance(spec, ServingSpec):
            return spec
        self._launch(endpoint, deployment, operation, spec)
        return None

    def _missing_permission(self, endpoint: Endpoint) -> Failure | None:
        """What the endpoint's identity may not do yet, in the service's words."""
        identity = endpoint.identities[0]
        storage = storage_id(WORKSPACE_STORAGE)
        needs = ((_PULL, REGISTRY_ID, "AcrPull", False), (_READ_BLOBS, storage, "Storage Blob Data Reader", True))
        for action, scope, role, data in needs:
            if not self._authorization.allowed(identity.principal_id, action, scope, data=data):
                return Failure(
                    "BadArgument",
                    "Startup task failed due to authorization error / incorrect role assignments on resource: the "
                    f"endpoint identity {identity.principal_id} may not perform {action} on {scope} (role {role}). "
                    "Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#authorization-error",
                )
        return None

    def _spec(self, endpoint: Endpoint, deployment: Deployment) -> ServingSpec | Failure:
        """Everything the process needs, with model and code fetched to this machine; or why that cannot be."""
        properties = deployment.properties
        code = as_json(properties.get("codeConfiguration"))
        settings = as_json(properties.get("requestSettings"))
        with self._state.lock:
            model = self._asset_of("models", properties.get("model"))
            code_asset = self._asset_of("codes", code.get("codeId"))
            environment = self._asset_of("environments", properties.get("environmentId"))
        image = str(environment.properties.get("image") or "") if environment else ""
        if from_registry(properties.get("environmentId")):
            image = str(properties["environmentId"])
        if code_asset is None or not code.get("scoringScript"):
            message = (
                f"image {image!r}: without a scoring script the local Azure has nothing it can run. Deploy it in Azure."
            )
            return Failure("ImageNotRunnableLocally", message)
        if environment and environment.properties.get("build"):
            message = "the environment is built from a Docker context, and there is no container engine here."
            return Failure("ImageNotRunnableLocally", message)
        folder = self._folder / endpoint.name / deployment.name / str(next(self._starts))
        unavailable = self._fetch(model, "modelUri", folder / "model", keep_name=True)
        unavailable = unavailable or self._fetch(code_asset, "codeUri", folder / "code", keep_name=False)
        if unavailable:
            return unavailable
        variables = as_json(properties.get("environmentVariables"))
        return ServingSpec(
            endpoint=endpoint.name,
            deployment=deployment.name,
            image=image,
            conda_file=_text(environment.properties.get("condaFile")) if environment else None,
            code_dir=folder / "code",
            scoring_script=str(code["scoringScript"]),
            model_dir=folder / "model",
            model_name=model.name if model else "none",
            model_version=model.version if model else "0",
            root=folder / "run",
            environment_variables={name: str(value) for name, value in variables.items()},
            request_timeout=duration(settings.get("requestTimeout"), timedelta(seconds=5)),
            max_concurrent=_whole(settings.get("maxConcurrentRequestsPerInstance"), 1),
            instance_count=deployment.capacity,
        )

    def _asset_of(self, kind: str, text: object) -> Asset | None:
        for known in ("models", "codes", "environments"):
            if known == kind:
                named = reference(known, text)
                return self._state.asset(known, *named) if named else None
        raise AssertionError(kind)

    def _fetch(self, asset: Asset | None, field: str, target: Path, *, keep_name: bool) -> Failure | None:
        """Copy what an asset points to into `target`; a folder keeps its own name inside when `keep_name`."""
        target.mkdir(parents=True, exist_ok=True)
        if asset is None:
            return None
        uri = str(asset.properties.get(field))
        what = {"modelUri": "user model", "codeUri": "user code"}[field]
        place = blob_place(uri)
        if place is None:
            return Failure("BadArgument", f"unable to download {what} from {uri}: only blobs of this workspace can be.")
        account, container, path = place
        try:
            single = self._is_blob(account, container, path)
            into = target if single or not keep_name else target / path.rstrip("/").rpartition("/")[2]
            found = self._blobs.materialise(account, container, path, into)
        except (BlobError, ValueError) as reason:
            return Failure("BadArgument", f"unable to download {what} from {uri}: {reason}")
        return None if found else Failure("BadArgument", f"unable to download {what}: there is nothing at {uri}.")

    def _is_blob(self, account: str, container: str, path: str) -> bool:
        return any(blob.name == path for blob in self._blobs.list(account, container, path))

    def _launch(self, endpoint: Endpoint, deployment: Deployment, operation: Operation, spec: ServingSpec) -> None:
        header = self._identities.attach(endpoint.identities)
        whole = replace(spec, process_environment=self._environment(header))
        with self._state.lock:
            if not self._state.current(endpoint, deployment):
                self._identities.detach([header])
                return
            report = partial(self._reported, endpoint, deployment, operation)
            deployment.starting = launch(whole, self._clock, self._scoring_python, report)
            deployment.identity_headers[id(deployment.starting)] = header

    def _reported(
        self, endpoint: Endpoint, deployment: Deployment, operation: Operation, process: ServingProcess
    ) -> None:
        """The process is up, or has failed; after the operation's end Azure would restart it, and we do not."""
        with self._state.lock:
            if operation.status != "Updating" or not self._state.current(endpoint, deployment):
                return
            if process.failure:
                self._failed(deployment, operation, process.failure)
                return
            ready = operation.started + self._durations.deployment_create
            self._schedule.at(ready, partial(self._succeeded, endpoint, deployment, operation))

    def _succeeded(self, endpoint: Endpoint, deployment: Deployment, operation: Operation) -> None:
        with self._state.lock:
            if operation.status != "Updating" or not self._state.current(endpoint, deployment):
                return
            replaced, deployment.process, deployment.starting = deployment.process, deployment.starting, None
            deployment.state = "Succeeded"
            self._operations.end(operation)
            if replaced:
                self._identities.detach([deployment.identity_headers.pop(id(replaced))])
                self._schedule.at(self._clock.now(), replaced.stop)

    def _failed(self, deployment: Deployment, operation: Operation, failure: Failure) -> None:
        deployment.state = "Failed"
        if deployment.starting:
            deployment.log = deployment.starting.log()
        self._operations.end(operation, error=f"{failure.code}: {failure.message}")


def blob_place(uri: str) -> tuple[str, str, str] | None:
    """Account, container and path of a model or code address; None for one that is not in a blob store here."""
    path = _DATASTORE_PATH.fullmatch(uri)
    if path:
        return WORKSPACE_STORAGE, BLOB_CONTAINER, path["path"].strip("/")
    url = _BLOB_URL.fullmatch(uri)
    return (url["account"], url["container"], url["path"].strip("/")) if url else None


def duration(text: object, otherwise: timedelta) -> timedelta:
    """An ISO 8601 duration of hours, minutes and seconds; `otherwise` when there is none."""
    found = _DURATION.fullmatch(str(text or ""))
    if not found:
        return otherwise
    return timedelta(**{unit: float(value) for unit, value in found.groupdict().items() if value}) or otherwise


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and value > 0 else otherwise
