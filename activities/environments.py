"""Environments: a registered one is passed on, one given inline is registered under a name made from its content."""

from __future__ import annotations

from typing import Any

from activities import assets
from activities.operator_limits import check_image
from activities.resource import Registered
from activities.scene import Finding, Scene
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import Right
from contracts.activities import Ensured, EnsureInput
from contracts.ledger import short_name
from contracts.marks import MARK_TAG
from contracts.names import split_reference
from contracts.online import EnvironmentDefinition
from contracts.operator_limits import RegistryNotAllowed

WRITE = "Microsoft.MachineLearningServices/workspaces/environments/versions/write"
COLLECTION = "environments"

Wanted = EnvironmentDefinition | str


class Environments(Registered[Wanted]):
    """What the model server runs in."""

    kind = "environment"
    step = "register_environment"
    rights = (WRITE,)

    def read(self, part: Any) -> Wanted:
        """A reference, or a definition to register."""
        return EnvironmentDefinition.from_wire(part) if isinstance(part, dict) else str(part)

    def plan(self, wanted: Wanted, scene: Scene) -> Finding:
        """Whether it is registered, and its image one that may be used."""
        if isinstance(wanted, str):
            scene.resolve(environment=assets.named(COLLECTION, wanted))
            registered = assets.require(str(scene.resolved.environment))
            finding = Finding(confirms=[f"environment {':'.join(split_reference(wanted))}"])
            _judge_image(registered["properties"], "deployment.environment", finding)
            return finding
        inline = assets.made_of(COLLECTION, wanted.to_wire())
        scene.resolve(environment=inline)
        finding = Finding()
        _judge_image({"image": wanted.image}, "deployment.environment.image", finding)
        if assets.find(inline) is not None:
            finding.confirms.append(f"environment {short_name(inline)}")
        else:
            finding.creates.append(f"environment {short_name(inline)}")
            finding.needs.append(Right(WRITE, clients().settings.workspace_id))
        return finding

    def ensure(self, wanted: Wanted, order: EnsureInput) -> Ensured:
        """Register an inline environment, or find that it is registered."""
        from azure.ai.ml.entities import Environment

        resolved = str(order.resolved.environment)
        found = None if isinstance(wanted, str) else assets.find(resolved)
        if isinstance(wanted, str) or found is not None:
            made = found is not None and assets.mark_of(found) == order.mark
            return Ensured(entries=[self.entry(resolved, made=made)])
        config = wanted.inference_config
        name, version = short_name(resolved).rsplit(":", 1)
        with translated():
            clients().ml.environments.create_or_update(
                Environment(
                    name=name,
                    version=version,
                    image=wanted.image,
                    conda_file=wanted.conda_file,
                    inference_config=config.to_wire() if config else None,
                    tags={MARK_TAG: order.mark},
                )
            )
        return Ensured(entries=[self.entry(resolved, made=True)])


def _judge_image(properties: dict[str, Any], path: str, finding: Finding) -> None:
    """Where the image of an environment, as ARM has it, comes from."""
    if properties.get("build"):
        # Its own image is the workspace's; what the Dockerfile begins with is not in ARM.
        if clients().settings.allowed_registries:
            finding.unchecked.append("which registries the environment's Dockerfile takes images from")
        return
    try:
        check_image(str(properties.get("image") or ""))
    except RegistryNotAllowed as error:
        finding.problem(path, error)
