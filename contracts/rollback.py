"""Going back to an earlier release: what a caller asks for, and what a run makes of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, WithJsonSchema, field_validator

from contracts.ledger import short_name
from contracts.names import LONGEST_ONLINE_NAME
from contracts.orders import DeployOrder
from contracts.queue import Queued
from contracts.releases import Pin, Release
from contracts.values import Whole


def _word_or_number(value: object) -> str:
    return "word" if isinstance(value, str) and not value.strip().isdigit() else "number"


class RollbackRequest(Queued):
    """Body of a rollback: `{}` goes back to the release before the one that serves."""

    to: Annotated[
        Annotated[Literal["previous"], Tag("word")] | Annotated[Whole, Tag("number")],
        Discriminator(_word_or_number),
        Field(description="`previous`, or the number of a release that was live"),
        # As text a number is taken too, and nothing says in a schema that it is another text than `previous`.
        WithJsonSchema({"anyOf": [{"const": "previous"}, {"type": "integer", "minimum": 1}]}),
    ] = "previous"

    @field_validator("to")
    @classmethod
    def _counted_from_one(cls, value: str | int) -> str | int:
        if isinstance(value, int) and value < 1:
            raise ValueError("releases are counted from 1")
        return value


# Of the request that made a deployment: what is said anew, or says how that run was to go. Of the endpoint only its
# identity counts: traffic is the rollback's, mirror traffic may be to what is gone by now, and how long the endpoint
# lives is decided by its newest deployment.
NOT_AGAIN = frozenset(
    {"model", "endpoint", "deployment", "traffic", "rollout", "retire", "ttl", "on_failure"}
    | {"plan", "when_busy", "interruptible"}
)


def made_again(order: DeployOrder, pin: Pin, name: str) -> DeployOrder:
    """The order that made a deployment, for making it again under that name: of the versions that were pinned.

    What was made with it (autoscale, alerts, …) is made with it again; nothing else of the endpoint is touched.
    """
    asked = order.request
    deployment = {**asked["deployment"], "name": name}
    if pin.environment:
        deployment["environment"] = asset(pin.environment)
    if pin.code and deployment.get("code_configuration"):
        deployment["code_configuration"] = {**deployment["code_configuration"], "code": asset(pin.code)}
    endpoint = {part: asked["endpoint"][part] for part in ("name", "identity") if part in asked["endpoint"]}
    request: dict[str, Any] = {
        **{part: said for part, said in asked.items() if part not in NOT_AGAIN},
        "endpoint": endpoint,
        "deployment": deployment,
        "traffic": "none",
    }
    if pin.model:
        request["model"] = asset(pin.model)
    return DeployOrder(request=request, digest=order.digest)


def asset(reference: str) -> str:
    """How a request names an asset that a ledger refers to."""
    if reference.startswith("azureml:"):
        return reference
    return f"azureml:{reference if reference.startswith('/') else short_name(reference)}"


def another_name(name: str, release: Release) -> str:
    """The name of a deployment of an earlier release whose own name is another's by now."""
    ending = f"-r{release.number}"
    return f"{name[: LONGEST_ONLINE_NAME - len(ending)].rstrip('-')}{ending}"
