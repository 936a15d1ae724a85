"""Record what Azurite answers: `python -m tests.local.blob.record AZURITE`, the path of its `azurite-blob` program.

Azurite is Microsoft's own emulator of Azure Storage (npm `azurite`); Node.js is needed for this alone.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from azure.core.pipeline.transport import HttpTransport, RequestsTransport
from azure.storage.blob import BlobServiceClient

from local.cloud.world import WORKSPACE_STORAGE
from local.loopback import ADDRESS
from tests.local.blob.wire import tell

RECORDING = Path(__file__).with_name("azurite.json")
KEY = "c2xpcHdheS1sb2NhbC10ZXN0LWtleQ=="


def listen(program: str, folder: str) -> dict[str, Any]:
    """Start Azurite with its files in `folder`, tell it the story, and end it."""
    with socket.socket() as free:
        free.bind((ADDRESS, 0))
        port = free.getsockname()[1]
    command = [program, "--skipApiVersionCheck", "--silent", "--disableTelemetry", "--blobHost", ADDRESS]
    command += ["--blobPort", str(port), "--location", folder]
    environment = {**os.environ, "AZURITE_ACCOUNTS": f"{WORKSPACE_STORAGE}:{KEY}"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as azurite:
        try:
            _await(port)
            url = f"http://{ADDRESS}:{port}/{WORKSPACE_STORAGE}"

            def remade(credential: Any, transport: HttpTransport[Any, Any]) -> BlobServiceClient:
                return BlobServiceClient(url, credential, transport=transport, retry_total=0)

            return tell(remade, RequestsTransport(), KEY)
        finally:
            azurite.terminate()


def _await(port: int) -> None:
    for _ in range(300):
        with suppress(OSError), socket.create_connection((ADDRESS, port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError("Azurite did not begin to listen within half a minute")


def main() -> None:
    """Write the recording."""
    with tempfile.TemporaryDirectory() as folder:
        heard = listen(sys.argv[1], folder)
    RECORDING.write_text(json.dumps(heard, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
