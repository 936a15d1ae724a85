"""Scores a customer, {"customer": "1"}; the features are in a blob that only the endpoint's identity may read.

Environment variables of the deployment: FEATURES_URL is the blob, READ_FEATURES_IN says when it is read: `run`
(default, with every request) or `init` (once, so that the deployment fails without the role).
"""

import json
import os
import urllib.error
import urllib.request

from azure.identity import ManagedIdentityCredential

WEIGHTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
features: dict[str, list[float]] = {}


def read_features() -> dict[str, list[float]]:
    # UAI_CLIENT_ID is how Azure ML's documents tell a script which user-assigned identity to use.
    identity = ManagedIdentityCredential(client_id=os.environ.get("UAI_CLIENT_ID"))
    token = identity.get_token("https://storage.azure.com/.default").token
    headers = {"Authorization": f"Bearer {token}", "x-ms-version": "2021-12-02"}
    url = os.environ["FEATURES_URL"]
    if not url.startswith("https://"):
        raise ValueError("FEATURES_URL must be https: the token travels with the request")
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - https only, see above
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - https only, see above
            return json.load(answer)
    except urllib.error.HTTPError as error:
        # The service's code (e.g. AuthorizationPermissionMismatch) is in the body: without it the log tells nothing.
        raise RuntimeError(f"reading {url} failed: HTTP {error.code} {error.read().decode()}") from error


def init() -> None:
    if os.environ.get("READ_FEATURES_IN") == "init":
        features.update(read_features())


def run(raw: str) -> list[float]:
    row = (features or read_features())[json.loads(raw)["customer"]]
    return [3 + sum(weight * x for weight, x in zip(WEIGHTS, row, strict=True))]
