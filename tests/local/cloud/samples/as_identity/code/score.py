"""Reads a feature and a secret as the endpoint's identity, with nothing but standard variables."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request

read: dict[str, object] = {}


def init() -> None:
    """The secret is read once, and told with each answer, beside what was put into a variable."""
    answer = opened(os.environ["SECRET_URL"], "https://vault.azure.net")
    read["secret"] = json.loads(answer)["value"]
    read["injected"] = os.environ["INJECTED"]


def run(raw: str) -> dict[str, object]:
    try:
        rate = opened("https://slipwayfeatures.blob.core.windows.net/features/rate.txt", "https://storage.azure.com")
    except urllib.error.HTTPError as error:
        return {"refused": error.code, "code": error.headers["x-ms-error-code"]}
    return {"rate": rate, **read}


def opened(address: str, resource: str) -> str:
    query = urllib.parse.urlencode({"api-version": "2019-08-01", "resource": resource})
    header = {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}
    asked = urllib.request.Request(f"{os.environ['IDENTITY_ENDPOINT']}?{query}", headers=header)
    with urllib.request.urlopen(asked) as answer:
        token = json.load(answer)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "x-ms-version": "2023-11-03"}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        return str(answer.read().decode())
