"""The front door of Slipway as the command line uses it, and its answers, read leniently."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from cli.outcome import NotAccepted, Unreachable
from contracts.base import Contract, Json
from contracts.endpoints import Consumption, EndpointList, OnlineEndpointView
from contracts.findings import FindingList
from contracts.operations import OperationStatus
from contracts.plan import Plan
from contracts.problems import Problem
from contracts.releases import ReleaseList
from contracts.runtimes import RuntimeStatus
from contracts.status import DeploymentStatus
from orchestrations.runbooks import DEPLOY, RUNBOOKS, Call, Runbook, runbook_of

C = TypeVar("C", bound=Contract)
Status = DeploymentStatus | OperationStatus | RuntimeStatus

# Seconds. A plan reads a dozen Azure resources before it answers.
_TIMEOUT = httpx.Timeout(60, connect=5)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_PROBLEMS = TypeAdapter(list[Problem])


@dataclass(frozen=True)
class Reply(Generic[C]):
    """An answer of the service: its JSON as it came, what it means, and when the service said it."""

    text: str
    value: C
    now: datetime | None
    """The `Date` of the answer; None where a proxy or server left it out or wrote something else."""


@dataclass(frozen=True)
class Invoked:
    """What a model answered.

    Attributes:
        failed: the model did, and this is what it said.
        deployment: which one it was.
        model_status, reason: of a model that failed, as Azure tells them.
    """

    content: bytes
    failed: bool
    deployment: str | None = None
    model_status: str | None = None
    reason: str | None = None


# What a model that fails is answered with.
_MODEL_ERROR = 424


class Service:
    """One running Slipway. `key` is a Functions key; it is sent to this service and shown nowhere.

    Calls raise NotAccepted for what the caller must change (4xx) and Unreachable for everything that may pass:
    no connection, 429, 5xx, or an answer that is not Slipway's.
    """

    def __init__(self, url: str, key: str | None = None) -> None:
        try:
            address = httpx.URL(url)
        except httpx.InvalidURL:
            address = httpx.URL()
        if address.scheme not in ("http", "https") or not address.host:
            raise NotAccepted(f"{url!r} is not the address of a service: write https://<host>")
        if key and address.scheme == "http" and address.host not in _LOOPBACK:
            raise NotAccepted(f"SLIPWAY_KEY would travel unencrypted to {address.host}: use https")
        self.url = url.rstrip("/")
        # Without TLS there is nothing to verify: reading the certificates of every authority would take a while.
        verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if address.scheme == "http" else True
        self._http = httpx.Client(headers={"x-functions-key": key} if key else {}, timeout=_TIMEOUT, verify=verify)

    def deploy(self, request: Json, idempotency_key: str) -> Reply[DeploymentStatus]:
        """Send a deployment request; with the same key again, find the deployment it started."""
        headers = {"Idempotency-Key": idempotency_key}
        return self._send(DeploymentStatus, "POST", DEPLOY.route, json=request, headers=headers)

    def plan(self, request: Json) -> Reply[Plan]:
        """Ask what a deployment request would do."""
        return self._send(Plan, "POST", "plans", json=request)

    def operate(self, kind: str, names: Mapping[str, str], request: Json, key: str) -> Reply[Any]:
        """Have a runbook started, whose `status` is answered; with the same key again, find what it started."""
        runbook, call = _runbook(kind)
        sent: dict[str, Any] = {"params": _flags(request)} if call.method == "DELETE" else {"json": request}
        return self._send(runbook.status, call.method, _path(call, names), **sent, headers={"Idempotency-Key": key})

    def teardown(self, kind: str, names: Mapping[str, str], also: Json) -> Reply[Any]:
        """Ask what a deletion would take: its runbook's `plans`; `also` is what is sent besides."""
        runbook, call = _runbook(kind)
        assert runbook.plans is not None, f"{kind} has no plan"
        return self._send(runbook.plans, call.method, _path(call, names), params=_flags({**also, "plan": True}))

    def releases(self, endpoint: str) -> Reply[ReleaseList]:
        """What an endpoint has served."""
        return self._send(ReleaseList, "GET", f"{_endpoint(endpoint)}/releases")

    def status(self, run: str) -> Reply[Status]:
        """How far a run is."""
        contract, path = _place(run)
        return self._send(contract, "GET", path)

    def cancel(self, run: str) -> Reply[Status]:
        """Stop a run."""
        contract, path = _place(run)
        return self._send(contract, "POST", f"{path}/cancel")

    def log(self, deployment_id: str, container: str) -> str:
        """What a container of a deployment wrote."""
        return self._text(f"{_place(deployment_id)[1]}/logs", {"container": container})

    def page(self, runbook: Runbook, filters: Mapping[str, str]) -> Reply[Contract]:
        """One page of a runbook's instances, newest first: its `listing` contract."""
        return self._send(runbook.listing, "GET", runbook.route, params=dict(filters))

    def endpoints(self, filters: Mapping[str, str]) -> Reply[EndpointList]:
        """One page of online endpoints."""
        return self._send(EndpointList, "GET", "endpoints", params=dict(filters))

    def endpoint(self, name: str) -> Reply[OnlineEndpointView]:
        """An online endpoint as it is now."""
        return self._send(OnlineEndpointView, "GET", _endpoint(name))

    def findings(self) -> Reply[FindingList]:
        """What Slipway made and nothing needs, and traffic that somebody else has changed."""
        return self._send(FindingList, "GET", "findings")

    def endpoint_log(self, name: str, deployment: str, container: str | None, tail: int | None) -> str:
        """What the containers of an online deployment have written."""
        path = f"{_endpoint(name)}/deployments/{quote(deployment, safe='')}/logs"
        return self._text(path, {"container": container, "tail": tail})

    def consumption(self, name: str, deployment: str | None, request: str | None) -> Reply[Consumption]:
        """How an online endpoint is called."""
        asked = {"deployment": deployment, "request": request}
        return self._send(Consumption, "GET", f"{_endpoint(name)}/consume", params=_given(asked))

    def invoke(self, name: str, content: bytes, kind: str, deployment: str | None, seconds: int) -> Invoked:
        """Ask the model of an online endpoint."""
        response = self._answered(
            "POST",
            f"{_endpoint(name)}/invoke",
            also=_MODEL_ERROR,
            content=content,
            headers={"Content-Type": kind},
            params=_given({"deployment": deployment, "timeout": seconds}),
            # The service gives up in time; its host may need some of its own.
            timeout=seconds + 30,
        )
        said = response.headers.get
        return Invoked(
            content=response.content,
            failed=response.status_code == _MODEL_ERROR,
            deployment=said("azureml-model-deployment"),
            model_status=said("ms-azureml-model-error-statuscode"),
            reason=said("ms-azureml-model-error-reason"),
        )

    def _text(self, path: str, asked: Mapping[str, Any]) -> str:
        response = self._answered("GET", path, params=_given(asked))
        if not response.headers.get("content-type", "").startswith("text/plain"):
            raise self._stranger()
        return response.text

    def _send(self, contract: type[C], method: str, path: str, **content: Any) -> Reply[C]:
        response = self._answered(method, path, **content)
        try:
            # A newer service may say more than this command knows.
            value = contract.from_wire(response.json())
        except ValueError as error:  # no JSON, or none of this contract
            raise self._stranger() from error
        return Reply(response.text, value, _date(response))

    def _answered(self, method: str, path: str, *, also: int = 200, **content: Any) -> httpx.Response:
        """The response, if it is a success or has the status `also`."""
        try:
            response = self._http.request(method, f"{self.url}/api/{path}", **content)
        except httpx.RequestError as error:
            raise Unreachable(f"no answer from {self.url}: {error or type(error).__name__}") from error
        if response.status_code == also:
            return response
        if response.status_code in (401, 403):
            raise NotAccepted(
                f"{self.url} answered {response.status_code}: set SLIPWAY_KEY to a function key of the app"
            )
        if 400 <= response.status_code < 500 and response.status_code != 429:
            raise self._refusal(response)
        if not response.is_success:
            raise Unreachable(f"{self.url} answered {_summary(response)}")
        return response

    def _refusal(self, response: httpx.Response) -> NotAccepted | Unreachable:
        if not response.headers.get("content-type", "").startswith("application/problem+json"):
            return self._stranger()
        try:
            problems = _PROBLEMS.validate_python(_object(response).get("problems", []), extra="ignore")
        except ValidationError:
            problems = []
        return NotAccepted(_summary(response), problems)

    def _stranger(self) -> Unreachable:
        return Unreachable(f"what answers at {self.url} is not Slipway: check SLIPWAY_URL or --url")


def _endpoint(name: str) -> str:
    return f"endpoints/{quote(name, safe='')}"


def _given(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value is not None}


def _runbook(kind: str) -> tuple[Runbook, Call]:
    runbook = next(one for one in RUNBOOKS if one.name == kind)
    assert runbook.call is not None, f"{kind} is not started over HTTP"
    return runbook, runbook.call


def _path(call: Call, names: Mapping[str, str]) -> str:
    return call.path.format(**{name: quote(value, safe="") for name, value in names.items()})


def _flags(request: Mapping[str, Any]) -> dict[str, str]:
    said = _given(request).items()
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in said}


def _place(run: str) -> tuple[type[Any], str]:
    """What callers see of a run, and where: its id says which runbook's it is."""
    runbook = runbook_of(run) or DEPLOY
    return runbook.status, f"{runbook.route}/{quote(run, safe='')}"


def _summary(response: httpx.Response) -> str:
    body = _object(response)
    said = ": ".join(str(body[name]) for name in ("title", "detail") if body.get(name))
    return f"{response.status_code} {said or response.reason_phrase}"


def _date(response: httpx.Response) -> datetime | None:
    try:
        moment = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return None
    # An HTTP date is always UTC (RFC 9110, 5.6.7), whatever zone it names.
    return moment.replace(tzinfo=UTC)


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
