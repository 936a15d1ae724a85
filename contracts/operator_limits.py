"""What whoever runs Slipway does not let requests ask for, whatever Azure would allow.

Each is judged by the plan, before anything is made; the settings are in SECURITY.md.
"""

from __future__ import annotations

from contracts.failure import DeploymentError


class RoleNotGrantable(DeploymentError, whose="caller"):
    """A role named in `access.additional` is none of those that Slipway grants."""

    suggestion = (
        "Ask for a role that the message names. Another one is for the platform team to add: by its ID to"
        " SLIPWAY_GRANTABLE_ROLES of the azd environment, for the app and for Azure's condition, then azd up."
    )


class IdentityNotAllowed(DeploymentError, whose="caller"):
    """The user-assigned identity is none of those that endpoints may have here."""

    suggestion = (
        "Name an identity that the message allows, or leave `endpoint.identity` out for one of the endpoint's own;"
        " the platform team sets SLIPWAY_ALLOWED_IDENTITIES of the function app."
    )


class RegistryNotAllowed(DeploymentError, whose="caller"):
    """The environment's image is from a registry that images may not come from here."""

    suggestion = (
        "Use an image of a registry that the message allows, or have this one copied there; the platform team sets"
        " SLIPWAY_ALLOWED_REGISTRIES of the function app."
    )
