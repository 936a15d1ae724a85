"""Azure OpenAI accounts that connections lead to: the key or the role opens them, and no model's answer is made up."""

from __future__ import annotations

import os
import ssl
from typing import Any

import httpx
import pytest

from local.clock import Clock
from local.cloud.cloud import LocalCloud
from local.cloud.language_models import CHAT
from local.cloud.machinelearning.records import Connection
from local.cloud.world import RESOURCE_GROUP_ID
from local.waiting import PATIENCE
from tests.local.cloud.sdk import PROPAGATION, grant

KEY, HOST = "the-accounts-own-key", "gpt.openai.azure.com"
ACCOUNT = f"{RESOURCE_GROUP_ID}/providers/Microsoft.CognitiveServices/accounts/gpt"
ASKED = {"messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "How  long?"}]}
QUERY = "?api-version=2024-02-01"


@pytest.fixture
def account(cloud: LocalCloud) -> LocalCloud:
    told: dict[str, object] = {"category": "AzureOpenAI", "target": f"https://{HOST}/", "credentials": {"key": KEY}}
    cloud.state.connections["gpt"] = Connection("gpt", told)
    return cloud


def ask(body: Any = ASKED, path: str = f"deployments/mini/chat/completions{QUERY}", **headers: str) -> httpx.Response:
    trusted = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    named = {name.replace("_", "-"): one for name, one in headers.items()}
    with httpx.Client(verify=trusted, headers=named, timeout=PATIENCE) as http:
        return http.post(f"https://{HOST}/openai/{path}", json=body)


def bearer(cloud: LocalCloud, name: str) -> str:
    return "Bearer " + cloud.credential(name).get_token("https://cognitiveservices.azure.com/.default").token


@pytest.mark.usefixtures("account")
def test_whoever_has_the_key_is_told_that_there_is_no_model() -> None:
    first, second = ask(api_key=KEY), ask(api_key=KEY)

    said = first.json()["choices"][0]["message"]
    assert first.status_code == 200, first.text
    assert said["content"] == (
        "The local Azure has no language model. Deployment mini was asked with 2 messages; the last, of user: How long?"
    )
    assert first.json()["model"] == "none (local Azure)"
    assert first.json() == second.json()
    assert "usage" not in first.json()


def test_a_role_opens_it_once_it_is_in_effect(account: LocalCloud, clock: Clock) -> None:
    identity = "credit-risk-identity"
    header = bearer(account, identity)
    refused = ask(authorization=header)
    principal = next(one for one in account.world.directory.every() if one.identity.name == identity).identity
    grant(account, "Cognitive Services OpenAI User", ACCOUNT, principal.principal_id)
    too_early = ask(authorization=header)
    clock.advance(PROPAGATION)

    allowed = ask(authorization=header)

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "PermissionDenied")
    assert f"lacks the required data action `{CHAT}`" in refused.json()["error"]["message"]
    assert (too_early.status_code, allowed.status_code) == (401, 200)


def test_what_it_does_not_do_is_refused_by_name(account: LocalCloud) -> None:
    arm = account.credential("credit-risk-identity").get_token("https://management.azure.com/.default").token

    assert ask(api_key="another").status_code == 401
    assert ask().status_code == 401
    assert "wrong audience" in ask(authorization=f"Bearer {arm}").json()["error"]["message"]
    assert ask({"messages": []}, api_key=KEY).json()["error"]["code"] == "invalid_request_error"
    assert ask({**ASKED, "stream": True}, api_key=KEY).json()["error"]["code"] == "NotEmulatedLocally"
    assert ask(path=f"deployments/mini/embeddings{QUERY}", api_key=KEY).status_code == 404
    parts = {"messages": [{"role": "user", "content": [{"type": "text", "text": "in parts"}, {"type": "image_url"}]}]}
    assert ask(parts, api_key=KEY).json()["choices"][0]["message"]["content"].endswith("of user: in parts")
    account.state.connections.clear()
    with pytest.raises(httpx.ProxyError):
        ask(api_key=KEY)
