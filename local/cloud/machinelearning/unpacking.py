"""What a deployment's process needs on this machine: its assets, fetched, and its settings, read."""

from __future__ import annotations

from dataclasses import replace
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
from local.cloud.machinelearning.settings import duration, probe, whole
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.serving import ServingSpec, StartupProblem, no_code, not_runnable
from local.cloud.shared import World


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
        if problem:
            return problem
        spec = _specification(endpoint, deployment, parts, image, folder)
        return spec if spec.scoring_script or _routes(parts) else _without_code(spec, parts)

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
        for name in ("model", "code", "context"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        problem = None
        if parts.model:
            uri = str(parts.model.properties.get("modelUri"))
            problem = _fetched(self._blobs, uri, folder / "model", what="user model", keep_name=True)
        if parts.code and not problem:
            uri = str(parts.code.properties.get("codeUri"))
            problem = _fetched(self._blobs, uri, folder / "code", what="user code", keep_name=False)
        build = as_json(parts.environment.properties.get("build")) if parts.environment else {}
        if build and not problem:
            uri = str(build.get("contextUri"))
            problem = _fetched(self._blobs, uri, folder / "context", what="build context", keep_name=False)
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
    """What says how to serve: a scoring script, an environment whose container does, or what an MLflow model is."""
    script = str(as_json(properties.get("codeConfiguration")).get("scoringScript") or "")
    if script and not script.endswith(".py"):
        return not_runnable(f"script {script!r}: the local Azure runs scripts in Python alone. Deploy it in Azure.")
    if script or _routes(parts) or _is_mlflow(parts, image):
        return None
    message = f"image {image!r}: without a scoring script the local Azure has nothing it can run. Deploy it in Azure."
    return not_runnable(message)


def _is_mlflow(parts: _Parts, image: str) -> bool:
    """Whether it is an MLflow model, in the image that serves those; also when no other was named."""
    mlflow = parts.model is not None and parts.model.properties.get("modelType") == "mlflow_model"
    return mlflow and (not image or no_code.is_its_image(image))


def _without_code(spec: ServingSpec, parts: _Parts) -> ServingSpec | StartupProblem:
    """The same, served by the script of the MLflow image, in the model's own environment when none was named."""
    served = no_code.served(spec.model_dir)
    if isinstance(served, StartupProblem):
        return served
    variables = {**spec.environment_variables, no_code.FOLDER_VARIABLE: served.folder}
    scoring = replace(spec, code_dir=no_code.RESOURCES, scoring_script=no_code.SCRIPT, environment_variables=variables)
    if parts.environment or spec.image:
        return scoring
    return replace(scoring, image=no_code.IMAGE, conda_file=served.conda_file, note=served.note)


def _routes(parts: _Parts) -> Json:
    return as_json(parts.environment.properties.get("inferenceConfig")) if parts.environment else {}


def _specification(endpoint: Endpoint, deployment: Deployment, parts: _Parts, image: str, folder: Path) -> ServingSpec:
    properties, model = deployment.properties, parts.model
    settings = as_json(properties.get("requestSettings"))
    environment = parts.environment.properties if parts.environment else {}
    conda_file, build = environment.get("condaFile"), as_json(environment.get("build"))
    variables = as_json(properties.get("environmentVariables"))
    return ServingSpec(
        endpoint=endpoint.name,
        deployment=deployment.name,
        image=image,
        conda_file=conda_file if isinstance(conda_file, str) else None,
        code_dir=folder / "code",
        scoring_script=str(as_json(properties.get("codeConfiguration")).get("scoringScript") or ""),
        model_dir=folder / "model",
        model_name=model.name if model else "none",
        model_version=model.version if model else "0",
        root=folder / "run",
        environment_variables={name: str(value) for name, value in variables.items()},
        request_timeout=duration(settings.get("requestTimeout"), timedelta(seconds=5)),
        max_concurrent=whole(settings.get("maxConcurrentRequestsPerInstance"), 1),
        instance_count=deployment.capacity,
        liveness=probe(as_json(properties.get("livenessProbe")), _path(parts, "livenessRoute")),
        readiness=probe(as_json(properties.get("readinessProbe")), _path(parts, "readinessRoute")),
        context=folder / "context" if build else None,
        dockerfile=str(build.get("dockerfilePath") or "Dockerfile"),
        scoring_path=_path(parts, "scoringRoute", "/score"),
    )


def _path(parts: _Parts, route: str, otherwise: str = "/") -> str:
    return str(as_json(_routes(parts).get(route)).get("path") or otherwise)
