"""Curated environments: a workspace has those of the registry `azureml` too, as `AzureML-` and their name.

Which there are is what is known of the registry's (`images/data/families.yml`). Their newest versions are not: any
number is one, and 1 stands for the newest. That names with that beginning are nobody else's is in the SDK's reference
and in a refusal quoted in a public issue (microsoft/solution-accelerator-many-models#131).
"""

from __future__ import annotations

from datetime import UTC, datetime

from local.cloud.arm.documents import Json
from local.cloud.arm.errors import invalid, not_emulated
from local.cloud.images.known import is_curated
from local.cloud.machinelearning.records import Asset, Container, Stamps

_RESERVED = ("AzureML", "Microsoft")
_PREFIX = "azureml-"
# Stands for the number of the newest version.
NEWEST = "1"
# They were there before anything else was.
_STAMPS = Stamps.new(datetime(2023, 1, 1, tzinfo=UTC), "Microsoft")


def check_reserved(name: str) -> None:
    """Refuse to write what only Microsoft publishes."""
    if name.startswith(_RESERVED):
        message = f"Environment name can not start with the prefix {_RESERVED[0]} or {_RESERVED[1]}: {name}."
        raise invalid("InvalidEnvironmentName", message)


def curated(name: str, version: str) -> Container | None:
    """The environment of that name with that version; None where the name is no curated one's.

    `ArmError` 501 for one of which nothing is known here.
    """
    if not name.lower().startswith(_PREFIX):
        return None
    published = name[len(_PREFIX) :]
    if not is_curated(published):
        raise not_emulated(
            f"the curated environment {name} (nobody else's names begin with AzureML-)",
            "Use one of local/cloud/images/data/families.yml, or register an image with a conda file.",
        )
    image = f"mcr.microsoft.com/azureml/curated/{published.lower()}:{version}"
    properties: Json = {"environmentType": "Curated", "image": image}
    asset = Asset("environments", name, version, properties, _STAMPS)
    return Container("environments", name, {}, _STAMPS, {version: asset} if version.isdecimal() else {})
