"""Where the logs of image builds are: in the workspace's storage.

Container, path and the sentence that names them: Microsoft Learn, "Troubleshoot online endpoints", ImageBuildFailure.
"""

from __future__ import annotations

from local.cloud.blob.store import BlobStore
from local.cloud.serving import ServingProcess, StartupProblem
from local.cloud.world import WORKSPACE_STORAGE

CONTAINER = "azureml"


def keep(blobs: BlobStore, process: ServingProcess) -> str | None:
    """Put the log of the process's image into the workspace's storage; its path there, or None without a build."""
    text = process.build_log
    if not text or process.plan is None:
        return None
    path = f"ImageLogs/{process.plan.image_id}/build.log"
    blobs.create_container(WORKSPACE_STORAGE, CONTAINER)
    blobs.put(WORKSPACE_STORAGE, CONTAINER, path, text.encode(), headers={"Content-Type": "text/plain"})
    return path


def located(problem: StartupProblem, path: str | None) -> StartupProblem:
    """The problem, with where the build's log is when it was the build that failed."""
    if path is None or not problem.code.startswith("Image"):
        return problem
    where = (
        f"The build log is available in the workspace blob store '{WORKSPACE_STORAGE}' under the path "
        f"'/{CONTAINER}/{path}'"
    )
    return StartupProblem(problem.code, f"{problem.message} {where}")
