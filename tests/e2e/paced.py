"""Requests to an endpoint as an application sends them: so many in each second of the cloud's time."""

from __future__ import annotations

import json
import os
import ssl
import threading
from datetime import datetime, timedelta
from http.client import HTTPSConnection
from queue import SimpleQueue
from urllib.parse import urlsplit

from local.clock import Hold
from local.stack import LocalStack
from local.waiting import PATIENCE
from tests import samples

A_SECOND = 20
AT_ONCE = 4
PAUSE = timedelta(seconds=1) * AT_ONCE / A_SECOND


class PacedLoad:
    """Four requests every `pause` by the clock of the local Azure, else twenty a second; a context manager.

    Time goes on once they have been answered, so that the pace is the same on every machine.

    Attributes:
        moments: when they were sent.
        answers: status of each, and the deployment that answered.
    """

    def __init__(self, stack: LocalStack, endpoint: str, *, pause: timedelta = PAUSE) -> None:
        self._pause = pause
        endpoints = stack.developer().online_endpoints
        uri = urlsplit(str(endpoints.get(endpoint).scoring_uri))
        self._clock, self._path = stack.clock, uri.path
        key = endpoints.get_keys(endpoint).primary_key
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._body = json.dumps({"data": [samples.ROW]})
        trusted = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
        self._connection = HTTPSConnection(
            urlsplit(os.environ["HTTPS_PROXY"]).netloc, timeout=PATIENCE, context=trusted
        )
        self._connection.set_tunnel(str(uri.hostname), 443)
        self._due = SimpleQueue[Hold | None]()
        self._over = False
        # The alarm's thread must not take a hold that nobody is there to end any more.
        self._ending = threading.Lock()
        self._thread = threading.Thread(target=self._send)
        self.moments: list[datetime] = []
        self.answers: list[tuple[int, str]] = []

    def __enter__(self) -> PacedLoad:
        self._thread.start()
        self._send_at(self._clock.now())
        return self

    def __exit__(self, *_: object) -> None:
        with self._ending:
            self._over = True
            self._due.put(None)
        self._thread.join()
        self._connection.close()

    def _send_at(self, moment: datetime) -> None:
        def ring() -> None:
            with self._ending:
                if not self._over:
                    self._send_at(moment + self._pause)
                    self._due.put(self._clock.hold("an application's requests"))

        self._clock.alarm(moment, ring)

    def _send(self) -> None:
        while (hold := self._due.get()) is not None:
            self.moments.append(self._clock.now())
            try:
                self.answers += [self._answer() for _ in range(AT_ONCE)]
            finally:
                hold.release()

    def _answer(self) -> tuple[int, str]:
        try:
            self._connection.request("POST", self._path, self._body, self._headers)
            answer = self._connection.getresponse()
            answer.read()
        except OSError:
            self._connection.close()
            return 0, ""
        return answer.status, answer.headers.get("azureml-model-deployment", "")
