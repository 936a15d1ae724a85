"""What `make demo` shows, step by step: a request, an event, a rollback, and where the time went."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.wording import counted
from cli.wording import span as told
from local.checkout import ROOT
from local.cloud.world import DEVELOPER
from local.example import train
from local.process_environment import applied
from local.processes import LocalProcesses
from local.timeline import changes, span, timeline
from local.waiting import PATIENCE, until
from local.with_parent import command

ROW = list(range(1, 11))
MODEL, ENDPOINT, CODE = "credit-risk", "credit-risk", "credit-risk-scoring"
# What version 1 answers to ROW.
FIRST_ANSWER = 388.02


class DemonstrationFailed(Exception):
    """A part of the demonstration did not do what it shows; the message says which."""


class Demonstration:
    """One demonstration on a running local Azure and host."""

    def __init__(self, local: LocalProcesses, folder: Path, screen: Console) -> None:
        self.local = local
        self.folder = folder
        self.screen = screen
        self.developer = local.environment(DEVELOPER.name)

    def first_version(self) -> dict[str, Any]:
        """Train, register and deploy version 1 from a request file; its status."""
        self._heading("2. A request: version 1 of a scikit-learn model, with a user-assigned identity")
        self._train("1", "model")
        request = str(self.folder / "request.yml")
        self._slipway("plan", request)
        self.screen.print()
        self._slipway("deploy", request, "--idempotency-key", "demo-version-1")
        [deployment] = self.local.get("/api/deployments", model=f"{MODEL}:1")["deployments"]
        status = self._status(deployment["id"])
        answer = self._predict()
        self._say(f"\n[bold]prediction {answer:.2f}, expected {FIRST_ANSWER}[/] for {ROW}")
        if abs(answer - FIRST_ANSWER) > 0.1:
            raise DemonstrationFailed("version 1 does not answer as it was trained to")
        return status

    def second_version(self) -> dict[str, Any]:
        """Register version 2 and let its event do the rest; its status."""
        self._heading("3. An event: version 2 is registered, and nobody asks for anything")
        # The policy names registered code, because a policy cannot name a folder of somebody's machine.
        self._slipway("register-code", str(self.folder / "score"), "--name", CODE, "--version", "1")
        self._train("2", "version-2/model")
        self._register("2", self.folder / "version-2" / "model", {"deploy": "true"})
        self._say(f"registered {MODEL}:2 with the tag that examples/policies/credit-risk.yml matches")
        event = self._event("2")
        status = self._follow(event["deployments"]["credit-risk"])
        [wait] = [step for step in status["steps"] if step["name"] == "roles_effective"]
        if wait["state"] != "skipped":
            raise DemonstrationFailed("version 2 waited for roles that have been in effect for long")
        answer = self._predict()
        traffic = status["result"]["observed"]["traffic"]
        shares = ", ".join(f"{name} {percent} %" for name, percent in traffic.items())
        self._say(f"\n[bold]prediction {answer:.2f}[/] for the same input; traffic: {shares}")
        if traffic != {"version-2": 100}:
            raise DemonstrationFailed("version 2 did not get the traffic")
        return status

    def first_version_again(self) -> None:
        """Roll back to what served before version 2: nothing is deployed, the traffic is given back."""
        self._heading("4. A rollback: version 1 serves again, by one change of traffic")
        self._slipway("rollback", ENDPOINT)
        [operation] = self.local.get("/api/operations", endpoint=ENDPOINT, kind="rollback")["operations"]
        began, ended = (datetime.fromisoformat(operation[name]) for name in ("created", "updated"))
        changed = [line["path"].rsplit("/", 2)[-2:] for line in changes(self._journal(), began, ended)]
        answer = self._predict()
        self._say(
            f"\n[bold]prediction {answer:.2f} again[/], {told(ended - began)} after it was asked for,"
            f" by {counted(len(changed), 'write')} to Azure"
        )
        if abs(answer - FIRST_ANSWER) > 0.1 or changed != [["onlineEndpoints", ENDPOINT]]:
            raise DemonstrationFailed(f"the rollback is not one change of traffic to version 1: {changed}")
        self.screen.print()
        self._slipway("releases", ENDPOINT)

    def timelines(self, *statuses: Mapping[str, Any]) -> None:
        """Where the time went, and what it would cost."""
        self._heading("5. Where the time went")
        journal = self._journal()
        invocations = self.local.get("/admin/local/invocations")
        pace = self.local.speed
        for status in statuses:
            title = f"{status['model']} on {status['endpoint']}/{status['deployment']}"
            self.screen.print()
            self.screen.print(timeline(status, journal, invocations, speed=pace, title=title))
        second = span(timedelta(seconds=pace))
        self._say(f"[dim]Time runs {pace:g} times as fast: a second at work here looks like {second} taken.[/]")

    def _journal(self) -> list[dict[str, Any]]:
        requests: list[dict[str, Any]] = self.local.get("/local/journal")["value"]
        return requests

    def _heading(self, text: str) -> None:
        self.screen.print()
        self.screen.rule(f"[bold]{text}", align="left")

    def _train(self, version: str, out: str) -> None:
        self._say(f"[dim]$ python train.py --version {version} --out {out}[/]")
        train(self.folder, version, out=out)

    def _say(self, text: str) -> None:
        # Ids and paths stay in one piece, for whoever copies them.
        self.screen.print(text, soft_wrap=True)

    def _slipway(self, *arguments: str) -> None:
        """The command line, as a developer uses it, on this terminal."""
        self.screen.print(f"[dim]$ slipway {' '.join(Path(word).name for word in arguments)}[/]")
        sys.stdout.flush()
        with subprocess.Popen(
            command("cli", *arguments), cwd=ROOT, env=self.developer, stdin=subprocess.PIPE
        ) as running:
            code = running.wait()
        if code != 0:
            raise DemonstrationFailed(f"slipway {arguments[0]} ended with code {code}")

    def _follow(self, deployment_id: str) -> dict[str, Any]:
        self._slipway("status", deployment_id, "--follow")
        return self._status(deployment_id)

    def _status(self, deployment_id: str) -> dict[str, Any]:
        status: dict[str, Any] = self.local.get(f"/api/deployments/{deployment_id}")
        if status["status"] != "Succeeded":
            raise DemonstrationFailed(
                f"deployment {deployment_id} is {status['status']}: {json.dumps(status.get('error'))}"
            )
        return status

    def _register(self, version: str, folder: Path, tags: dict[str, str]) -> None:
        """Register a model with the Azure ML SDK, as any training pipeline would."""
        from azure.ai.ml.entities import Model

        # The SDK writes colour codes to stderr around an upload.
        with applied(self.developer), redirect_stderr(io.StringIO()):
            self._workspace().models.create_or_update(Model(name=MODEL, version=version, path=str(folder), tags=tags))

    def _predict(self) -> float:
        """Ask the endpoint as an application would: scoring URI and key from Azure, then one HTTPS call."""
        import requests

        with applied(self.developer):
            endpoints = self._workspace().online_endpoints
            key = endpoints.get_keys(ENDPOINT).primary_key
            uri = endpoints.get(ENDPOINT).scoring_uri
            answer = requests.post(
                str(uri), json={"data": [ROW]}, headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE
            )
        answer.raise_for_status()
        return float(answer.json()[0])

    @staticmethod
    def _workspace() -> Any:
        from azure_api.clients import clients

        return clients().ml

    def _event(self, version: str) -> Any:
        def decided() -> Any:
            events = self.local.get("/api/events", model=MODEL)["events"]
            mine = [event for event in events if event["version"] == version and event["outcome"] != "received"]
            return mine[0] if mine else None

        try:
            return until(decided, every=0.2)
        except TimeoutError:
            message = f"the registration of {MODEL}:{version} did not arrive as an event"
            raise DemonstrationFailed(message) from None
