"""A registered model is an event."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Environment, Model

from local.cloud.cloud import LocalCloud
from local.cloud.hosts import blob_url
from local.cloud.world import BLOB_CONTAINER, WORKSPACE_ID, WORKSPACE_STORAGE
from local.waiting import PATIENCE
from tests.local.cloud.sdk import arm

PATH = "azureml://datastores/workspaceblobstore/paths/models/double"


class Subscriber(BaseHTTPRequestHandler):
    received: Queue[dict[str, Any]]

    def do_POST(self) -> None:
        (event,) = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        code = event["data"].get("validationCode")
        if code is None:
            self.received.put(event)
        body = json.dumps({"validationResponse": code}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None: ...


@pytest.fixture
def received(cloud: LocalCloud) -> Iterator[Queue[dict[str, Any]]]:
    class Mine(Subscriber):
        received: Queue[dict[str, Any]] = Queue()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Mine)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    cloud.events.subscribe("models", f"http://127.0.0.1:{server.server_port}/")
    yield Mine.received
    server.shutdown()
    server.server_close()


def test_new_versions_are_told_and_updates_are_not(
    cloud: LocalCloud, ml: MLClient, received: Queue[dict[str, Any]]
) -> None:
    ml.models.create_or_update(Model(name="double", version="2", path=PATH, tags={"stage": "test"}))
    event = received.get(timeout=PATIENCE)
    assert (event["subject"], event["topic"]) == ("models/double:2", WORKSPACE_ID)
    assert event["eventType"] == "Microsoft.MachineLearningServices.ModelRegistered"
    assert (event["data"]["ModelName"], event["data"]["ModelVersion"]) == ("double", "2")
    assert event["data"]["ModelTags"] == {"stage": "test"}
    known = arm(cloud, "GET", "/models/double/versions/2").json()
    assert arm(cloud, "PUT", "/models/double/versions/2", body={"properties": known["properties"]}).status_code == 200
    ml.models.create_or_update(Model(name="double", version="3", path=PATH))
    assert received.get(timeout=PATIENCE)["subject"] == "models/double:3"
    assert received.empty()


def test_code_and_environments_are_no_events(cloud: LocalCloud, ml: MLClient, received: Queue[dict[str, Any]]) -> None:
    ml.environments.create_or_update(Environment(name="serving", version="1", image="mcr.microsoft.com/azureml/x:1"))
    code = {"codeUri": f"{blob_url(WORKSPACE_STORAGE)}/{BLOB_CONTAINER}/models/double"}
    assert arm(cloud, "PUT", "/codes/scoring/versions/1", body={"properties": code}).status_code == 201
    ml.models.create_or_update(Model(name="double", version="1", path=PATH))
    assert received.get(timeout=PATIENCE)["subject"] == "models/double:1"
