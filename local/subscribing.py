"""The host's subscription to model registrations, as infra/ makes it in Azure."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import httpx

from contracts.events import EVENT_TYPE
from local import loopback
from local.cloud.eventgrid.provider import API_VERSIONS
from local.cloud.eventgrid.subscriptions import KIND
from local.cloud.hosts import MANAGEMENT_URL
from local.cloud.world import WORKSPACE_ID
from local.waiting import until

SUBSCRIPTION_NAME = "slipway"


class NotSubscribed(RuntimeError):
    """The subscription did not come about."""


def webhook(host_url: str, key: str | None = None) -> str:
    """Where a host takes the events for the Event Grid function; with the extension's key where it wants one."""
    code = f"&code={key}" if key else ""
    return f"{host_url}/runtime/webhooks/eventgrid?functionName=on_model_registered{code}"


def subscribe(host_url: str, proxy_url: str, who: Mapping[str, str], *, key: str | None = None) -> None:
    """Have registrations delivered to the host, asked for over ARM as the identity of the environment `who`."""
    destination = {"endpointType": "WebHook", "properties": {"endpointUrl": webhook(host_url, key)}}
    body = {"properties": {"destination": destination, "filter": {"includedEventTypes": [EVENT_TYPE]}}}
    path = f"{WORKSPACE_ID}/providers/{KIND}/{SUBSCRIPTION_NAME}"
    with _arm(proxy_url, who) as arm:
        arm.put(path, json=body).raise_for_status()

        def succeeded() -> bool:
            state = arm.get(path).json()["properties"]["provisioningState"]
            if state == "Failed":
                raise NotSubscribed("the event subscription is Failed: the host did not answer its handshake")
            return bool(state == "Succeeded")

        try:
            until(succeeded)
        except TimeoutError:
            raise NotSubscribed("the event subscription goes on waiting for the host's handshake") from None


def _arm(proxy_url: str, who: Mapping[str, str]) -> httpx.Client:
    return httpx.Client(
        base_url=MANAGEMENT_URL,
        proxy=proxy_url,
        verify=ssl.create_default_context(cafile=who["SSL_CERT_FILE"]),
        headers={"Authorization": f"Bearer {_token(who)}"},
        params={"api-version": API_VERSIONS[0]},
        trust_env=False,
    )


def _token(who: Mapping[str, str]) -> str:
    query = {"api-version": "2019-08-01", "resource": MANAGEMENT_URL}
    header = {"X-IDENTITY-HEADER": who["IDENTITY_HEADER"]}
    with loopback.client() as http:
        answer = http.get(who["IDENTITY_ENDPOINT"], params=query, headers=header).raise_for_status()
    return str(answer.json()["access_token"])
