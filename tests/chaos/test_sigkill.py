"""The host's process is killed with SIGKILL: the next process ends the deployment as an undisturbed one ends it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from local.clock import Clock
from local.cloud.cloud import LocalCloud
from local.stack import SCORING_PYTHON
from tests.chaos import scene
from tests.chaos.host_process import HostProcess, Killed

# A run lasts some four minutes of virtual time, and the start of a process two or three more.
SPEED = 100


class Killing:
    """Runs of one deployment on a clock that runs, each with a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.deaths = 0
        """How many hosts were killed in the latest run."""
        self.requests = 0
        """How many requests the first run made to Azure."""
        self._folder = folder
        self._clock = Clock(speed=SPEED)
        self._clock.save(folder / "clock.json")
        self._runs = count(1)
        self.cloud = LocalCloud(folder / "cloud", self._clock, scoring_python=SCORING_PYTHON, **scene.CLOUD)

    def close(self) -> None:
        self.cloud.close()
        self._clock.close()

    def run(self, *, dies_after_write: int | None = None, dies_after_request: int | None = None) -> dict[str, Any]:
        """How the request ends when its host is killed: by itself after a durable write, or from outside after
        that many requests to Azure, which is in the middle of an activity as a rule."""
        self.cloud.reset()
        scene.put_files(self.cloud)
        self.deaths = 0
        data, accepted = self._folder / f"host-{next(self._runs)}", ""
        while True:
            host = self._host(data, dies_after_write if not self.deaths else None)
            try:
                accepted = accepted or self._post(host)
                if dies_after_request and not self.deaths:
                    self._kill(host, dies_after_request)
                ended = host.ended(accepted)
                self.requests = self.requests or len(self.cloud.journal.entries())
                return scene.ending(self.cloud, ended)
            except Killed:
                self.deaths += 1
            finally:
                host.stop()

    def _host(self, data: Path, dies_after: int | None) -> HostProcess:
        environment = self.cloud.environment("slipway-app")
        return HostProcess(data, self._folder / "clock.json", environment, dies_after=dies_after)

    def _post(self, host: HostProcess) -> str:
        headers = {"Idempotency-Key": "the-same"}
        return str(host.call("POST", "/api/deployments", json=scene.request(), headers=headers)["id"])

    def _kill(self, host: HostProcess, requests: int) -> None:
        host.until(lambda: len(self.cloud.journal.entries()) >= requests)
        host.kill()


@pytest.fixture(scope="module")
def killing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killing]:
    made = Killing(tmp_path_factory.mktemp("killing"))
    made.cloud.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def undisturbed(killing: Killing) -> dict[str, Any]:
    return killing.run()


# Undisturbed, a run writes between 39 and 48 times: the slower the machine, the fewer looks at what Azure does.
@pytest.mark.parametrize("number", [1, 7, 12, 18, 23, 29, 34])
def test_a_process_killed_after_a_durable_write(killing: Killing, undisturbed: dict[str, Any], number: int) -> None:
    ending = killing.run(dies_after_write=number)

    assert killing.deaths == 1
    assert ending == undisturbed


@pytest.mark.parametrize("sevenths", [1, 2, 3, 4, 5])
def test_a_process_killed_in_the_middle_of_what_it_does(
    killing: Killing, undisturbed: dict[str, Any], sevenths: int
) -> None:
    ending = killing.run(dies_after_request=killing.requests * sevenths // 7)

    assert killing.deaths == 1
    assert ending == undisturbed
