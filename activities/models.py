"""Model versions: registered from files that are already in a datastore, or confirmed; and the newest of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from activities import assets, commands, mlflow_models
from activities.datastores import check_workspace, judge_path
from activities.envelope import activity
from activities.resource import Registered
from activities.scene import Finding, Scene
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import Right
from contracts.activities import Ensured, EnsureInput, NewestVersion, RegistrationRef
from contracts.assets import ModelDefinition
from contracts.digests import digest
from contracts.errors import ModelNotFound, RequestRejected
from contracts.flows import PROMPT_FLOW, is_flow
from contracts.ledger import is_of_registry, reference, short_name
from contracts.marks import CONTENT_TAG, MARK_TAG
from contracts.names import is_model_asset, model_of_id, split_datastore_path
from contracts.plan import UploadedModel
from contracts.policy import Match

WRITE = "Microsoft.MachineLearningServices/workspaces/models/versions/write"
COLLECTION = "models"

PATH = "model.path"
# Models that bring their own server, which Azure ML then takes (no-code deployment).
NO_CODE = ("mlflow_model", "triton_model")

Wanted = ModelDefinition | str | None


class Models(Registered[Wanted]):
    """A registered model version, named or defined in the request; none for a deployment that needs none."""

    kind = "model"
    step = "register_model"
    rights = (WRITE,)

    def read(self, part: Any) -> Wanted:
        """A reference, a definition to register, or none."""
        if part is None:
            return None
        return ModelDefinition.from_wire(part) if isinstance(part, dict) else str(part)

    def plan(self, wanted: Wanted, scene: Scene) -> Finding:
        """Whether it is registered; `latest` becomes a version here, once for the whole run."""
        if wanted is None:
            return Finding()
        if scene.uploads.model:
            return _uploaded(scene.uploads.model, scene)
        if isinstance(wanted, str):
            return _named(wanted, scene)
        resolved = scene.known.get(self.kind) or _place(wanted)
        try:
            found = _registered(resolved)
        except ModelNotFound:
            _resolve(resolved, wanted.type, wanted.properties, scene)
            finding = Finding(creates=[f"model {short_name(resolved)}"])
            finding.needs.append(Right(WRITE, clients().settings.workspace_id))
            judge_path(PATH, wanted.path, finding)
            if wanted.type == mlflow_models.MLFLOW and not finding.problems:
                mlflow_models.judge(wanted.path, scene, finding)
            return finding
        _resolve(_reference(found), found.type, found.properties, scene)
        finding = Finding(confirms=[f"model {found.name}:{found.version}"])
        try:
            _same_files(wanted, resolved, found.path)
        except RequestRejected as error:
            finding.problem(PATH, error)
        else:
            there = {"description": found.description, "tags": found.tags}
            assets.tell_kept(wanted, {"properties": there}, "model", finding)
            if found.type == mlflow_models.MLFLOW:
                mlflow_models.judge(str(found.path), scene, finding)
        return finding

    def ensure(self, wanted: Wanted, order: EnsureInput) -> Ensured:
        """Confirm that the version is registered; register it when the request defines it and it is not.

        Raises ModelNotFound for an unregistered reference, RequestRejected when the version exists with other files.
        """
        resolved = str(order.resolved.model)
        if is_of_registry(resolved):
            return Ensured(entries=[self.entry(resolved, made=False)])
        try:
            found = _registered(resolved)
        except ModelNotFound:
            if not isinstance(wanted, ModelDefinition):
                raise
        else:
            _same_files(wanted, resolved, found.path)
            return Ensured(entries=[self.entry(resolved, made=begin.mark_of(found) == order.mark)])
        with translated(not_found=ModelNotFound):
            clients().ml.models.create_or_update(_entity(wanted, resolved, order.mark))
        return Ensured(entries=[self.entry(resolved, made=True)])


def _named(wanted: str, scene: Scene) -> Finding:
    """What a reference of a request names; a registry's is not looked at, its type is not known."""
    reference = scene.known.get(Models.kind) or assets.named(COLLECTION, wanted, not_found=ModelNotFound)
    if is_of_registry(reference):
        scene.resolve(model=reference)
        finding = Finding()
        assets.leave_unchecked(reference, "model", finding)
        return finding
    found = _registered(reference)
    _resolve(_reference(found), found.type, found.properties, scene)
    finding = Finding(confirms=[f"model {found.name}:{found.version}"])
    if found.type == mlflow_models.MLFLOW:
        mlflow_models.judge(str(found.path), scene, finding)
    return finding


def _uploaded(wanted: UploadedModel, scene: Scene) -> Finding:
    """A model that the caller registers before: what the command line will find or make then."""
    finding, found = Finding(), None
    if wanted.version is not None:
        found = assets.find(f"{COLLECTION}/{wanted.name}/versions/{wanted.version}")
        version = wanted.version
    else:
        newest = assets.newest(COLLECTION, wanted.name)
        found = newest if newest is not None and assets.tag_of(newest, CONTENT_TAG) == wanted.content else None
        version = str(found["name"]) if found else assets.next_version(COLLECTION, wanted.name)
    _resolve(f"{COLLECTION}/{wanted.name}/versions/{version}", wanted.type, wanted.properties, scene)
    shown = f"model {wanted.name}:{version}"
    (finding.creates if found is None else finding.confirms).append(shown)
    if found is not None and assets.tag_of(found, CONTENT_TAG) != wanted.content:
        message = f"whether {shown} is registered with these files: registering them tells"
        command = f"az ml model show --name {wanted.name} --version {version} {commands.of_workspace()}"
        finding.leave_unchecked("FilesUnknown", "model", message, command)
    return finding


def _place(wanted: ModelDefinition) -> str:
    """The version that a definition is, or will be: its own, or the newest one with its files, or the next."""
    name = wanted.name or f"slipway-{digest(wanted.path, 20)}"
    if wanted.version is not None or wanted.name is None:
        return f"{COLLECTION}/{name}/versions/{wanted.version or assets.VERSION}"
    newest = assets.newest(COLLECTION, name)
    if newest is not None and _same_place(wanted.path, newest["properties"].get("modelUri")):
        return f"{COLLECTION}/{name}/versions/{newest['name']}"
    return f"{COLLECTION}/{name}/versions/{assets.next_version(COLLECTION, name)}"


def _registered(resolved: str) -> Any:
    """The SDK's model; raises ModelNotFound."""
    name, version = model_of_id(f"/{resolved}")
    try:
        with translated(not_found=ModelNotFound):
            return clients().ml.models.get(name, version=version)
    except ModelNotFound:
        assets.find(resolved)  # raises when Azure lists it all the same
        raise


def _reference(found: Any) -> str:
    return reference(str(found.id), clients().settings.workspace_id)


def _resolve(model: str, kind: object, properties: Mapping[str, object] | None, scene: Scene) -> None:
    """Which version it is, and what serves it where it brings its own server and no script does."""
    scene.model_properties = dict(properties or {})
    scripted = (scene.order.part("deployment") or {}).get("code_configuration")
    named, flow = str(kind).lower(), is_flow(scene.model_properties) and not scripted
    scene.resolve(model=model, model_type=named if named in NO_CODE else PROMPT_FLOW if flow else None)


def _entity(wanted: ModelDefinition, resolved: str, mark: str) -> Any:
    from azure.ai.ml.entities import Model

    name, version = model_of_id(f"/{resolved}")
    # Its public name takes the templates as mappings too, and knows `system_metadata` by no parameter.
    more: dict[str, Any] = {}
    if wanted.default_deployment_template:
        more["default_deployment_template"] = wanted.default_deployment_template.to_wire()
    if wanted.allowed_deployment_templates:
        more["allowed_deployment_templates"] = [one.to_wire() for one in wanted.allowed_deployment_templates]
    if wanted.system_metadata:
        more["system_metadata"] = wanted.system_metadata
    return Model(
        name=name,
        version=version,
        path=wanted.path,
        type=wanted.type,
        description=wanted.description,
        properties=dict(wanted.properties),
        tags={**wanted.tags, MARK_TAG: mark},
        stage=wanted.stage,
        flavors=wanted.flavors or None,
        **more,
    )


@activity
def find_newest_version(order: RegistrationRef) -> NewestVersion:
    """The version that was asked about, or the last one of those that count and were registered after it; none when
    it is gone.

    Only when the last one of all is another version are all of them listed, to leave out what the policy is not for.
    The one that was asked about counts, whatever tags it has by now: its event has decided that.
    """
    models = clients().ml.models
    match = Match.from_wire(order.match) if order.match else None
    try:
        with translated(not_found=ModelNotFound):
            last = models.get(order.model, label="latest")
            if match is None or str(last.version) == order.version:
                return NewestVersion(version=str(last.version))
            listed = {str(found.version): found for found in models.list(order.model)}
            if order.version not in listed:
                # It was archived meanwhile.
                listed[order.version] = models.get(order.model, version=order.version)
    except ModelNotFound:
        return NewestVersion()
    counting = [
        found
        for version, found in listed.items()
        if version == order.version or match.why_not(order.model, found.tags or {}, found.properties or {}) is None
    ]
    # Of two of one moment the first one: lists begin with the newest.
    return NewestVersion(version=str(max(counting, key=lambda found: found.creation_context.created_at).version))


def _same_files(wanted: Wanted, resolved: str, path: object) -> None:
    # A version is immutable in Azure ML.
    if not isinstance(wanted, ModelDefinition):
        return
    check_workspace(wanted.path)
    if not _same_place(wanted.path, path):
        itself = is_model_asset(wanted.path) and model_of_id(wanted.path) == model_of_id(f"/{resolved}")
        raise RequestRejected(
            f"model {short_name(resolved)} is registered with other files ({path})",
            suggestion=f"Name the version itself, as model: azureml:{short_name(resolved)}."
            if itself
            else "Give the new files a new version.",
        )


def _same_place(wanted: str, there: object) -> bool:
    """Whether two paths name the same files; the service normalises the case of the ids in front of a datastore."""
    try:
        return split_datastore_path(wanted) == split_datastore_path(str(there))
    except ValueError:  # a job's output, or registered by somebody else from a URL
        return wanted == there
