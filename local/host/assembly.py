"""What a host consists of, put together: everything behind its port, and the pages on it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from local.clock import Clock
from local.host.admin import AdminApi, Inside
from local.host.auth import Doors, guarded
from local.host.client_binding import WEBHOOK, ClientUrls
from local.host.dispatch import Dispatcher
from local.host.durable_api import DurableApi
from local.host.engine import Engine
from local.host.eventgrid import WEBHOOKS, EventGridWebhook
from local.host.holds import Holds
from local.host.http_triggers import HttpTriggers
from local.host.hub import Hub
from local.host.index import FunctionIndex
from local.host.invoke import Invoker
from local.host.keys import Keys
from local.host.local_pages import LocalPages
from local.host.pages import Page, Site
from local.host.routes import RouteTable
from local.host.settings import HostSettings
from local.host.store import Store
from local.host.timers import TimerTriggers
from local.host.visibility import SignOfLife
from local.host.worker_log import WorkerLog
from local.host.writer import Writer

_log = logging.getLogger("local.host")


@dataclass(frozen=True)
class Surroundings:
    """What a host is given, whatever its app."""

    data: Path
    clock: Clock
    holds: Holds
    on_durable_write: Callable[[int, str], None] | None
    echo_log: bool


@dataclass(frozen=True)
class Assembly:
    """The parts that others have to do with."""

    around: Surroundings
    settings: HostSettings
    sign: SignOfLife
    store: Store
    invoker: Invoker
    writer: Writer
    engine: Engine
    timers: TimerTriggers


def assemble(
    around: Surroundings,
    index: FunctionIndex,
    settings: HostSettings,
    urls: ClientUrls,
    undo: list[Callable[[], object]],
) -> Assembly:
    """Everything behind the port, at rest. What ends each part is added to `undo`, to be done in reverse."""
    clock, holds = around.clock, around.holds
    undo.append(holds.release_all)
    sign = SignOfLife(around.data)
    undo.append(sign.close)
    store = Store(around.data)
    undo.append(store.close)
    log = WorkerLog(around.data, clock, settings.log_levels, echo=around.echo_log)
    undo.append(log.close)
    invoker = Invoker(clock, around.data, log, settings, urls.binding())
    undo.append(invoker.abandon)
    writer = Writer(store, holds, around.on_durable_write)
    hub = Hub(store, writer, clock, settings)
    dispatcher = Dispatcher(hub, writer, clock, holds, invoker, index, settings)
    dispatcher.on_taken = lambda: sign.give(clock.now())
    engine = Engine(store, writer, hub, dispatcher, settings)
    engine.on_purged = invoker.invocations.forget
    timers = TimerTriggers(index, invoker, engine, store, clock, holds)
    undo += [engine.close, timers.close]
    return Assembly(around, settings, sign, store, invoker, writer, engine, timers)


def site(parts: Assembly, index: FunctionIndex, settings: HostSettings, urls: ClientUrls, keys: Keys) -> Site:
    """What the port serves: the host's own pages, and the app's functions for everything else."""
    doors = Doors(keys) if settings.enable_auth else None
    table = RouteTable(settings.route_prefix, index.of_kind("http"))
    in_error = {**index.in_error, **table.in_error}
    for name, error in in_error.items():
        _log.error("The '%s' function is in error: %s", name, error)
    around = parts.around
    inside = Inside(index, parts.invoker, parts.timers, around.holds, keys, settings, around.data, in_error)
    admin = AdminApi(inside, doors)
    api = DurableApi(parts.engine, parts.store, index, urls, doors)
    local = LocalPages(parts.invoker, parts.store, around.clock, doors=doors)
    pages = [
        *admin.pages(),
        *local.pages(),
        *EventGridWebhook(index, parts.invoker, doors).pages(),
        *api.pages(WEBHOOK, with_key=True),
        *api.pages(urls.rpc_path, with_key=False),
        # What is not there is 404 only to who has the key.
        Page("*", WEBHOOK + "{rest:.*}", guarded(doors, "durabletask_extension", _nowhere)),
        Page("*", WEBHOOKS + "/{rest:.*}", guarded(doors, "admin", _nowhere)),
    ]
    return Site(pages, HttpTriggers(table, parts.invoker, doors).serve)


async def _nowhere(_request: Request) -> Response:
    return Response(status_code=404)
