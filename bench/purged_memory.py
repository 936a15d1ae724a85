"""Ten thousand ended instances are purged: how much of the memory that they took the host still has."""

from __future__ import annotations

import gc
import sys

import httpx

from bench.harness.bare_host import PATIENCE, bare_host, start
from bench.harness.figure import Figure, report
from local import loopback
from local.host.client_binding import WEBHOOK
from local.host.host import LocalHost

INSTANCES, AT_ONCE = 10_000, 500
EVERYTHING = {"createdTimeFrom": "2000-01-01T00:00:00Z"}


def measure() -> Figure:
    """Blocks of Python's memory that stay, per blocks that the instances took."""
    with bare_host() as host, loopback.client(host.url, timeout=PATIENCE) as http:
        run(host, AT_ONCE)
        assert purge(http) == AT_ONCE
        before = blocks()
        for _ in range(INSTANCES // AT_ONCE):
            run(host, AT_ONCE)
        full = blocks()
        purged = purge(http)
        after = blocks()
    return Figure(
        "purged_memory",
        100 * max(after - before, 0) / (full - before),
        "%",
        5,
        also=purged == INSTANCES,
        detail={"purged": purged, "blocks_taken": full - before, "blocks_kept": after - before},
    )


def run(host: LocalHost, count: int) -> None:
    """So many instances, to their end."""
    for one in start(host, "chain", "a", count):
        host.wait_for(one, timeout=PATIENCE)
    assert host.wait_idle(PATIENCE)


def purge(http: httpx.Client) -> int:
    """Everything that has ended; how much that was."""
    purged: int = http.delete(f"{WEBHOOK}/instances", params=EVERYTHING).raise_for_status().json()["instancesDeleted"]
    return purged


def blocks() -> int:
    """What Python holds."""
    gc.collect()
    return sys.getallocatedblocks()


if __name__ == "__main__":
    report(measure)
