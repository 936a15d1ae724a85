"""Environments: a registered one is passed on, one given inline is registered, under its name or one of its content."""

from __future__ import annotations

import json
from typing import Any

from activities import assets
from activities.operator_limits import check_image
from activities.resource import Registered
from activities.retired_images import warn_of_retired
from activities.scene import Finding, Scene
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import Right
from contracts.activities import Ensured, EnsureInput
from contracts.assets import EnvironmentDefinition
from contracts.base import Json
from contracts.digests import digest
from contracts.errors import RequestRejected
from contracts.flows import PROMPT_FLOW, environment_of_flow
from contracts.ledger import is_of_registry, short_name
from contracts.marks import DIGEST_TAG, MARK_TAG
from contracts.operator_limits import RegistryNotAllowed
from contracts.plan import Resolved

WRITE = "Microsoft.MachineLearningServices/workspaces/environments/versions/write"
COLLECTION = "environments"
PATH = "deployment.environment"

Wanted = EnvironmentDefinition | str | None


class Environments(Registered[Wanted]):
    """What the model server runs in; none where the model brings its own."""

    kind = "environment"
    step = "register_environment"
    rights = (WRITE,)

    def read(self, part: Any) -> Wanted:
        """A reference, a definition to register, or none."""
        if part is None:
            return None
        return EnvironmentDefinition.from_wire(part) if isinstance(part, dict) else str(part)

    def plan(self, wanted: Wanted, scene: Scene) -> Finding:
        """Whether it is registered, and its image one that may be used."""
        wanted = _completed(wanted, scene.resolved)
        if wanted is None:
            return Finding()
        if isinstance(wanted, str):
            scene.resolve(environment=scene.known.get(self.kind) or assets.named(COLLECTION, wanted))
            return _named(str(scene.resolved.environment), scene)
        known = scene.known.get(self.kind)
        resolved, there = (known, assets.find(known)) if known else _place(wanted)
        scene.resolve(environment=resolved)
        finding = Finding()
        origin = {"image": wanted.image, "build": wanted.build}
        judge_image(origin, f"{PATH}.image", finding)
        if there is None:
            finding.creates.append(f"environment {short_name(resolved)}")
            finding.needs.append(Right(WRITE, clients().settings.workspace_id))
        elif _is(there, wanted):
            finding.confirms.append(f"environment {short_name(resolved)}")
            assets.tell_kept(wanted, there, PATH, finding)
        else:
            message = f"environment {short_name(resolved)} is registered with other content"
            finding.problem(PATH, RequestRejected(message, suggestion="Give the new content a new version."))
        return finding

    def ensure(self, wanted: Wanted, order: EnsureInput) -> Ensured:
        """Register an inline environment, or find that it is registered."""
        wanted = _completed(wanted, order.resolved)
        resolved = str(order.resolved.environment)
        found = assets.find(resolved) if isinstance(wanted, EnvironmentDefinition) else None
        if not isinstance(wanted, EnvironmentDefinition) or found is not None:
            made = found is not None and assets.mark_of(found) == order.mark
            return Ensured(entries=[self.entry(resolved, made=made)])
        with translated():
            clients().ml.environments.create_or_update(_entity(wanted, resolved, order.mark))
        return Ensured(entries=[self.entry(resolved, made=True)])


def _completed(wanted: Wanted, resolved: Resolved) -> Wanted:
    """What a flow is served in is made as its documents require; everything else is taken as it is."""
    if resolved.model_type != PROMPT_FLOW or isinstance(wanted, str):
        return wanted
    return environment_of_flow(wanted)


def content_of(wanted: EnvironmentDefinition) -> Json:
    """What an environment is made of; its names and its description are not."""
    made_of = {"image", "build", "conda_file", "inference_config", "os_type"}
    return wanted.model_dump(mode="json", include=made_of, exclude_none=True)


def _place(wanted: EnvironmentDefinition) -> tuple[str, dict[str, Any] | None]:
    """Where a definition is registered, and what is there: under its own name, or one made from its content."""
    if wanted.name is None:
        reference = assets.made_of(COLLECTION, content_of(wanted))
        return reference, assets.find(reference)
    if wanted.version is not None:
        reference = f"{COLLECTION}/{wanted.name}/versions/{wanted.version}"
        return reference, assets.find(reference)
    newest = assets.newest(COLLECTION, wanted.name)
    if newest is not None and _is(newest, wanted):
        return f"{COLLECTION}/{wanted.name}/versions/{newest['name']}", newest
    return f"{COLLECTION}/{wanted.name}/versions/{assets.next_version(COLLECTION, wanted.name)}", None


def _is(registered: dict[str, Any], wanted: EnvironmentDefinition) -> bool:
    """Whether a version was made from the same; of one that somebody else made, as far as ARM tells."""
    properties = registered["properties"]
    told = (properties.get("tags") or {}).get(DIGEST_TAG)
    if told is not None or wanted.name is None:
        return told is None or told == digest(content_of(wanted))
    if wanted.build is not None:
        return (properties.get("build") or {}).get("contextUri") == wanted.build.path
    same_image = bool(properties.get("image") == wanted.image)
    return same_image and bool(_conda(properties.get("condaFile")) == (wanted.conda_file or {}))


def _conda(text: object) -> Json:
    import yaml

    return yaml.safe_load(text) or {} if isinstance(text, str) else {}


def _entity(wanted: EnvironmentDefinition, resolved: str, mark: str) -> Any:
    from azure.ai.ml.entities import BuildContext, Environment

    name, version = short_name(resolved).rsplit(":", 1)
    config = wanted.inference_config
    return Environment(
        name=name,
        version=version,
        description=wanted.description,
        image=wanted.image,
        build=BuildContext(**wanted.build.to_wire()) if wanted.build else None,
        conda_file=json.loads(json.dumps(wanted.conda_file)) if wanted.conda_file else None,
        inference_config=config.to_wire() if config else None,
        os_type=wanted.os_type.capitalize() if wanted.os_type else None,
        tags={**wanted.tags, MARK_TAG: mark, **({DIGEST_TAG: digest(content_of(wanted))} if wanted.name else {})},
    )


def _named(reference: str, scene: Scene) -> Finding:
    if is_of_registry(reference):
        finding = Finding()
        assets.leave_unchecked(reference, PATH, finding)
        warn_of_retired(reference, PATH, finding)
        return finding
    upload = scene.uploads.environment
    registered = assets.find(reference) if upload else assets.require(reference)
    if upload and registered is None:
        scene.environment = {"inferenceConfig": upload.answers or None}
        return Finding(creates=[f"environment {short_name(reference)}"])
    assert registered is not None
    finding = Finding(confirms=[f"environment {short_name(reference)}"])
    scene.environment = registered["properties"]
    judge_image(registered["properties"], PATH, finding)
    return finding


def judge_image(properties: dict[str, Any], path: str, finding: Finding) -> None:
    """Whether the image of an environment, as ARM has it, may be used here, and will be there."""
    if properties.get("build"):
        # Its own image is the workspace's; what the Dockerfile begins with is not in ARM.
        if clients().settings.allowed_registries:
            message = "which registries the environment's Dockerfile takes images from"
            finding.leave_unchecked("ImageUnknown", path, message, "grep -i ^FROM <Dockerfile>")
        return
    warn_of_retired(str(properties.get("image") or ""), path, finding)
    try:
        check_image(str(properties.get("image") or ""))
    except RegistryNotAllowed as error:
        finding.problem(path, error)
