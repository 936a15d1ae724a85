"""run() reads a blob with the endpoint's own identity each time: a missing role shows only when a request comes."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request

BLOB = "https://slipwayfeatures.blob.core.windows.net/features/weights.json"


def init() -> None:
    print("model loaded")


def run(raw: str) -> list[float]:
    query = urllib.parse.urlencode({"api-version": "2019-08-01", "resource": "https://storage.azure.com"})
    request = urllib.request.Request(
        f"{os.environ['IDENTITY_ENDPOINT']}?{query}", headers={"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}
    )
    with urllib.request.urlopen(request) as answer:
        token = json.load(answer)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "x-ms-version": "2021-12-02"}
    try:
        with urllib.request.urlopen(urllib.request.Request(BLOB, headers=headers)) as answer:
            weights = json.load(answer)
    except urllib.error.HTTPError as error:
        raise PermissionError(f"{error.code} {error.read().decode()}") from None
    return [sum(w * x for w, x in zip(weights, row, strict=True)) for row in json.loads(raw)["data"]]
