"""`make demo`: the whole service at work, by itself, from a trained model to a second version with the traffic."""

from __future__ import annotations

import argparse
import io
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import redirect_stderr
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from local.clock import speed
from local.example import copy_example, train
from local.processes import DidNotStart, LocalProcesses
from local.stack import ROOT, applied
from local.timeline import span, timeline
from local.with_parent import command

ROW = list(range(1, 11))
MODEL, ENDPOINT, CODE = "credit-risk", "credit-risk", "credit-risk-scoring"
# Real seconds for the event to arrive and be decided on.
EVENT_TIMEOUT = 60


class DemoFailed(Exception):
    """A part of the demonstration did not do what it shows; the message says which."""


class Demo:
    """One demonstration on a running local Azure and host."""

    def __init__(self, local: LocalProcesses, folder: Path, screen: Console) -> None:
        self.local = local
        self.folder = folder
        self.screen = screen
        self.developer = local.environment("developer")

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
        expected = 388.02
        answer = self._predict()
        self._say(f"\n[bold]prediction {answer:.2f}, expected {expected}[/] for {ROW}")
        if abs(answer - expected) > 0.1:
            raise DemoFailed("version 1 does not answer as it was trained to")
        return status

    def second_version(self) -> dict[str, Any]:
        """Register version 2 and let its event do the rest; its status."""
        self._heading("3. An event: version 2 is registered, and nobody asks for anything")
        # The policy names registered code, because a policy cannot name a folder of somebody's machine.
        self._slipway("register-code", str(self.folder / "score"), "--name", CODE, "--version", "1")
        self._train("2", "version-2/model")
        self._register("2", self.folder / "version-2" / "model", {"deploy": "true"})
        self._say(f"registered {MODEL}:2 with the tag that policies/credit-risk.yml matches")
        event = self._event("2")
        status = self._follow(event["deployments"]["credit-risk"])
        [wait] = [step for step in status["steps"] if step["name"] == "roles_effective"]
        if wait["state"] != "skipped":
            raise DemoFailed("version 2 waited for roles that have been in effect for long")
        answer = self._predict()
        traffic = status["result"]["observed"]["traffic"]
        shares = ", ".join(f"{name} {percent} %" for name, percent in traffic.items())
        self._say(f"\n[bold]prediction {answer:.2f}[/] for the same input; traffic: {shares}")
        if traffic != {"version-2": 100}:
            raise DemoFailed("version 2 did not get the traffic")
        return status

    def timelines(self, *statuses: Mapping[str, Any]) -> None:
        """Where the time went, and what it would cost."""
        self._heading("4. Where the time went")
        journal = self.local.get("/local/journal")["value"]
        invocations = self.local.get("/admin/local/invocations")
        pace = self.local.speed
        for status in statuses:
            title = f"{status['model']} on {status['endpoint']}/{status['deployment']}"
            self.screen.print(timeline(status, journal, invocations, speed=pace, title=title))
        second = span(timedelta(seconds=pace))
        self._say(f"[dim]Time runs {pace:g} times as fast: a second at work here looks like {second} taken.[/]")

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
            raise DemoFailed(f"slipway {arguments[0]} ended with code {code}")

    def _follow(self, deployment_id: str) -> dict[str, Any]:
        self._slipway("status", deployment_id, "--follow")
        return self._status(deployment_id)

    def _status(self, deployment_id: str) -> dict[str, Any]:
        status: dict[str, Any] = self.local.get(f"/api/deployments/{deployment_id}")
        if status["status"] != "Succeeded":
            raise DemoFailed(f"deployment {deployment_id} is {status['status']}: {json.dumps(status.get('error'))}")
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
                str(uri), json={"data": [ROW]}, headers={"Authorization": f"Bearer {key}"}, timeout=30
            )
        answer.raise_for_status()
        return float(answer.json()[0])

    @staticmethod
    def _workspace() -> Any:
        from azure_api.clients import clients

        return clients().ml

    def _event(self, version: str) -> Any:
        pause, deadline = threading.Event(), time.monotonic() + EVENT_TIMEOUT
        while time.monotonic() < deadline:
            for event in self.local.get("/api/events", model=MODEL)["events"]:
                if event["version"] == version and event["outcome"] != "received":
                    return event
            pause.wait(0.2)
        raise DemoFailed(f"the registration of {MODEL}:{version} did not arrive as an event")


def main() -> int:
    """Run the demonstration; 0 when everything it shows is true."""
    parser = argparse.ArgumentParser(prog="make demo ARGS=...", description=__doc__)
    parser.add_argument("--speed", type=speed, default=120, help="1 to 2000; 120: 15 minutes last 7.5 s")
    parser.add_argument("--port", type=int, default=0, help="port of Slipway (0: any free one)")
    parser.add_argument("--cloud-port", type=int, default=0, help="port of the control API (0: any free one)")
    parser.add_argument("--proxy-port", type=int, default=0, help="port of the proxy to Azure (0: any free one)")
    options = parser.parse_args()
    screen = Console(highlight=False)
    # Both end as Ctrl-C does: with everything stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="slipway-demo-") as folder:
        try:
            _run(Path(folder), options, screen)
        except (DemoFailed, DidNotStart) as error:
            screen.print("\n[bold red]The demo failed:[/]", end=" ")
            screen.print(str(error), markup=False, soft_wrap=True)
            return 1
        except KeyboardInterrupt:
            screen.print("\nStopped, and everything that ran with it.")
            return 130
    screen.print("\n5. Everything is stopped. `make up` keeps it running for requests of your own.")
    return 0


def _run(folder: Path, options: argparse.Namespace, screen: Console) -> None:
    screen.rule("[bold]1. A local Azure and a local Functions host", align="left")
    ports = {"port": options.port, "cloud_port": options.cloud_port, "proxy_port": options.proxy_port}
    with LocalProcesses(folder / "data", speed=options.speed, **ports) as local:
        screen.print(f"Slipway is at {local.url}/api; time runs {options.speed:g} times as fast.")
        example = folder / "credit-risk"
        copy_example(example)
        demo = Demo(local, example, screen)
        first = demo.first_version()
        second = demo.second_version()
        demo.timelines(first, second)


if __name__ == "__main__":
    sys.exit(main())
