"""The function app's settings: read once from the environment, the only reader of it.

Everything else the Azure libraries read themselves (AZURE_CLIENT_ID, IDENTITY_ENDPOINT, HTTPS_PROXY, …) stays theirs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent
# Deployed with the app. With nothing in it, it is not part of the package, and so not there in Azure.
OWN_POLICIES = ROOT / "policies"


class SettingsError(Exception):
    """The environment lacks settings, or one cannot be used; the message names every one of them."""


@dataclass(frozen=True)
class Settings:
    """Which workspace this app deploys to, and where its policies are.

    Attributes:
        subscription_id, resource_group, workspace: the Azure ML workspace.
        policies: folder of the files that say what to deploy when a model is registered; whether it is there is found
            out when it is read, so that a wrong name stops nothing else.
        arm_url: Azure Resource Manager of the cloud in use; its token scope is `<arm_url>/.default`.
        scoring_host_suffix: what every scoring URI's host must end with before a key is sent to it.
        grantable_roles: names or GUIDs of roles that may be granted besides those of `infra/app/rbac.bicep`.
        allowed_identities: ARM ids of the user-assigned identities that endpoints may have, or of what holds them; none
            are all.
        allowed_registries: hosts of the registries that images may come from; none are all.
        logs_url: of the blob container in which the logs of failed deployments are kept; empty: none are kept.
    """

    subscription_id: str
    resource_group: str
    workspace: str
    policies: Path
    arm_url: str
    scoring_host_suffix: str
    grantable_roles: tuple[str, ...]
    allowed_identities: tuple[str, ...]
    allowed_registries: tuple[str, ...]
    logs_url: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Settings from `environment`; raises SettingsError naming all that are missing."""
        required = ("SLIPWAY_SUBSCRIPTION_ID", "SLIPWAY_RESOURCE_GROUP", "SLIPWAY_WORKSPACE")
        missing = [name for name in required if not environment.get(name)]
        if missing:
            raise SettingsError(f"set {', '.join(missing)} in the function app's settings")
        return cls(
            subscription_id=environment["SLIPWAY_SUBSCRIPTION_ID"],
            resource_group=environment["SLIPWAY_RESOURCE_GROUP"],
            workspace=environment["SLIPWAY_WORKSPACE"],
            policies=policies_folder(environment),
            arm_url=environment.get("SLIPWAY_ARM_URL", "https://management.azure.com").rstrip("/"),
            scoring_host_suffix=environment.get("SLIPWAY_SCORING_HOST_SUFFIX", ".inference.ml.azure.com"),
            grantable_roles=_listed(environment.get("SLIPWAY_GRANTABLE_ROLES", "")),
            allowed_identities=_listed(environment.get("SLIPWAY_ALLOWED_IDENTITIES", "")),
            allowed_registries=_listed(environment.get("SLIPWAY_ALLOWED_REGISTRIES", "")),
            logs_url=_container_url(environment.get("SLIPWAY_LOGS_URL", "")),
        )

    @property
    def resource_group_id(self) -> str:
        """ARM id of the workspace's resource group."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"

    @property
    def workspace_id(self) -> str:
        """ARM id of the workspace."""
        return f"{self.resource_group_id}/providers/Microsoft.MachineLearningServices/workspaces/{self.workspace}"


def policies_folder(environment: Mapping[str, str]) -> Path:
    """The folder of policies; a relative one is relative to the app, not to wherever its process was started."""
    return ROOT / (environment.get("SLIPWAY_POLICIES") or OWN_POLICIES)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _container_url(text: str) -> str:
    # A token is sent there. An address with a signature in it would be a secret.
    if text and not re.fullmatch(r"https://[a-z0-9.-]+/[a-z0-9-]{3,63}/?", text):
        raise SettingsError("SLIPWAY_LOGS_URL must be the address of a blob container: https://<account>.blob.…/<name>")
    return text.rstrip("/")


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings.read(_environment())


def findings_schedule() -> str:
    """When findings are looked for without being asked, as NCRONTAB says it; empty: never.

    Apart from the others, because the app is indexed by it, also where those are missing.
    """
    return _environment().get("SLIPWAY_FINDINGS_SCHEDULE", "").strip()


def _environment() -> Mapping[str, str]:
    return os.environ
