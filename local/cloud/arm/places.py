"""Where resources lie: paths of the one subscription and its one group, and how other ones are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from local.cloud.arm.call import Answer, Call, Handler
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ArmError, resource_not_found
from local.cloud.arm.route import ArmRoute
from local.cloud.arm.schema import mapping, text
from local.cloud.world import REGION, RESOURCE_GROUP, SUBSCRIPTION

SUBSCRIPTION_PATTERN = "/subscriptions/{subscription}"
GROUP_PATTERN = f"{SUBSCRIPTION_PATTERN}/resourceGroups/{{group}}"
# ARM allows 50 tags of 256 characters, with names of 512 and without a few signs ("Use tags to organize your Azure
# resources", limitations); a name has no case there.
TAGS = mapping(text(longest=256), most=50, names=text(pattern=r"^[^<>%&\\?/]+$", longest=512), any_case=True)


def in_group(handler: Handler) -> Handler:
    """The handler for resources of the one group (or of the whole subscription); 404 as ARM says it elsewhere."""

    def checked(call: Call) -> Answer:
        subscription, group = call.parameters["subscription"], call.parameters.get("group", RESOURCE_GROUP)
        if subscription.lower() != SUBSCRIPTION:
            raise ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
        if group.lower() != RESOURCE_GROUP:
            raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
        return handler(call)

    return checked


def listed(documents: Callable[[], dict[str, Json]]) -> Handler:
    """The handler of a list; the few resources of this world are on one page."""
    return in_group(lambda _call: Answer(200, {"value": [tracked(one) for one in documents().values()]}))


def named(documents: Callable[[], dict[str, Json]], kind: str) -> Handler:
    """The handler that reads one of these documents; `kind` is what a 404 calls it."""

    def get(call: Call) -> Answer:
        return Answer(200, tracked(found(documents(), kind, call)))

    return in_group(get)


def reading(kind: str, versions: Sequence[str], documents: Callable[[], dict[str, Json]]) -> list[ArmRoute]:
    """The lines of the route table by which resources of a kind are listed, wherever they are asked for, and read."""
    one = f"{GROUP_PATTERN}/providers/{kind}"
    return [
        ArmRoute("GET", f"{SUBSCRIPTION_PATTERN}/providers/{kind}", versions, listed(documents)),
        ArmRoute("GET", one, versions, listed(documents)),
        ArmRoute("GET", f"{one}/{{name}}", versions, named(documents, kind)),
    ]


def found(documents: dict[str, Json], kind: str, call: Call) -> Json:
    """The document that the call names; `ArmError` 404 without it."""
    document = documents.get(call.parameters["name"].lower())
    if document is None:
        raise resource_not_found(f"{kind}/{call.parameters['name']}", call.parameters["group"])
    return document


def is_here(location: object) -> bool:
    """Whether a location is the one region of this world, which may be written `East US` too."""
    return str(location).replace(" ", "").lower() == REGION


def check_here(location: object) -> None:
    """Refuse another region than the one of this world."""
    if not is_here(location):
        message = f"The local Azure has one region, '{REGION}', and no '{location}'."
        raise ArmError(400, "LocationNotAvailableForResourceType", message)


def tags_of(body: Json) -> dict[str, str]:
    """The tags that a body brings."""
    return {name: str(value) for name, value in as_json(body.get("tags")).items()}


def tracked(document: Json) -> Json:
    """A document with what every tracked resource has."""
    return {"location": REGION, "tags": {}, **document}
