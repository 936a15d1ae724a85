"""What a deployment fails of when its endpoint's identity lacks a role: not granted, or without effect."""

from __future__ import annotations

from contracts.failure import DeploymentError


class RoleMissing(DeploymentError, whose="caller"):
    """The endpoint's identity lacks a role that it needs, and `access.grants: none` lets Slipway grant none."""

    suggestion = "Have the role that the message names granted to the identity, or leave access.grants out."


class RoleNotEffective(DeploymentError, whose="caller"):
    """A role assignment had no effect within `access.propagation.give_up_after`."""

    suggestion = (
        "Check that the role allows what the model does at this scope, and that no deny assignment is in the way."
    )


class RoleNotFound(DeploymentError, whose="caller"):
    """A role named in `access.additional` is not defined at its scope."""

    suggestion = "Use a role name that `az role definition list` shows for the scope."


class AccessNotYetEffective(DeploymentError, whose="caller"):
    """The endpoint's identity was refused something that its roles allow: they may not have taken effect yet."""

    propagation = True
    suggestion = "Grant the endpoint's identity the role that the message or the log names (access.additional)."


class PrincipalNotReady(DeploymentError, whose="Azure"):
    """The identity is so new that role assignments do not find it yet."""

    retryable = True
    suggestion = "Wait for the directory to replicate."
