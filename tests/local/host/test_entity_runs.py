"""Entities hold what was asked of them, in its order, whoever asks and whenever the host dies."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from local.clock import Clock
from local.host.host import LocalHost
from local.host.settings import HostSettings
from local.host.writer import HostDied
from tests.local.host.driver import APPS, DURABLE, START, Driver

KEYS = ("a", "b")
Step = tuple[str, str, str, Any]
keys = st.sampled_from(KEYS)
asked = st.sampled_from([("put", 1), ("put", "two"), ("put", None), ("take", None), ("break", None), ("clear", None)])
steps = st.lists(
    st.builds(lambda how, key, what: (how, key, *what), st.sampled_from(["call", "signal"]), keys, asked), max_size=6
)
ends = st.sampled_from(["returns", "raises", "goes on"])


class Shelves(RuleBasedStateMachine):
    """Beside the host, what each shelf should hold: a list, None if it holds nothing, or it was never asked."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = Clock(start=START, stepped=True)
        self.expected: dict[str, list[Any] | None] = {}
        self.started = 0
        self.dies_after = 0
        self.died = False
        self.driver = self.open()

    def open(self) -> Driver:
        """A host on the folder."""
        app = APPS / "shelf"
        # What the one before had in hand is looked at at once: how long it is hidden is not this model's.
        visible = HostSettings.from_app(app).with_options(
            control_visibility=timedelta(0), work_item_visibility=timedelta(0)
        )
        host = LocalHost(app, data=self.folder, clock=self.clock, settings=visible, on_durable_write=self.written)
        host.start()
        return Driver(host)

    def written(self, _number: int, what: str) -> None:
        """Die if it is time to."""
        self.dies_after -= 1
        if self.dies_after == 0:
            self.died = True
            raise HostDied(what)

    def teardown(self) -> None:
        """Leave nothing."""
        self.driver.http.close()
        self.driver.host.stop()
        self.clock.close()
        shutil.rmtree(self.folder)

    def take(self, key: str, operation: str, content: Any) -> Any:
        """What the shelf should answer, and from then on hold."""
        held = list(self.expected.get(key) or [])
        answer: Any = None
        if operation == "break":
            self.expected.setdefault(key, None)
            return "it broke"
        if operation == "clear":
            self.expected[key] = None
            return None
        if operation == "put":
            held.append(content)
            answer = len(held)
        elif held:
            answer = held.pop(0)
        self.expected[key] = held
        return answer

    @rule(key=keys, what=asked)
    def client_signals(self, key: str, what: tuple[str, Any]) -> None:
        operation, content = what
        body = json.dumps(json.dumps(content))
        response = self.driver.http.post(f"{DURABLE}/entities/shelf/{key}", params={"op": operation}, content=body)
        assert response.status_code == 202
        self.take(key, operation, content)

    @rule(what=steps, end=ends)
    def orchestration_asks(self, what: list[Step], end: str) -> None:
        self.run_orchestration(what, end)

    @rule(what=steps, end=ends, commits=st.integers(1, 8))
    def host_dies_while_an_orchestration_asks(self, what: list[Step], end: str, commits: int) -> None:
        assert self.driver.host.wait_idle()
        self.dies_after = commits
        self.run_orchestration(what, end)
        self.dies_after = 0

    def run_orchestration(self, what: list[Step], end: str) -> None:
        """One that ends as it should, with the answers that it should get."""
        assert self.driver.host.wait_idle()
        self.started += 1
        name, payload = f"run-{self.started}", {"steps": what, "end": end}
        with suppress(HostDied, httpx.TransportError):
            self.driver.start("asks", payload, instance_id=name)
            self.driver.host.wait_for(name)
            assert self.driver.host.wait_idle()
        if self.died:
            self.host_is_replaced()
            if self.driver.status(name).status_code == 404:
                self.driver.start("asks", payload, instance_id=name)
        ended = self.driver.host.wait_for(name)
        answers = [self.take(*step[1:]) for step in what]
        if end == "raises":
            assert ended["output"] == "Orchestrator function 'asks' failed: asked to"
        else:
            assert ended["output"] == [answer for answer, (how, *_) in zip(answers, what, strict=True) if how == "call"]

    @rule()
    def host_is_replaced(self) -> None:
        self.driver.http.close()
        self.driver.host.crash()
        self.died = False
        self.driver = self.open()

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def shelf_is_purged(self, data: st.DataObject) -> None:
        assert self.driver.host.wait_idle()
        key = data.draw(st.sampled_from(sorted(self.expected)))
        response = self.driver.http.delete(f"{DURABLE}/instances/%40shelf%40{key}")
        assert response.json() == {"instancesDeleted": 1}
        del self.expected[key]

    @invariant()
    def every_shelf_holds_what_it_should(self) -> None:
        assert self.driver.host.wait_idle()
        for key in KEYS:
            response = self.driver.http.get(f"{DURABLE}/entities/shelf/{key}")
            if key in self.expected:
                assert (response.status_code, response.json()) == (200, self.expected[key])
            else:
                assert response.status_code == 404
        listed = self.driver.http.get(f"{DURABLE}/entities", params={"fetchState": "true"}).json()
        held = {key: state for key, state in self.expected.items() if state is not None}
        assert {shelf["entityId"]["key"]: shelf["state"] for shelf in listed} == held


# The host lives in this process, and its threads draw random numbers while Hypothesis draws what is asked.
TestShelves = pytest.mark.filterwarnings("ignore:Do not use the `random` module")(Shelves.TestCase)
TestShelves.settings = settings(
    max_examples=8,
    stateful_step_count=12,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
