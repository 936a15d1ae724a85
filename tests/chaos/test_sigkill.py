"""The host's process is killed with SIGKILL: the next process ends the deployment as an undisturbed one ends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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

    def run(self, *, dies_after_write: int | None = None, dies_after_requests: Sequence[int] = ()) -> dict[str, Any]:
        """How the request ends when its hosts are killed.

        By themselves, each after that many durable writes of its own; or from outside, one after the other, when so
        many requests have been made to Azure, which is in the middle of an activity as a rule.
        """
        self.cloud.reset()
        scene.put_files(self.cloud)
        self.deaths = 0
        data, accepted = self._folder / f"host-{next(self._runs)}", ""
        to_come = list(dies_after_requests)
        while True:
            host = self._host(data, dies_after_write)
            try:
                accepted = accepted or self._post(host)
                if to_come:
                    self._kill(host, to_come.pop(0))
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
@pytest.mark.parametrize("number", [10, 15])
def test_processes_killed_after_a_durable_write(killing: Killing, undisturbed: dict[str, Any], number: int) -> None:
    ending = killing.run(dies_after_write=number)

    assert killing.deaths >= 2
    assert ending == undisturbed


@pytest.mark.parametrize("sevenths", [(1, 3, 5), (2, 4)])
def test_processes_killed_in_the_middle_of_what_they_do(
    killing: Killing, undisturbed: dict[str, Any], sevenths: tuple[int, ...]
) -> None:
    ending = killing.run(dies_after_requests=[killing.requests * part // 7 for part in sevenths])

    assert killing.deaths == len(sevenths)
    assert ending == undisturbed
