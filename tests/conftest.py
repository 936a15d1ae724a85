"""The stack that end-to-end and integration tests stand on."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from azure_api.clients import NO_RETRY, STORAGE_TIMEOUTS
from local.stack import APP_SETTINGS, LocalStack
from local.waiting import PATIENCE
from tests import drawn, samples

__all__ = ["drawn"]

# Bytes: ten times what a whole run writes.
ENOUGH = 2 * 1024**3
# The Durable SDK reads these when it is first used; tests that replay without a stack need them too.
os.environ.update(APP_SETTINGS)
# No test asks a package index: what a deployment's environment needs is prebuilt, or it is the test's to say so.
os.environ["UV_NO_INDEX"] = "1"
# Whatever is written to a local Azure, here and in the processes that tests start, has only fields that Azure has.
os.environ["LOCAL_AZURE_STRICT"] = "1"
# Somebody's workspace, for tests that need an app with settings and no stack.
os.environ.update(
    SLIPWAY_SUBSCRIPTION_ID="00000000-0000-0000-0000-000000000001", SLIPWAY_RESOURCE_GROUP="rg", SLIPWAY_WORKSPACE="ws"
)

# Of the app in this process: a machine that is busy is no Azure that does not answer.
for bounds in (NO_RETRY, STORAGE_TIMEOUTS):
    bounds.update(connection_timeout=PATIENCE, read_timeout=PATIENCE)

# A line for each request, to nobody: pytest listens to loggers that keep to themselves as well.
logging.getLogger("uvicorn.access").disabled = True

# What a task hub has told is on the disk, which each commit waits for. Here the disk is memory, where there is enough
# of it and programs may be started from it (Linux; not in every container).
MEMORY = Path("/dev/shm")


def _holds_a_run(folder: Path) -> bool:
    if not os.access(folder, os.W_OK):
        return False
    found = os.statvfs(folder)
    return not found.f_flag & os.ST_NOEXEC and found.f_bavail * found.f_frsize > ENOUGH


if _holds_a_run(MEMORY):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# They take tens of seconds, of a processor or of waiting, the longest first. Begun last, they would be all that is left
# to do; begun by one worker, what the others have to steal from it.
LONGEST = (
    "schedules/test_random_schedules.py",
    "e2e/test_fuzz.py",
    "e2e/test_demo.py",
    "chaos/test_sigkill.py",
    "e2e/test_faults.py",
    "chaos/test_worker_dies.py",
    "e2e/test_operations.py",
    "schedules/test_one_fault.py",
    "e2e/test_rollouts.py",
    "e2e/test_secrets.py",
    "e2e/test_policies.py",
    "chaos/test_host_dies.py",
    "chaos/test_host_dies_undoing.py",
    "e2e/test_events.py",
    "e2e/test_rbac.py",
    "infra/test_walkthrough.py",
)
TESTS = Path(__file__).parent

# Objects, and not Python's 700, after which the new ones are looked through: what tests leave behind is little, and
# hardly any of it in circles.
ALLOCATED = 10_000


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end: half a million objects, in which nobody looks for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(ALLOCATED)
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker begins with some of the longest; for the rest, the order does not matter.

    A worker is first given an even share of the tests, one after the other in this order (pytest-xdist, `worksteal`).
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    places = {TESTS / name: place for place, name in enumerate(LONGEST)}
    longest = sorted((item for item in items if item.path in places), key=lambda item: places[item.path])
    others = [item for item in items if item.path not in places]
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        own = [item for item in longest if places[item.path] % workers == worker]
        room = max(0, (len(items) - len(ordered)) // (workers - worker) - len(own))
        ordered += own + others[:room]
        del others[:room]
    items[:] = ordered


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    """A fresh local Azure with the sample assets registered, and a fresh host, on a stepped clock."""
    with LocalStack(tmp_path) as started:
        samples.register_all(started)
        yield started
