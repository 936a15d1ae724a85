"""What the app's settings allow of what Azure would let a request have: identities and images of others."""

from __future__ import annotations

from azure_api.clients import clients
from contracts.names import is_within
from contracts.operator_limits import IdentityNotAllowed, RegistryNotAllowed

# Where an image comes from whose name has no host (Docker's own rule).
DOCKER_HUB = "docker.io"
# Of a list that a setting makes long.
NAMED = 5


def check_identity(identity_id: str) -> None:
    """Raises IdentityNotAllowed for an identity that is neither listed nor below what is listed."""
    allowed = clients().settings.allowed_identities
    if allowed and not any(is_within(identity_id, one) for one in allowed):
        raise IdentityNotAllowed(f"endpoints here may have identities of {_some(allowed)}, not {identity_id}")


def check_image(image: str) -> None:
    """Raises RegistryNotAllowed for an image of a registry that is not listed."""
    allowed = clients().settings.allowed_registries
    host = registry_of(image)
    if allowed and host not in {one.lower() for one in allowed}:
        raise RegistryNotAllowed(f"images here may come from {_some(allowed)}, not from {host}")


def registry_of(image: str) -> str:
    """The host of the registry that an image is pulled from."""
    first, slash, _ = image.lower().partition("/")
    return first if slash and not {".", ":"}.isdisjoint(first) else DOCKER_HUB


def _some(allowed: tuple[str, ...]) -> str:
    more = f" and {len(allowed) - NAMED} more" if len(allowed) > NAMED else ""
    return ", ".join(allowed[:NAMED]) + more
