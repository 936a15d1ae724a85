"""A deployment's server as a process of this machine: started, asked whether it answers, ended."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from local.cloud.images.building import Built
from local.cloud.images.installed import version_of
from local.cloud.images.own import OwnImage
from local.cloud.serving import flow_server, forking, layout
from local.cloud.serving.spec import Probe, ServingSpec
from local.loopback import ADDRESS

STOP_GRACE = 5.0
_FOLDER = Path(__file__).parent
_SUPERVISOR = _FOLDER / "supervise.py"
_PACKAGE = "azureml_inference_server_http"
# What the start script of Azure ML's images says and then ends (quoted in Azure/azureml-examples#2760).
NO_SERVER = "A required package azureml-inference-server-http is missing."


class Server(Protocol):
    """A supervisor with its server, started anew or forked: leads a process group, and lives while `stdin` is open."""

    @property
    def pid(self) -> int:
        """The supervisor, and so the group."""

    @property
    def stdin(self) -> Closing | None:
        """What it notices its owner's end by."""

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """The exit code once it has ended; `subprocess.TimeoutExpired` when it has not by then."""


class Closing(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Close it."""


def server_version(python: Path) -> str | None:
    """What the inference server of an environment calls itself, as in the `x-ms-server-version` of its answers."""
    version = version_of(python, _PACKAGE)
    return f"azmlinfsrv/{version}" if version else None


def spawn_server(spec: ServingSpec, built: Built, listening: int, log: int) -> Server:
    """Start the inference server of a built environment on a listening socket; `log` is the file that it writes to."""
    version = server_version(built.python) or ""
    own = layout.with_programs_of(built.python, {**built.variables, **layout.variables(spec)})
    variables = {**own, "HTTP_X_MS_SERVER_VERSION": version}
    workers = spec.environment_variables.get("WORKER_COUNT", "1")
    settings = ["--config", str(_FOLDER / "gunicorn_settings.py"), "--workers", workers]
    settings += _application(built.python, version)
    forked = forking.fork(
        built.python,
        ["--bind", f"fd://{forking.LISTENING}", *settings],
        variables=variables,
        folder=layout.app_root(spec),
        log=log,
        listening=listening,
    )
    gunicorn = [str(built.python), "-m", "gunicorn", "--bind", f"fd://{listening}", *settings]
    return forked or _spawn(spec, built.python, gunicorn, variables, log, listening)


def spawn_flow(spec: ServingSpec, built: Built, listening: int, log: int) -> Server:
    """Start prompt flow's server of a built environment on a listening socket; `Refused` when it is not to serve."""
    command = flow_server.command(spec, built, listening)
    return _spawn(spec, built.python, command, flow_server.variables(spec, built), log, listening)


def _application(python: Path, version: str) -> list[str]:
    """Where a version of the inference server has its application, and who says what goes wrong in it."""
    if not version.startswith("azmlinfsrv/0."):
        return ["--error-logfile", os.devnull, f"{_PACKAGE}.server.entry:app"]
    # Before version 1 that is gunicorn; the oldest start from within their own folder, with logging of their own.
    package = next((python.parent.parent / "lib").glob(f"python*/site-packages/{_PACKAGE}"))
    logging = package / "logging.conf"
    if logging.exists():
        within = ["--pythonpath", str(package / "server"), "--log-config", str(logging)]
        return [*within, "entry:app"]
    return ["--error-logfile", "-", f"{_PACKAGE}.server.entry:app"]


def spawn_own(spec: ServingSpec, image: OwnImage, port: int, log: int) -> subprocess.Popen[bytes]:
    """Start the command that serves an own container at `port`."""
    variables = {**image.environment, **layout.variables(spec)}
    listed = spec.root / "variables.env"
    listed.touch(mode=0o600)  # an identity's secret is among them
    listed.write_text("".join(f"{name}={value}\n" for name, value in variables.items() if "\n" not in value))
    command, stop = image.filled(
        port=port,
        model_dir=layout.model_folder(spec),
        code_dir=layout.code_folder(spec),
        env_file=listed,
        image=spec.image,
        name=f"slipway-{secrets.token_hex(6)}",
    )
    return _spawn(spec, Path(sys.executable), command, variables, log, stop=stop)


def _spawn(
    spec: ServingSpec,
    python: Path,
    command: Sequence[str],
    variables: Mapping[str, str],
    log: int,
    listening: int | None = None,
    stop: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """Start a command under a supervisor that ends it with this process; `stop` is run when it has ended."""
    handed = [] if listening is None else [listening]
    inherited = "-" if listening is None else str(listening)
    return subprocess.Popen(
        [str(python), "-I", "-S", str(_SUPERVISOR), inherited, json.dumps(stop), *command],
        cwd=layout.app_root(spec),
        env=dict(variables),
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        pass_fds=handed,
        start_new_session=True,
    )


def answer(port: int, probe: Probe) -> int | None:
    """The status with which a probe is answered; None without an answer in time."""
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=max(probe.timeout.total_seconds(), 0.1))
    try:
        connection.request("GET", probe.path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def end(server: Server) -> None:
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
