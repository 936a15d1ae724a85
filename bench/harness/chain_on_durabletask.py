"""Chains of activities on durabletask's in-memory backend: `python chain_on_durabletask.py COUNT LETTERS`.

One activity for each letter. Run in the benchmarks' own environment. Prints how long they took, from the first start
to the last end.
"""

from __future__ import annotations

import json
import logging
import socket
import sys
import time
from collections.abc import Generator
from typing import Any

from durabletask import client, worker
from durabletask.testing import create_test_backend


def chain(context: Any, letters: str) -> Generator[Any, str, str]:
    """The same as `bare_host.small_app` has."""
    text = ""
    for letter in letters:
        text = yield context.call_activity(append, input={"text": text, "letter": letter})
    return text


def append(_context: Any, request: dict[str, str]) -> str:
    """One step."""
    return request["text"] + request["letter"]


def main(count: int, letters: str) -> None:
    """Run them, worker and backend in this process."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    backend = create_test_backend(port=port)
    address = f"localhost:{port}"
    with worker.TaskHubGrpcWorker(host_address=address) as working:
        working.add_orchestrator(chain)
        working.add_activity(append)
        working.start()
        hub = client.TaskHubGrpcClient(host_address=address)
        began, cpu = time.perf_counter(), time.process_time()
        started = [hub.schedule_new_orchestration(chain, input=letters) for _ in range(count)]
        for one in started:
            ended = hub.wait_for_orchestration_completion(one, timeout=280)
            assert ended is not None
            assert ended.serialized_output == json.dumps(letters)
        took = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu}
    backend.stop()
    print(json.dumps(took))


if __name__ == "__main__":
    logging.disable()
    main(int(sys.argv[1]), sys.argv[2])
