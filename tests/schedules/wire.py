"""The way from the Azure SDKs to the Azure of random schedules: every request of this process ends there.

The transport is replaced, below the SDKs and everything of ours; so the rooms in `activities/` run as they are, with
the real clients, and read real error bodies. What `requests` would do with a request of an SDK before it is sent
(proxies, cookies, netrc, a session's settings) is left out: it takes a third of a schedule, and none has any of them.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from local.cloud.arm.errors import ArmError, authorization_failed, conflict, invalid, resource_not_found
from local.process_environment import applied
from tests.schedules import schemas
from tests.schedules.azure import Azure
from tests.schedules.clients import hub_answers
from tests.schedules.documents import SCORING_HOST, STORAGE_HOST
from tests.schedules.online import score
from tests.schedules.records import WORKSPACE, WORKSPACE_ID
from tests.schedules.strict import own_token
from tests.schedules.weather import Kind

IDENTITY = "http://127.0.0.1:9/msi"
ENVIRONMENT = {
    "SLIPWAY_SUBSCRIPTION_ID": WORKSPACE.subscription_id,
    "SLIPWAY_RESOURCE_GROUP": WORKSPACE.resource_group,
    "SLIPWAY_WORKSPACE": WORKSPACE.workspace,
    "SLIPWAY_LOGS_URL": f"https://slipwayapp.{STORAGE_HOST}/deployment-logs",
    "IDENTITY_ENDPOINT": IDENTITY,
    "IDENTITY_HEADER": "x",
    "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
}
# The year 2100, in seconds: no token is asked for twice.
TOKEN = {"access_token": own_token(), "expires_on": "4102444800", "resource": "r", "token_type": "Bearer"}
Written = tuple[int, dict[str, str], Any]


class Wire:
    """Carries requests to whatever Azure is behind it at the moment, with the faults of its weather."""

    def __init__(self, azure: Azure, tell: Callable[[str], None], interlude: Callable[[], None]) -> None:
        self.azure = azure
        self._tell = tell
        self._interlude = interlude

    def exchange(self, request: requests.PreparedRequest) -> Written:
        """Status, headers and body for a request; raises ConnectionError for a lost one."""
        where = urlsplit(str(request.url))
        path = unquote(where.path)
        if str(request.url).startswith(IDENTITY):
            return 200, {}, TOKEN
        method, key = str(request.method), path.removeprefix(f"{WORKSPACE_ID}/")
        hit = self.azure.weather.fault(method, key, self.azure.now)
        if hit:
            self._tell(f"    {hit}: {method} {key}")
        return self._answered(request, method, path, key, hit)

    def _answered(
        self, request: requests.PreparedRequest, method: str, path: str, key: str, hit: Kind | None
    ) -> Written:
        if hit == "interlude":
            self._interlude()
        refusal = self._refusal(hit, method, path) if hit else None
        if hit == "lost_before":
            raise requests.ConnectionError("Connection aborted.")
        try:
            if refusal:
                raise refusal
            answer = self._served(request, method, path, key)
        except ArmError as error:
            answer = error.status, dict(error.headers), error.body(self.azure.now)
        if hit == "lost_after":
            raise requests.ConnectionError("Remote end closed connection without response")
        return answer

    def _refusal(self, hit: Kind | None, method: str, path: str) -> ArmError | None:
        refusals: dict[Kind | None, ArmError] = {
            "throttled": ArmError(429, "TooManyRequests", "The request was throttled.", headers={"Retry-After": "7"}),
            "unavailable": ArmError(self.azure.weather.status(), "ServiceUnavailable", "The service is unavailable."),
        }
        if method != "GET" and path != "/score":
            refusals |= {
                "conflict": conflict("Another operation on it is already in progress."),
                "refused": authorization_failed("c", "p", "write", path),
                "rejected": invalid("BadArgument", "The request is invalid."),
            }
        return refusals.get(hit)

    def _served(self, request: requests.PreparedRequest, method: str, path: str, key: str) -> Written:
        host = str(urlsplit(str(request.url)).hostname)
        if host.endswith(SCORING_HOST):
            return score(self.azure, host.split(".", 1)[0], request.headers.get("azureml-model-deployment"))
        if host.endswith(STORAGE_HOST) and method == "PUT":
            return 201, {}, None  # a log is kept
        if host.endswith(STORAGE_HOST) and path.partition("/blobs/")[2] in self.azure.files:
            return 200, {}, self.azure.files[path.partition("/blobs/")[2]]
        if host.endswith(STORAGE_HOST):
            # The app may not read data in infra/ either; what is in a container stays unchecked.
            text = "This request is not authorized to perform this operation using this permission."
            raise ArmError(403, "AuthorizationPermissionMismatch", text)
        if method == "GET" and self.azure.weather.hides(key, self.azure.now):
            raise resource_not_found(key, WORKSPACE.resource_group)
        body = json.loads(request.body) if request.body else None
        if method in ("PUT", "PATCH"):
            schemas.check(method, path, body or {})
        query = unquote(urlsplit(str(request.url)).query)
        status, document = self.azure.answer(method, path, body, query)
        return status, {}, document

    def send(self, adapter: HTTPAdapter, request: requests.PreparedRequest) -> requests.Response:
        """As `HTTPAdapter.send` answers."""
        status, headers, body = self.exchange(request)
        written = b"" if body is None else json.dumps(body).encode()
        raw = HTTPResponse(
            io.BytesIO(written),
            status=status,
            headers={"Content-Type": "application/json", **headers},
            preload_content=False,
        )
        return adapter.build_response(request, raw)


class Line:
    """Where every request of this process goes; each schedule puts its own Wire behind it."""

    def __init__(self) -> None:
        self.wire: Wire | None = None

    def send(self, adapter: HTTPAdapter, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        """Hand a request to the schedule that is running."""
        if self.wire is None:
            raise RuntimeError("no schedule is running")
        return self.wire.send(adapter, request)


class Direct(requests.Session):
    """The session of an SDK's transport: a request is on the line as the SDK has written it."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line
        self._adapter = HTTPAdapter()

    def request(  # type: ignore[override]
        self, method: str, url: str, *, headers: Any = None, data: Any = None, **_: Any
    ) -> requests.Response:
        """As `requests` answers; a redirect is never followed for an SDK."""
        written = requests.PreparedRequest()
        written.method, written.url, written.body = method, url, data
        written.headers = CaseInsensitiveDict(headers)
        return self._line.send(self._adapter, written)


@contextmanager
def connected() -> Iterator[Line]:
    """This process with the Azure of random schedules for its only network."""
    line, before, opening = Line(), HTTPAdapter.send, RequestsTransport.open
    direct = Direct(line)

    def send(self: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        return line.send(self, request, **options)

    def opened(self: RequestsTransport) -> None:
        self.session = direct

    with applied(ENVIRONMENT), hub_answers():
        # A line for each request of thousands of schedules would take as long as they do.
        logging.disable()
        HTTPAdapter.send = send  # type: ignore[method-assign,assignment]
        RequestsTransport.open = opened
        try:
            yield line
        finally:
            HTTPAdapter.send = before  # type: ignore[method-assign]
            RequestsTransport.open = opening
            logging.disable(logging.NOTSET)
