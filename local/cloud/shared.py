"""What the emulated services share, as the constants of `world` come to life in one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.clock import Clock
from local.cloud.authorization import Authorization
from local.cloud.blob.access import BlobAccess
from local.cloud.blob.store import BlobStore
from local.cloud.directory import Directory
from local.cloud.eventgrid import EventGrid
from local.cloud.faults import Faults
from local.cloud.identity.endpoint import IdentityEndpoint
from local.cloud.identity.tokens import Tokens
from local.cloud.images.containers import Containers
from local.cloud.journal import Journal
from local.cloud.keyvault.vaults import Vaults
from local.cloud.schedule import Schedule
from local.cloud.world import Durations


@dataclass(frozen=True)
class World:
    """One running world.

    `folder` is for the files of deployments, `containers` finds out how their environments run here, and
    `environment_behind` gives the variables of a process that acts as the identity behind a header secret.
    """

    clock: Clock
    durations: Durations
    schedule: Schedule
    tokens: Tokens
    identities: IdentityEndpoint
    authorization: Authorization
    blobs: BlobStore
    access: BlobAccess
    directory: Directory
    vaults: Vaults
    events: EventGrid
    journal: Journal
    faults: Faults
    folder: Path
    containers: Containers
    environment_behind: Callable[[str], dict[str, str]]
