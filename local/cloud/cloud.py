"""The local Azure: every emulated service put together, started, reset and stopped as one."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Literal, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from local.clock import Clock
from local.cloud import authority, control, environment, resources, world
from local.cloud.arm.errors import authorization_failed
from local.cloud.arm.router import ArmRoute, ArmRouter
from local.cloud.authorization import Authorization, Propagation
from local.cloud.blob.access import BlobAccess
from local.cloud.blob.routes import BlobService
from local.cloud.blob.store import BlobStore
from local.cloud.credential import LocalCredential
from local.cloud.eventgrid import EventGrid
from local.cloud.exchange import Exchange
from local.cloud.faults import Faults
from local.cloud.gate import Gate
from local.cloud.identity.endpoint import IdentityEndpoint
from local.cloud.identity.tokens import Tokens
from local.cloud.journal import Journal
from local.cloud.listener import Listener, bind, port_of
from local.cloud.machinelearning import service
from local.cloud.machinelearning.directory import EndpointDirectory
from local.cloud.machinelearning.state import Asset, WorkspaceState
from local.cloud.machinelearning.wire import as_json
from local.cloud.proxy import Proxy
from local.cloud.schedule import Schedule
from local.cloud.serving import FrontDoor
from local.cloud.world import Durations

DatastoreCredentials = Literal["AccountKey", "None"]


class LocalCloud:
    """One local Azure on free ports of the loopback interface, with its files under `data`.

    `clock` says what time it is and how fast it goes; `seed` fixes what is drawn (propagation, the split of traffic),
    never a secret. `scoring_python` is the interpreter of the virtual environment that serves deployed models.
    `datastore_credentials` is how clients get into the workspace's storage: `AccountKey` (a shared access signature)
    or `None` (their own identity). Use it as a context manager, or call `start` and `close`.
    """

    def __init__(
        self,
        data: Path,
        clock: Clock,
        *,
        seed: int = 7,
        durations: Durations | None = None,
        propagation: Propagation | None = None,
        port: int = 0,
        proxy_port: int = 0,
        scoring_python: Path,
        datastore_credentials: DatastoreCredentials = "AccountKey",
    ) -> None:
        self.clock = clock
        self.data = data.resolve()
        self.data.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(self.data)
        self.journal = Journal()
        self.faults = Faults()
        self.state = WorkspaceState()
        self._propagation = propagation or Propagation.drawn(seed)
        self.authorization = Authorization(
            clock,
            tenant=world.TENANT,
            subscription=world.SUBSCRIPTION,
            propagation=self._propagation,
            scope_exists=resources.exists,
        )
        self.events = EventGrid(clock)
        self.blobs = BlobStore(self.data / "azure-blobs", clock)
        self._tokens = Tokens()
        self._identities = IdentityEndpoint(self._tokens)
        self._headers: dict[str, str] = {}
        self._schedule = Schedule(clock)
        self._certificates = authority.issue(self.data)
        self._sockets = {name: bind(number) for name, number in (("azure", 0), ("local", port), ("proxy", proxy_port))}
        self._proxy = Proxy(authority.emulated, port_of(self._sockets["azure"]), lambda: self.faults.dead)
        access = BlobAccess(clock, self._tokens, self.authorization)
        self._provider = service.Provider(
            self.state,
            clock=clock,
            schedule=self._schedule,
            durations=durations or Durations(),
            authorization=self.authorization,
            identities=self._identities,
            blobs=self.blobs,
            access=access,
            folder=self.data / "azure-deployments",
            scoring_python=scoring_python,
            process_environment=self._process_environment,
            datastore_credentials=datastore_credentials,
            on_model_registered=self._model_registered,
        )
        self.arm_routes: list[ArmRoute] = [*self._provider.routes(), *resources.routes()]
        self._hosts = _Hosts(
            management=self._management(),
            blob=BlobService(self.blobs, access, clock),
            inference=FrontDoor(self._directory(), clock, seed=seed),
        )
        self._listener = Listener()
        self._seed()

    def start(self) -> Self:
        """Begin to listen."""
        gated = Gate(self._hosts, clock=self.clock, journal=self.journal, faults=self.faults)
        identity = Router([Route("/msi/token", self._identities.token)])
        local = Starlette(routes=control.routes(self))
        loopback = _Loopback(
            identity=Gate(identity, clock=self.clock, journal=self.journal, faults=self.faults), control=local
        )
        self._listener.serve(gated, self._sockets["azure"], certificate=self._certificates.server)
        self._listener.serve(loopback, self._sockets["local"])
        self._listener.accept(self._proxy.connection, self._sockets["proxy"])
        self._listener.start()
        return self

    def close(self) -> None:
        """Stop listening, end every process, drop what was scheduled. The files under `data` stay."""
        self._listener.close()
        for bound in self._sockets.values():
            bound.close()
        self._schedule.close()
        self._provider.stop_all()
        self.events.close()
        self._lock.close()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_reason: object) -> None:
        """Close."""
        self.close()

    def reset(self) -> None:
        """Back to the seeded world: assets, endpoints, grants, events, faults and journal are forgotten.

        Environments and credentials handed out stay valid; the clock goes on.
        """
        self._schedule.cancel_all()
        self._provider.stop_all(forget=True)
        self.events.reset()
        self.authorization.reset()
        self.authorization.propagation = self._propagation
        self.blobs.clear()
        self.faults.clear()
        self._seed()
        self.journal.clear()

    @property
    def control_url(self) -> str:
        """Where the control API and the managed identity endpoint listen."""
        return f"http://127.0.0.1:{port_of(self._sockets['local'])}"

    @property
    def proxy_url(self) -> str:
        """Where the forward proxy listens."""
        return f"http://127.0.0.1:{port_of(self._sockets['proxy'])}"

    @property
    def authority(self) -> Path:
        """The PEM file of the certificate authority to trust."""
        return self._certificates.authority

    def environment(self, identity: str = "slipway-app") -> dict[str, str]:
        """The variables for a process that acts as `identity`; KeyError for a name this world does not have."""
        if identity not in self._headers:
            self._headers[identity] = self._identities.attach([world.PRINCIPALS[identity]])
        return {**self._process_environment(self._headers[identity]), **environment.settings()}

    def credential(self, identity: str = "slipway-app") -> LocalCredential:
        """The same identity as a credential object, for use in this process."""
        return LocalCredential(self._tokens, world.PRINCIPALS[identity])

    def inference_url(self, endpoint: str) -> str:
        """The scoring URI of an endpoint of that name."""
        return f"https://{endpoint}{authority.INFERENCE_SUFFIX}/score"

    def refused_hosts(self) -> list[str]:
        """What the proxy was asked for and refused."""
        return list(self._proxy.refused)

    def _seed(self) -> None:
        shutil.rmtree(self.data / "azure-deployments", ignore_errors=True)
        self.blobs.clear()
        for account, container in (
            (world.WORKSPACE_STORAGE, world.BLOB_CONTAINER),
            (world.FEATURE_STORAGE, world.FEATURE_CONTAINER),
        ):
            self.blobs.create_container(account, container)
        for identity in world.PRINCIPALS.values():
            kind = "User" if identity is world.DEVELOPER else "ServicePrincipal"
            self.authorization.add_principal(identity.principal_id, identity.name, kind)
        for seed in world.ROLE_SEEDS:
            self.authorization.seed(seed.principal.principal_id, seed.role, seed.scope, condition=seed.condition)

    def _management(self) -> ASGIApp:
        arm = ArmRouter(
            self.arm_routes,
            clock=self.clock,
            tokens=self._tokens,
            permissions=self.authorization,
            lock=self.state.lock,
        )

        def caller(request: Request) -> str:
            return arm.claims(request).principal_id

        def permit(request: Request, action: str, scope: str) -> None:
            claims = arm.claims(request)
            if not self.authorization.allowed(claims.principal_id, action, scope):
                raise authorization_failed(claims.client_id, claims.principal_id, action, scope)

        every = ["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD", "OPTIONS"]
        table = [*self.authorization.routes(caller), *self.events.routes(permit)]
        return Router([*table, Route("/{path:path}", arm.dispatch, methods=every)], redirect_slashes=False)

    def _directory(self) -> EndpointDirectory:
        return EndpointDirectory(self.state, self.clock, self._tokens, self.authorization)

    def _process_environment(self, header: str) -> dict[str, str]:
        return environment.environment(
            proxy_url=self.proxy_url,
            authority=self.authority,
            identity_url=f"{self.control_url}/msi/token",
            identity_header=header,
        )

    def _model_registered(self, model: Asset) -> None:
        tags, properties = (_texts(model.properties.get(name)) for name in ("tags", "properties"))
        self.events.model_registered(world.WORKSPACE_ID, model.name, model.version, tags, properties)


class _Hosts:
    """Sends a request to the service its Host header names."""

    def __init__(self, *, management: ASGIApp, blob: BlobService, inference: ASGIApp) -> None:
        self._management = management
        self._blob = blob
        self._inference = inference

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = Exchange.of(scope).host
        if host == authority.MANAGEMENT:
            await self._management(scope, receive, send)
        elif host in authority.BLOB_HOSTS:
            response = await self._blob(Request(scope, receive))
            await response(scope, receive, send)
        elif host.endswith(authority.INFERENCE_SUFFIX):
            await self._inference(scope, receive, send)
        else:
            # Registry discovery among them: a quick no spares the SDK 4.8 s of retries.
            message = f"The local Azure has nothing at {host}."
            await JSONResponse({"error": {"code": "NotEmulatedLocally", "message": message}}, 404)(scope, receive, send)


class _Loopback:
    """The plain listener: tokens pass the gate like every Azure request, the control API does not."""

    def __init__(self, *, identity: ASGIApp, control: ASGIApp) -> None:
        self._identity = identity
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        serve = self._identity if scope["path"].startswith("/msi/") else self._control
        await serve(scope, receive, send)


def _lock(data: Path) -> IO[str]:
    """Keep the data directory to one local Azure: a second one would delete the files of the first."""
    held = (data / "lock").open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise RuntimeError(f"another local Azure is using {data}; stop it or choose another data directory") from None
    return held


def _texts(value: object) -> Mapping[str, str]:
    return {name: str(text) for name, text in as_json(value).items()}
