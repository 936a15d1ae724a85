"""Ask two deployments of an endpoint the same, and say where their answers differ; the exit code tells as well.

    python compare.py chat-flow blue green questions.jsonl

Traffic does not matter: each request names the deployment that is to answer it. The workspace is that of
SLIPWAY_SUBSCRIPTION_ID, SLIPWAY_RESOURCE_GROUP and SLIPWAY_WORKSPACE.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import requests
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("endpoint")
    parser.add_argument("deployments", nargs=2)
    parser.add_argument("requests", type=Path, help="one JSON body in each line")
    asked = parser.parse_args()
    where = [os.environ[f"SLIPWAY_{name}"] for name in ("SUBSCRIPTION_ID", "RESOURCE_GROUP", "WORKSPACE")]
    endpoints = MLClient(DefaultAzureCredential(), *where).online_endpoints
    uri = endpoints.get(asked.endpoint).scoring_uri
    key = endpoints.get_keys(asked.endpoint).primary_key

    def answer(deployment: str, body: object) -> object:
        headers = {"Authorization": f"Bearer {key}", "azureml-model-deployment": deployment}
        said = requests.post(uri, json=body, headers=headers, timeout=60)
        return said.json() if said.ok else f"{said.status_code} {said.text}"

    different = 0
    bodies = [json.loads(line) for line in asked.requests.read_text(encoding="utf-8").splitlines() if line]
    for body in bodies:
        first, second = (answer(deployment, body) for deployment in asked.deployments)
        if first != second:
            different += 1
            print(f"{json.dumps(body)}\n  {asked.deployments[0]}: {first}\n  {asked.deployments[1]}: {second}")  # noqa: T201 - a script's result
    print(f"{len(bodies) - different} of {len(bodies)} answers are the same")  # noqa: T201 - a script's result
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
