"""A prompt flow in its runtime's container, which is told by variables where it runs and whose connections it reads.

Whatever of them the request leaves out is filled in: the workspace and the names are known, and the identity's client
id once the endpoint is there.
"""

from __future__ import annotations

from activities import commands
from activities.scene import Finding, Scene
from activities.servings.serving import Serving, judge_routes
from azure_api import begin
from azure_api.clients import clients
from contracts.activities import EnsureInput
from contracts.errors import RequestRejected
from contracts.flows import (
    CHAT,
    CHAT_INPUT,
    CLIENT_ID,
    HISTORY,
    MODE,
    PROMPT_FLOW,
    RUN_MODE,
    SERVING,
    WORKSPACE,
    is_runtime,
)
from contracts.ledger import short_name
from contracts.online import OnlineDeploymentRequest

VARIABLES = "deployment.environment_variables"


class Flow(Serving):
    """A model that holds a flow, or a container of prompt flow's that is told to serve one."""

    def serves(self, wanted: OnlineDeploymentRequest, model_type: str | None) -> bool:
        """The registered model says so by its properties, or the variables do."""
        told = RUN_MODE in wanted.environment_variables and wanted.environment is not None
        return model_type == PROMPT_FLOW or (told and wanted.code_configuration is None)

    def judge(self, wanted: OnlineDeploymentRequest, scene: Scene, finding: Finding) -> None:
        """Variables that contradict what is deployed, and which ones are filled in."""
        judge_routes(scene, finding)
        _judge_image(_image(wanted, scene), finding)
        given = wanted.environment_variables
        if given.get(RUN_MODE, SERVING) != SERVING:
            message = f"{RUN_MODE} is {given[RUN_MODE]!r}: only {SERVING!r} answers requests"
            finding.problem(f"{VARIABLES}.{RUN_MODE}", RequestRejected(message, suggestion="Leave it out."))
        known = _known(scene.order.endpoint, wanted.name)
        if given.get(WORKSPACE, known[WORKSPACE]) != known[WORKSPACE]:
            message = f"{WORKSPACE} names another place than the one deployed to: connections are read from there"
            finding.warn("OtherWorkspace", f"{VARIABLES}.{WORKSPACE}", message, _setting(WORKSPACE, known[WORKSPACE]))

        _judge_chat(scene, finding)

    def variables(self, wanted: OnlineDeploymentRequest, order: EnsureInput) -> dict[str, str]:
        """The request's own, and those that a flow needs where it leaves them out."""
        endpoint = short_name(order.resolved.endpoint)
        identity = {} if CLIENT_ID in wanted.environment_variables else _identity(endpoint)
        return {**_known(endpoint, wanted.name), **identity, **wanted.environment_variables}


def warn_of_missing(wanted: OnlineDeploymentRequest, scene: Scene, finding: Finding) -> None:
    """A container of prompt flow's that nothing tells to serve: neither the model nor a variable says that it is one.

    Without the first variable the image starts as a runtime for authoring, which answers no probe.
    """
    if not is_runtime(_image(wanted, scene)):
        return
    missing = [name for name in (RUN_MODE, WORKSPACE) if name not in wanted.environment_variables]
    if missing:
        message = f"prompt flow's image serves a flow only with {' and '.join(missing)}"
        finding.warn("FlowVariablesMissing", VARIABLES, message, _setting(RUN_MODE, SERVING))


def _image(wanted: OnlineDeploymentRequest, scene: Scene) -> str:
    """The image that is named, inline or in the registered environment; empty where one is built, or none is."""
    inline = wanted.environment.image if wanted.environment and not isinstance(wanted.environment, str) else None
    return str(inline or (scene.environment or {}).get("image") or "")


def _judge_image(image: str, finding: Finding) -> None:
    """A flow's image must be prompt flow's runtime, or built upon it, which its name alone does not tell."""
    if image and not is_runtime(image):
        message = f"whether {image} is built on prompt flow's runtime, as the image of a flow must be"
        finding.leave_unchecked("RuntimeUnknown", "deployment.environment", message, f"docker image inspect {image}")


def _judge_chat(scene: Scene, finding: Finding) -> None:
    """A chat flow is asked with what was said before, even when that is nothing."""
    sample = (scene.order.part("smoke_test") or {}).get("request")
    if scene.model_properties.get(MODE) != CHAT or not isinstance(sample, dict):
        return
    asked = (str(scene.model_properties.get(CHAT_INPUT, HISTORY)), HISTORY)
    missing = [name for name in dict.fromkeys(asked) if name not in sample]
    if missing:
        message = f"the model is a chat flow, and the smoke test's request has no {' and no '.join(missing)}"
        command = commands.setting(f"smoke_test.request.{missing[-1]}", "[]" if missing[-1] == HISTORY else "<text>")
        finding.warn("ChatIncomplete", "smoke_test.request", message, command)


def _known(endpoint: str, deployment: str) -> dict[str, str]:
    """What is the same whoever deploys: the mode, and the place in the form that the documents give."""
    where = clients().settings
    place = {
        "subscription_id": where.subscription_id,
        "resource_group": where.resource_group,
        "workspace_name": where.workspace,
        "endpoint_name": endpoint,
        "deployment_name": deployment,
    }
    return {RUN_MODE: SERVING, WORKSPACE: ",".join(f"deployment.{name}={value}" for name, value in place.items())}


def _identity(endpoint: str) -> dict[str, str]:
    """The client id of a user-assigned identity; an endpoint's own needs none."""
    found = begin.find_endpoint(endpoint)
    client = begin.client_of(found) if found is not None else None
    return {CLIENT_ID: client} if client else {}


def _setting(variable: str, value: str) -> str:
    return commands.setting(f"{VARIABLES}.{variable}", value)
