"""Model versions: registered from files that are already in a datastore, or confirmed; and the newest of them."""

from __future__ import annotations

from typing import Any

from activities import assets
from activities.datastores import check_workspace, judge_path
from activities.envelope import activity
from activities.resource import Registered
from activities.scene import Finding, Scene
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import Right
from contracts.activities import Ensured, EnsureInput, NewestVersion, RegistrationRef
from contracts.errors import ModelNotFound, RequestRejected
from contracts.ledger import reference, short_name
from contracts.marks import MARK_TAG
from contracts.names import model_of_id, split_datastore_path, split_reference
from contracts.online import ModelDefinition
from contracts.policy import Match

WRITE = "Microsoft.MachineLearningServices/workspaces/models/versions/write"

Wanted = ModelDefinition | str


class Models(Registered[Wanted]):
    """A registered model version, named or defined in the request."""

    kind = "model"
    step = "register_model"
    rights = (WRITE,)

    def read(self, part: Any) -> Wanted:
        """A reference, or a definition to register."""
        return ModelDefinition.from_wire(part) if isinstance(part, dict) else str(part)

    def plan(self, wanted: Wanted, scene: Scene) -> Finding:
        """Whether it is registered; `latest` becomes a version here, once for the whole run."""
        name, version = split_reference(wanted) if isinstance(wanted, str) else (wanted.name, wanted.version)
        workspace_id = clients().settings.workspace_id
        try:
            with translated(not_found=ModelNotFound):
                latest = {"label": "latest"} if version == "latest" else {"version": version}
                found = clients().ml.models.get(name, **latest)
        except ModelNotFound:
            if version != "latest":
                assets.find(f"models/{name}/versions/{version}")  # raises when Azure lists it all the same
            if isinstance(wanted, str):
                raise
            scene.resolve(model=f"models/{name}/versions/{version}")
            finding = Finding(creates=[f"model {name}:{version}"], needs=[Right(WRITE, workspace_id)])
            judge_path("model.path", wanted.path, finding)
            return finding
        resolved = reference(str(found.id), workspace_id)
        scene.resolve(model=resolved)
        finding = Finding(confirms=[f"model {found.name}:{found.version}"])
        try:
            _same_files(wanted, resolved, found.path)
        except RequestRejected as error:
            finding.problem("model.path", error)
        return finding

    def ensure(self, wanted: Wanted, order: EnsureInput) -> Ensured:
        """Confirm that the version is registered; register it when the request defines it and it is not.

        Raises ModelNotFound for an unregistered reference, RequestRejected when the version exists with other files.
        """
        from azure.ai.ml.entities import Model
        from azure.core.exceptions import ResourceNotFoundError

        resolved = str(order.resolved.model)
        name, version = model_of_id(f"/{resolved}")
        models = clients().ml.models
        with translated(not_found=ModelNotFound):
            try:
                found = models.get(name, version=version)
            except ResourceNotFoundError:
                assets.find(resolved)  # raises when Azure lists it all the same
                if not isinstance(wanted, ModelDefinition):
                    raise
            else:
                _same_files(wanted, resolved, found.path)
                return Ensured(entries=[self.entry(resolved, made=begin.mark_of(found) == order.mark)])
            models.create_or_update(
                Model(
                    name=wanted.name,
                    version=wanted.version,
                    path=wanted.path,
                    type=wanted.type,
                    description=wanted.description,
                    properties=dict(wanted.properties),
                    tags={**wanted.tags, MARK_TAG: order.mark},
                )
            )
        return Ensured(entries=[self.entry(resolved, made=True)])


@activity
def find_newest_version(order: RegistrationRef) -> NewestVersion:
    """The version registered last among those that count; none when the model is gone.

    Only when the last one of all is another version are all of them listed, to leave out what the policy is not for.
    """
    models = clients().ml.models
    match = Match.from_wire(order.match) if order.match else None
    try:
        with translated(not_found=ModelNotFound):
            last = models.get(order.model, label="latest")
            if match is None or str(last.version) == order.version:
                return NewestVersion(version=str(last.version))
            counting = [
                found
                for found in models.list(order.model)
                if match.why_not(order.model, found.tags or {}, found.properties or {}) is None
            ]
    except ModelNotFound:
        return NewestVersion()
    newest = max(counting, key=lambda found: found.creation_context.created_at, default=None)
    return NewestVersion(version=str(newest.version) if newest else None)


def _same_files(wanted: Wanted, resolved: str, path: object) -> None:
    # A version is immutable in Azure ML; the service normalises the case of the ids in front of the datastore.
    if isinstance(wanted, str):
        return
    check_workspace(wanted.path)
    try:
        there = split_datastore_path(str(path))
    except ValueError:  # a job's output, a URL: registered by somebody else, from elsewhere
        there = None
    if there != split_datastore_path(wanted.path):
        raise RequestRejected(
            f"model {short_name(resolved)} is registered with other files ({path})",
            suggestion="Give the new files a new version.",
        )
