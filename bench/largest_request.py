"""The largest request body that is read; one byte more is refused."""

from __future__ import annotations

import json

import httpx

from bench.harness.figure import KIB, Figure, report
from bench.harness.measured import local_stack, usual_request

BOUND_KIB = 256


def measure() -> Figure:
    """Bisects for the largest body a plan is made for."""
    with local_stack() as stack, stack.http as http:
        refused, accepted = 2 * BOUND_KIB * KIB, 4 * KIB
        if answer(http, refused) < 400:
            return Figure("largest_request", refused / KIB, "KiB", BOUND_KIB, detail={"status": "nothing is refused"})
        while refused - accepted > 1:
            size = (refused + accepted) // 2
            status = answer(http, size)
            accepted, refused = (size, refused) if status < 400 else (accepted, size)
        status = answer(http, refused)
    return Figure(
        "largest_request", accepted / KIB, "KiB", BOUND_KIB, also=status == 413, detail={"one_byte_more": status}
    )


def answer(http: httpx.Client, size: int) -> int:
    """The status that a request of `size` bytes gets."""
    body = usual_request("large-request")
    text = json.dumps(body)
    body["smoke_test"]["request"]["padding"] = "x" * (size - len(text) - len(', "padding": ""'))
    content = json.dumps(body).encode()
    assert len(content) == size
    return http.post("/api/plans", content=content, headers={"Content-Type": "application/json"}).status_code


if __name__ == "__main__":
    report(measure)
