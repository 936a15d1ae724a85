"""Reads a feature from a storage account as the endpoint's identity, with nothing but standard variables."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request


def init() -> None:
    pass


def run(raw: str) -> dict[str, object]:
    resource = urllib.parse.quote("https://storage.azure.com", safe="")
    url = f"{os.environ['IDENTITY_ENDPOINT']}?api-version=2019-08-01&resource={resource}"
    asked = urllib.request.Request(url, headers={"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]})
    with urllib.request.urlopen(asked) as answer:
        token = json.load(answer)["access_token"]
    blob = urllib.request.Request(
        "https://slipwayfeatures.blob.core.windows.net/features/rate.txt",
        headers={"Authorization": f"Bearer {token}", "x-ms-version": "2023-11-03"},
    )
    try:
        with urllib.request.urlopen(blob) as answer:
            return {"rate": answer.read().decode()}
    except urllib.error.HTTPError as error:
        return {"refused": error.code, "code": error.headers["x-ms-error-code"]}
