"""Clients of the local Azure are killed too: nothing of theirs stays open."""

from __future__ import annotations

import gc
import socket
import struct
from pathlib import Path
from urllib.parse import urlsplit

from local.clock import Clock
from local.cloud.cloud import LocalCloud
from local.stack import SCORING_PYTHON

CONNECT = b"CONNECT management.azure.com:443 HTTP/1.1\r\n\r\n"
# A closing that sends a reset at once, as the death of a process with unread answers does.
RESET = struct.pack("ii", 1, 0)


def test_a_client_killed_while_it_connects_leaves_no_connection_open(tmp_path: Path) -> None:
    clock = Clock(stepped=True)
    with LocalCloud(tmp_path, clock, scoring_python=SCORING_PYTHON) as cloud:
        proxy = ("127.0.0.1", urlsplit(cloud.proxy_url).port)
        for _ in range(50):
            with socket.create_connection(proxy) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                client.sendall(CONNECT)
        with socket.create_connection(proxy) as last:
            last.sendall(CONNECT)
            answered = last.recv(100)
    clock.close()
    # What was left open is told of by its finaliser, and the test run makes an error of that.
    gc.collect()

    assert answered.startswith(b"HTTP/1.1 200")
