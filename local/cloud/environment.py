"""The environment that sends a process to the local Azure: standard variables only, so production code has no switch.

Measured with azure-ai-ml 1.35, azure-identity 1.27, requests and httpx: `REQUESTS_CA_BUNDLE` is read by requests and
the synchronous SDKs, `SSL_CERT_FILE` by httpx, urllib and the asynchronous ones, `CURL_CA_BUNDLE` by requests when
the first is missing. Lower-case proxy variables win over upper-case ones, so both are set.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from local.cloud.hosts import blob_url
from local.cloud.world import APP_STORAGE, LOG_CONTAINER, RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from local.loopback import ADDRESS

# Set to 1, has the local Azure refuse fields that no official schema has, where Azure passes them over.
STRICT = "LOCAL_AZURE_STRICT"
# Left over from elsewhere, these would lead the SDKs past the local Azure or to another identity.
CONFLICTING = (
    "ARM_CLOUD_METADATA_URL",
    "AZUREML_CURRENT_CLOUD",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_TENANT_ID",
    "IDENTITY_SERVER_THUMBPRINT",
    "MSI_ENDPOINT",
    "MSI_SECRET",
)


def environment(*, proxy_url: str, authority: Path, identity_url: str, identity_header: str) -> dict[str, str]:
    """The variables for a process that acts as the identity behind `identity_header`."""
    proxies = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"), proxy_url)
    direct = {"NO_PROXY": f"{ADDRESS},localhost"}
    return {
        **proxies,
        **direct,
        **{name.lower(): value for name, value in {**proxies, **direct}.items()},
        "REQUESTS_CA_BUNDLE": str(authority),
        "SSL_CERT_FILE": str(authority),
        "CURL_CA_BUNDLE": str(authority),
        "IDENTITY_ENDPOINT": identity_url,
        "IDENTITY_HEADER": identity_header,
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
    }


def of_this_machine() -> dict[str, str]:
    """This process's environment without what would lead it to a local Azure, for programs that need the world."""
    variables = dict(os.environ)
    if not variables.get("IDENTITY_ENDPOINT", "").startswith(f"http://{ADDRESS}:"):
        return variables
    ours = environment(proxy_url="", authority=Path(), identity_url="", identity_header="")
    return {name: value for name, value in variables.items() if name not in ours}


def is_strict() -> bool:
    """Whether this process's environment asks for a strict local Azure."""
    return os.environ.get(STRICT, "") == "1"


def settings() -> dict[str, str]:
    """What the app is told about the world it deploys to."""
    return {
        "SLIPWAY_SUBSCRIPTION_ID": SUBSCRIPTION,
        "SLIPWAY_RESOURCE_GROUP": RESOURCE_GROUP,
        "SLIPWAY_WORKSPACE": WORKSPACE,
        "SLIPWAY_LOGS_URL": f"{blob_url(APP_STORAGE)}/{LOG_CONTAINER}",
    }


def write_workspace_file(path: Path) -> None:
    """Write what the studio hands out as the workspace's `config.json`, from which `MLClient.from_config` is made."""
    names = {"subscription_id": SUBSCRIPTION, "resource_group": RESOURCE_GROUP, "workspace_name": WORKSPACE}
    path.write_text(json.dumps(names, indent=4) + "\n")


def write_env_file(path: Path, variables: Mapping[str, str]) -> None:
    """Write a file for a shell to source; readable by its owner alone, for it holds an identity's secret."""
    lines = [f"unset {' '.join(CONFLICTING)}", *(f"export {k}={shlex.quote(v)}" for k, v in variables.items())]
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("\n".join(lines) + "\n")
