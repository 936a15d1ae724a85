"""The real azure-mgmt-authorization client against the routes, with only its connection replaced."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.authorization import AuthorizationManagementClient

from local.clock import Clock
from local.cloud.arm.router import ArmRouter
from local.cloud.authorization import Authorization, Propagation
from local.cloud.authorization.provider import AuthorizationProvider
from local.cloud.faults import Faults
from local.cloud.gate import Gate
from local.cloud.identity.tokens import Claims, Tokens
from local.cloud.journal import Journal
from tests.local.in_process import Http, InProcess

TENANT = "11111111-1111-1111-1111-111111111111"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/slipway-local"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/slipway-workspace"
STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/slipwaylocal"
OWNER = "aaaaaaaa-0000-0000-0000-000000000001"
APP = "aaaaaaaa-0000-0000-0000-000000000002"
ENDPOINT = "aaaaaaaa-0000-0000-0000-000000000003"
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
DELAY = timedelta(minutes=4)


class _Credential:
    """A token that is the principal's id."""

    def __init__(self, principal_id: str) -> None:
        self._principal_id = principal_id

    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        return AccessToken(self._principal_id, 4102444800)


class _PlainTokens(Tokens):
    """Takes a token for the principal that it names."""

    def bearer(self, header: str | None, audiences: frozenset[str]) -> Claims:
        principal = str(header).removeprefix("Bearer ")
        return Claims(principal, principal, principal)


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock(stepped=True, start=START)
    yield clock
    clock.close()


@pytest.fixture
def rbac(clock: Clock) -> Authorization:
    rbac = Authorization(
        clock,
        tenant=TENANT,
        subscription=SUBSCRIPTION,
        propagation=Propagation.fixed(DELAY),
        scope_exists=lambda scope: "no-such" not in scope,
    )
    rbac.add_principal(OWNER, "developer", kind="User")
    rbac.add_principal(APP, "slipway-app")
    rbac.add_principal(ENDPOINT, "credit-risk endpoint")
    rbac.seed(OWNER, "Owner", GROUP)
    return rbac


@pytest.fixture
def http(rbac: Authorization) -> Http:
    """For what the SDK cannot express."""
    routes = AuthorizationProvider(rbac).routes()
    arm = ArmRouter(routes, clock=rbac.clock, tokens=_PlainTokens(), permissions=rbac, lock=threading.RLock())
    return Http(Gate(arm, rbac.clock, Journal(), Faults()), {"Authorization": f"Bearer {OWNER}"})


@pytest.fixture
def sdk(http: Http) -> Callable[[str], AuthorizationManagementClient]:
    def client(principal_id: str) -> AuthorizationManagementClient:
        session = requests.Session()
        session.mount("https://", InProcess(http))
        transport = RequestsTransport(session=session, session_owner=False)
        return AuthorizationManagementClient(
            _Credential(principal_id), SUBSCRIPTION, transport=transport, retry_total=0
        )

    return client
