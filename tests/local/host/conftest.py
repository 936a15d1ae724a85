"""Hosts for tests: small apps, on a stepped clock unless they say otherwise."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.clock import Clock
from local.host.host import LocalHost
from local.host.settings import HostSettings
from tests.local.host.asking import asked
from tests.local.host.driver import APPS, START, Driver, OpenHost


@pytest.fixture
def clock() -> Iterator[Clock]:
    """A stepped clock that begins at START."""
    stepped = Clock(start=START, stepped=True)
    yield stepped
    stepped.close()


@pytest.fixture
def open_host(tmp_path: Path, clock: Clock) -> Iterator[OpenHost]:
    """Opens hosts on the test's clock and folder."""
    drivers: list[Driver] = []

    def open_(app: Any = "patterns", settings: HostSettings | None = None, **options: Any) -> Driver:
        source = APPS / app if isinstance(app, str) else app
        options = {"data": tmp_path / "data", "clock": clock, **options}
        host = LocalHost(source, settings=settings, **options)
        host.start()
        drivers.append(Driver(host))
        return drivers[-1]

    yield open_
    for driver in drivers:
        driver.http.close()
        driver.host.stop()


@pytest.fixture
def patterns(open_host: OpenHost) -> Driver:
    """The app with one orchestration per pattern."""
    return open_host("patterns")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `host` keeps what it has."""
    return tmp_path_factory.mktemp("asked")


@pytest.fixture(scope="module")
def host(data: Path) -> Iterator[LocalHost]:
    """The app `asked` on a host that wants keys, and says in its log what it shows."""
    with asked(data, settings=HostSettings(enable_auth=True), echo_log=True) as served:
        yield served


@pytest.fixture
def left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For a program that takes this process for its own: folder, variables and the app's module are put back."""
    monkeypatch.chdir(".")
    environment, app = dict(os.environ), sys.modules.get("function_app")
    yield
    os.environ.clear()
    os.environ.update(environment)
    sys.modules.pop("function_app", None)
    if app is not None:
        sys.modules["function_app"] = app
