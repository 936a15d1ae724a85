"""What a deployment's process needs on this machine: its assets, fetched, and its settings, read."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

from local.cloud.arm.documents import Json, as_json
from local.cloud.blob.errors import BlobError
from local.cloud.blob.store import BlobStore
from local.cloud.machinelearning.places import blob_place
from local.cloud.machinelearning.records import Asset, AssetKind, Deployment, Endpoint
from local.cloud.machinelearning.references import from_registry, reference
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.serving import ServingSpec, StartupProblem, not_runnable
from local.cloud.shared import World

_DURATION = re.compile(r"PT(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?")


class _Parts(NamedTuple):
    model: Asset | None
    code: Asset | None
    environment: Asset | None


class Unpacking:
    """Fetches the assets of deployments into folders of their own."""

    def __init__(self, world: World, state: WorkspaceState) -> None:
        self._blobs = world.blobs
        self._folder = world.folder
        self._state = state
        # Each start has a folder of its own: the one before may still be ending.
        self._starts = count(1)

    def spec(self, endpoint: Endpoint, deployment: Deployment) -> ServingSpec | StartupProblem:
        """Everything the process needs, with model and code fetched to this machine; or why that cannot be."""
        parts = self._parts(deployment.properties)
        image = _image(deployment.properties, parts)
        folder = self._folder / endpoint.name / deployment.name / str(next(self._starts))
        problem = _unrunnable(deployment.properties, parts, image) or self._fetch(parts, folder)
        return problem or _specification(endpoint, deployment, parts, image, folder)

    def _parts(self, properties: Json) -> _Parts:
        code = as_json(properties.get("codeConfiguration"))
        with self._state.lock:
            return _Parts(
                self._asset("models", properties.get("model")),
                self._asset("codes", code.get("codeId")),
                self._asset("environments", properties.get("environmentId")),
            )

    def _asset(self, kind: AssetKind, text: object) -> Asset | None:
        named = reference(kind, text)
        return self._state.asset(kind, *named) if named else None

    def _fetch(self, parts: _Parts, folder: Path) -> StartupProblem | None:
        (folder / "model").mkdir(parents=True, exist_ok=True)
        (folder / "code").mkdir(parents=True, exist_ok=True)
        problem = None
        if parts.model:
            uri = str(parts.model.properties.get("modelUri"))
            problem = _fetched(self._blobs, uri, folder / "model", what="user model", keep_name=True)
        if parts.code and not problem:
            uri = str(parts.code.properties.get("codeUri"))
            problem = _fetched(self._blobs, uri, folder / "code", what="user code", keep_name=False)
        return problem


def _fetched(blobs: BlobStore, uri: str, target: Path, *, what: str, keep_name: bool) -> StartupProblem | None:
    """Copy what lies at `uri` into `target`; a folder keeps its own name inside when `keep_name`."""
    place = blob_place(uri)
    if place is None:
        message = f"unable to download {what} from {uri}: only blobs of this workspace can be."
        return StartupProblem("BadArgument", message)
    try:
        single = any(blob.name == place.path for blob in blobs.list(*place))
        into = target if single or not keep_name else target / place.path.rstrip("/").rpartition("/")[2]
        found = blobs.materialise(*place, into)
    except (BlobError, ValueError) as reason:
        return StartupProblem("BadArgument", f"unable to download {what} from {uri}: {reason}")
    return None if found else StartupProblem("BadArgument", f"unable to download {what}: there is nothing at {uri}.")


def _image(properties: Json, parts: _Parts) -> str:
    if from_registry(properties.get("environmentId")):
        return str(properties["environmentId"])
    return str(parts.environment.properties.get("image") or "") if parts.environment else ""


def _unrunnable(properties: Json, parts: _Parts, image: str) -> StartupProblem | None:
    code = as_json(properties.get("codeConfiguration"))
    if parts.code is None or not code.get("scoringScript"):
        message = (
            f"image {image!r}: without a scoring script the local Azure has nothing it can run. Deploy it in Azure."
        )
        return not_runnable(message)
    if parts.environment and parts.environment.properties.get("build"):
        message = "the environment is built from a Docker context, and there is no container engine here."
        return not_runnable(message)
    return None


def _specification(endpoint: Endpoint, deployment: Deployment, parts: _Parts, image: str, folder: Path) -> ServingSpec:
    properties, model = deployment.properties, parts.model
    settings = as_json(properties.get("requestSettings"))
    conda_file = parts.environment.properties.get("condaFile") if parts.environment else None
    variables = as_json(properties.get("environmentVariables"))
    return ServingSpec(
        endpoint=endpoint.name,
        deployment=deployment.name,
        image=image,
        conda_file=conda_file if isinstance(conda_file, str) else None,
        code_dir=folder / "code",
        scoring_script=str(as_json(properties.get("codeConfiguration"))["scoringScript"]),
        model_dir=folder / "model",
        model_name=model.name if model else "none",
        model_version=model.version if model else "0",
        root=folder / "run",
        environment_variables={name: str(value) for name, value in variables.items()},
        request_timeout=_duration(settings.get("requestTimeout"), timedelta(seconds=5)),
        max_concurrent=_whole(settings.get("maxConcurrentRequestsPerInstance"), 1),
        instance_count=deployment.capacity,
    )


def _duration(text: object, otherwise: timedelta) -> timedelta:
    """An ISO 8601 duration of hours, minutes and seconds; `otherwise` when there is none."""
    found = _DURATION.fullmatch(str(text or ""))
    if not found:
        return otherwise
    return timedelta(**{unit: float(value) for unit, value in found.groupdict().items() if value}) or otherwise


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and value > 0 else otherwise
