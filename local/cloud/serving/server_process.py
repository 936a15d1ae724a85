"""The inference server as a process of this machine: started, asked whether it answers, ended."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from local.cloud.serving import images, layout
from local.cloud.serving.spec import ServingSpec
from local.loopback import ADDRESS

STOP_GRACE = 5.0
_SUPERVISOR = Path(__file__).with_name("supervise.py")


def spawn(spec: ServingSpec, python: Path, listening: int) -> subprocess.Popen[bytes]:
    """Start the inference server on a listening socket, under a supervisor that ends it with this process."""
    workers = spec.environment_variables.get("WORKER_COUNT", "1")
    gunicorn = [str(python), "-m", "gunicorn", "--bind", f"fd://{listening}", "--workers", workers]
    gunicorn += ["--timeout", "300", "--no-control-socket", "--access-logfile", "-", "--error-logfile", os.devnull]
    gunicorn += ["azureml_inference_server_http.server.entry:app"]
    command = [str(python), "-I", "-S", str(_SUPERVISOR), str(listening), *gunicorn]
    with (spec.root / layout.INFERENCE_LOG).open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=layout.app_root(spec),
            env={**layout.variables(spec), "HTTP_X_MS_SERVER_VERSION": images.server_version(python)},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[listening],
            start_new_session=True,
        )


def answers(port: int) -> bool:
    """Whether the server at `port` has come up."""
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=1)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def end(server: subprocess.Popen[bytes]) -> None:
    """End the server's process group, politely and then for certain."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        server.wait(STOP_GRACE)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    if server.stdin is not None:
        with suppress(OSError):
            server.stdin.close()
