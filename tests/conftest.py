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

# They take tens of seconds, most of them waiting: begun last, they would be all that is left to do.
LONGEST = ("test_demo.py", "test_sigkill.py", "test_fuzz.py", "test_walkthrough.py")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end: half a million objects, in which nobody looks for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; for the rest, the order does not matter."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    """A fresh local Azure with the sample assets registered, and a fresh host, on a stepped clock."""
    with LocalStack(tmp_path) as started:
        samples.register_all(started)
        yield started
