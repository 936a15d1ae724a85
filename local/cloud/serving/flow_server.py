"""A prompt flow served by promptflow's own application, as its runtime's image does.

The image's start script is not public. Application and variables are those of promptflow-core 1.18 and of its public
template for containers; the variable that names the mode is the documents' ("Deploy a flow to online endpoint").
"""

from __future__ import annotations

from pathlib import Path

from local.cloud.images.building import Built
from local.cloud.images.installed import version_of
from local.cloud.images.problems import Refused, not_runnable
from local.cloud.serving import layout
from local.cloud.serving.spec import ServingSpec

_FOLDER = Path(__file__).parent
_PACKAGE = "promptflow_core"
_APPLICATION = "promptflow.core._serving.app:create_app(engine='flask',extension_type='azureml')"


def serves(spec: ServingSpec, built: Built) -> bool:
    """Whether the container has prompt flow's server, and nothing else is said to answer."""
    return spec.serves_itself and version_of(built.python, _PACKAGE) is not None


def command(spec: ServingSpec, built: Built, listening: int) -> list[str]:
    """What starts the server on a listening socket; `Refused` for a runtime that is not told to serve."""
    mode = spec.environment_variables.get("PROMPTFLOW_RUN_MODE", "compute")
    if mode != "serving":
        raise Refused(
            not_runnable(
                f"prompt flow's image in the mode {mode!r} is a runtime for authoring, which answers no scoring"
                " requests: set PROMPTFLOW_RUN_MODE to serving."
            )
        )
    workers, threads = (spec.environment_variables.get(f"PROMPTFLOW_WORKER_{what}", "1") for what in ("NUM", "THREADS"))
    settings = ["--config", str(_FOLDER / "gunicorn_settings.py"), "--workers", workers, "--threads", threads]
    server = [str(built.python), "-m", "gunicorn", "--bind", f"fd://{listening}", "--error-logfile", "-"]
    return [*server, *settings, _APPLICATION]


def variables(spec: ServingSpec, built: Built) -> dict[str, str]:
    """The environment of the server."""
    own = layout.with_programs_of(built.python, {**built.variables, **layout.variables(spec)})
    # The image's script hands the identity on by the name that azure-identity reads (the documents name the first).
    identity = own.get("UAI_CLIENT_ID")
    return {**own, "AZURE_CLIENT_ID": identity} if identity else own
