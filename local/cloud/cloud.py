"""The local Azure: every emulated service put together, started, reset and stopped as one."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Self

from starlette.applications import Starlette
from starlette.routing import Route, Router

from local.checkout import ENVIRONMENTS
from local.clock import Clock
from local.cloud import authority, environment, hosts
from local.cloud.addresses import ANY_PORTS, Addresses, Ports
from local.cloud.arm.route import ArmRoute
from local.cloud.arm.router import ArmRouter
from local.cloud.authorization import Authorization, Propagation
from local.cloud.beyond import is_beyond
from local.cloud.blob.access import BlobAccess
from local.cloud.blob.store import BlobStore
from local.cloud.control import Control
from local.cloud.credential import LocalCredential
from local.cloud.directory import Directory
from local.cloud.eventgrid import EventGrid
from local.cloud.faults import Faults
from local.cloud.gate import Gate
from local.cloud.identity.endpoint import IdentityEndpoint
from local.cloud.identity.tokens import Tokens
from local.cloud.images.containers import Containers
from local.cloud.images.own import NAME as OWN_IMAGES
from local.cloud.ingress import AzureHosts, LoopbackPaths
from local.cloud.journal import Journal
from local.cloud.keeping import Keeping
from local.cloud.keyvault.vaults import Vaults
from local.cloud.language_models import Accounts
from local.cloud.listener import Listener
from local.cloud.machinelearning.datastores import Credentials
from local.cloud.machinelearning.scoring import EndpointDirectory
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.providers import Providers
from local.cloud.proxy import Proxy
from local.cloud.resources import Existing
from local.cloud.schedule import Schedule
from local.cloud.seeding import seed_world
from local.cloud.serving import FrontDoor
from local.cloud.shared import World
from local.cloud.world import APP, PRINCIPALS, SUBSCRIPTION, TENANT, Durations
from local.folder_lock import lock_folder
from local.loopback import port_of


class LocalCloud:
    """One local Azure on the loopback interface, with its files under `data`.

    `clock` says what time it is and how fast it goes; `seed` fixes what is drawn (propagation, the split of traffic),
    never a secret. `scoring_python` is the interpreter of the prebuilt scoring environment.
    `datastore_credentials` is how clients get into the workspace's storage. Use it as a context manager, or call
    `start` and `close`.
    """

    _keeps = False

    def __init__(
        self,
        data: Path,
        clock: Clock,
        *,
        seed: int = 7,
        durations: Durations | None = None,
        propagation: Propagation | None = None,
        ports: Ports = ANY_PORTS,
        scoring_python: Path,
        datastore_credentials: Credentials = "AccountKey",
    ) -> None:
        self.data = data.resolve()
        self.data.mkdir(parents=True, exist_ok=True)
        containers = Containers(
            ENVIRONMENTS, scoring_python, images=Path(OWN_IMAGES), variables=environment.of_this_machine()
        )
        self._lock = _claimed(self.data)
        self._propagation = propagation or Propagation.drawn(seed)
        self._certificates = authority.issue(self.data)
        self._addresses = Addresses(ports)
        self._headers: dict[str, str] = {}
        self.state = WorkspaceState()
        self._models = Accounts(self.state)
        self.world = self._world(clock, durations or Durations(), containers)
        self._providers = Providers(self.world, self.state, datastore_credentials)
        self._proxy = Proxy(
            lambda host: hosts.emulated(host, self.blobs.accounts, self.world.vaults, self._models),
            port_of(self._addresses.azure),
            lambda: self.faults.dead,
            passed_on=lambda host: self._keeps and is_beyond(host),
        )
        insights = self._providers.insights
        self.control = Control(self.world, self.state, self.arm_routes, self._proxy, self.reset, insights)
        directory = EndpointDirectory(self.world, self.state)
        self._inference = FrontDoor(directory, clock, seed=seed, watching=insights.seen)
        self._listener = Listener()
        self._keeping = Keeping(self.data, self.world, self.state, self._providers.parts) if self._keeps else None
        self._begin()

    def _begin(self) -> None:
        """Go on with what a former one left, or with the world that everybody finds."""
        try:
            left = self._keeping.read() if self._keeping else None
        except BaseException:
            self._addresses.close()
            self._lock.close()
            raise
        if left is None:
            seed_world(self.world, self.state)
        else:
            self._headers = left
            self._providers.machine_learning.resume()

    def keep(self) -> None:
        """Write down all that the next one goes on with; nothing where nothing is kept."""
        if self._keeping:
            self._keeping.write(self._headers)

    def _world(self, clock: Clock, durations: Durations, containers: Containers) -> World:
        tokens, directory, vaults = Tokens(), Directory(), Vaults(clock)
        blobs = BlobStore(self.data / "azure-blobs", clock)
        existing = Existing(self.state, blobs, directory, vaults, self._models)
        authorization = Authorization(
            clock,
            tenant=TENANT,
            subscription=SUBSCRIPTION,
            propagation=self._propagation,
            scope_exists=existing,
        )
        return World(
            clock=clock,
            durations=durations,
            schedule=Schedule(clock),
            tokens=tokens,
            identities=IdentityEndpoint(tokens),
            authorization=authorization,
            blobs=blobs,
            directory=directory,
            vaults=vaults,
            access=BlobAccess(clock, tokens, authorization),
            events=EventGrid(clock),
            journal=Journal(),
            faults=Faults(),
            folder=self.data / "azure-deployments",
            containers=containers,
            environment_behind=self._environment_behind,
        )

    def start(self) -> Self:
        """Begin to listen."""
        world, addresses = self.world, self._addresses
        management = ArmRouter(
            self.arm_routes,
            clock=world.clock,
            tokens=world.tokens,
            permissions=world.authorization,
            lock=self.state.lock,
        )
        azure = AzureHosts(world, management=management, inference=self._inference, models=self._models)
        identity = Router([Route("/msi/token", world.identities.token)])
        control = Starlette(routes=self.control.routes())
        local = LoopbackPaths(identity=Gate(identity, world.clock, world.journal, world.faults), control=control)
        gated = Gate(azure, world.clock, world.journal, world.faults)
        self._listener.serve(gated, addresses.azure, certificate=self._certificates.server)
        self._listener.serve(local, addresses.local)
        self._listener.accept(self._proxy.connection, addresses.proxy)
        self._listener.start()
        return self

    def close(self) -> None:
        """Stop listening, end every process, drop what was scheduled. The files under `data` stay."""
        self._listener.close()
        self._addresses.close()
        self.keep()
        self.world.schedule.close()
        self._providers.machine_learning.stop_all()
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
        self.world.schedule.cancel_all()
        self._providers.machine_learning.stop_all(forget=True)
        self.world.containers.forget()
        self._providers.insights.forget()
        self.events.reset()
        self.authorization.reset()
        self.authorization.propagation = self._propagation
        self.faults.clear()
        seed_world(self.world, self.state)
        self.journal.clear()

    @property
    def arm_routes(self) -> list[ArmRoute]:
        """Every line of the route table of management.azure.com."""
        return self._providers.routes

    @property
    def clock(self) -> Clock:
        """The time of everything here."""
        return self.world.clock

    @property
    def authorization(self) -> Authorization:
        """Role assignments, and what they allow."""
        return self.world.authorization

    @property
    def blobs(self) -> BlobStore:
        """What lies in the storage accounts."""
        return self.world.blobs

    @property
    def events(self) -> EventGrid:
        """Subscriptions and deliveries."""
        return self.world.events

    @property
    def faults(self) -> Faults:
        """What is to go wrong."""
        return self.world.faults

    @property
    def journal(self) -> Journal:
        """Every request so far."""
        return self.world.journal

    @property
    def control_url(self) -> str:
        """Where the control API and the managed identity endpoint listen."""
        return self._addresses.control_url

    @property
    def proxy_url(self) -> str:
        """Where the forward proxy listens."""
        return self._addresses.proxy_url

    @property
    def authority(self) -> Path:
        """The PEM file of the certificate authority to trust."""
        return self._certificates.authority

    def environment(self, identity: str = APP.name) -> dict[str, str]:
        """The variables for a process that acts as `identity`; KeyError for a name this world does not have."""
        if identity not in self._headers:
            self._headers[identity] = self.world.identities.attach([PRINCIPALS[identity]])
        return {**self._environment_behind(self._headers[identity]), **environment.settings()}

    def credential(self, identity: str = APP.name) -> LocalCredential:
        """The same identity as a credential object, for use in this process."""
        return LocalCredential(self.world.tokens, PRINCIPALS[identity])

    def inference_url(self, endpoint: str) -> str:
        """The scoring URI of an endpoint of that name."""
        return f"{hosts.endpoint_url(endpoint)}/score"

    def refused_hosts(self) -> list[str]:
        """What the proxy was asked for and refused."""
        return list(self._proxy.refused)

    def _environment_behind(self, header: str) -> dict[str, str]:
        return environment.environment(
            proxy_url=self.proxy_url,
            authority=self.authority,
            identity_url=self._addresses.identity_url,
            identity_header=header,
        )


class KeptCloud(LocalCloud):
    """One for the desk: it goes on with what a former one left, and its proxy lets through what is none of Azure's."""

    _keeps = True


def _claimed(data: Path) -> IO[str]:
    """Keep the data directory to one local Azure: a second one would delete the files of the first."""
    try:
        return lock_folder(data)
    except BlockingIOError:
        raise RuntimeError(f"another local Azure is using {data}; stop it or choose another data directory") from None
