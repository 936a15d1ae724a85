"""Vaults of a local Azure without a network, asked as azure-mgmt-keyvault 14.1 and azure-keyvault-secrets 4.12 ask.

Those clients are no dependency of the tests: what they send was recorded while a script ran both against `make up`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from local.checkout import SCORING_PYTHON
from local.clock import Clock
from local.cloud.arm.router import ArmRouter
from local.cloud.authorization import Propagation
from local.cloud.cloud import LocalCloud
from local.cloud.faults import Faults
from local.cloud.gate import Gate
from local.cloud.ingress import AzureHosts
from local.cloud.journal import Journal
from local.cloud.language_models import Accounts
from local.cloud.world import DEVELOPER, REGION, SUBSCRIPTION_ID, TENANT, USER_ASSIGNED, Identity, vault_id
from tests.local.cloud.sdk import PROPAGATION
from tests.local.in_process import Http

READER = USER_ASSIGNED[0]
SECRETS_VERSION, VAULTS_VERSION = "2026-04-01", "2026-05-15"
DELETED = f"{SUBSCRIPTION_ID}/providers/Microsoft.KeyVault/locations/{REGION}/deletedVaults"


def policy(who: Identity, *permissions: str, tenant: str = TENANT) -> dict[str, Any]:
    return {"tenantId": tenant, "objectId": who.principal_id, "permissions": {"secrets": list(permissions)}}


def body(**properties: Any) -> dict[str, Any]:
    """A vault that asks its policies, of which the developer has one for all."""
    policies = {"enableRbacAuthorization": False, "accessPolicies": [policy(DEVELOPER, "all")]}
    sku = {"family": "A", "name": "standard"}
    return {"location": REGION, "properties": {"tenantId": TENANT, "sku": sku, **policies, **properties}}


class Vaulted:
    """Asks management.azure.com and the vaults as one of this world's identities."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.journal = Journal()
        self._numbers = itertools.count(1)
        world = cloud.world
        router = ArmRouter(
            cloud.arm_routes,
            clock=cloud.clock,
            tokens=world.tokens,
            permissions=cloud.authorization,
            lock=cloud.state.lock,
        )
        azure = AzureHosts(world, management=router, inference=router, models=Accounts(cloud.state))
        self._http = Http(Gate(azure, cloud.clock, self.journal, Faults()))

    def arm(self, method: str, path: str, body: Any = None, version: str = VAULTS_VERSION) -> httpx.Response:
        """One request to management.azure.com as the owner of the group."""
        headers = self.bearer(DEVELOPER, "https://management.azure.com")
        query = None if "?" in path else {"api-version": version}
        return self._http.request(method, path, params=query, json=body, headers=headers)

    def ask(
        self,
        vault: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        who: Identity = DEVELOPER,
        headers: dict[str, str] | None = None,
        version: str | None = SECRETS_VERSION,
    ) -> httpx.Response:
        """One request to a vault's own host."""
        bearer = self.bearer(who, "https://vault.azure.net") if headers is None else headers
        query = None if version is None or "?" in path else {"api-version": version}
        url = f"https://{vault}.vault.azure.net{path}"
        return self._http.request(method, url, params=query, json=body, headers=bearer)

    def bearer(self, who: Identity, resource: str) -> dict[str, str]:
        token, _ = self.cloud.world.tokens.issue(who, resource)
        return {"Authorization": f"Bearer {token}"}

    def made(self, **properties: Any) -> str:
        """The name of a new vault."""
        name = f"made-{next(self._numbers)}"
        answer = self.arm("PUT", vault_id(name), body(**properties))
        assert answer.status_code == 201, answer.text
        return name

    def error(self, answer: httpx.Response) -> tuple[int, str, str | None]:
        """Status, code and inner code of a refusal."""
        error = answer.json()["error"]
        return answer.status_code, error["code"], error.get("innererror", {}).get("code")


@contextmanager
def vaulted(folder: Path) -> Iterator[Vaulted]:
    """Role assignments take as long as they do elsewhere in the tests."""
    clock = Clock(stepped=True)
    cloud = LocalCloud(folder, clock, propagation=Propagation.fixed(PROPAGATION), scoring_python=SCORING_PYTHON)
    with clock.busy():
        yield Vaulted(cloud)
    cloud.close()
    clock.close()
