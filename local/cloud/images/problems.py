"""Why an environment, and so a deployment, does not come to run."""

from __future__ import annotations

from typing import NamedTuple

from local.cloud.images.own import NAME

# Azure's code when an image cannot be built, and when it cannot be pulled (Microsoft Learn, "Troubleshoot online
# endpoints").
BUILD_FAILED = "ImageBuildFailure"
NOT_PULLED = "BadArgument"

# What to do with an image that is built of more than is followed here.
WITH_AN_ENGINE = f"Build the image with one and name a command for it in {NAME}, or deploy it in Azure."


class StartupProblem(NamedTuple):
    """Why a deployment does not run: Azure's code, and a message that says what to do."""

    code: str
    message: str


def not_runnable(reason: str) -> StartupProblem:
    """What Azure would run, or could, and this machine cannot."""
    return StartupProblem("ImageNotRunnableLocally", reason)


class Refused(Exception):
    """An environment that is not built; `problem` says why."""

    def __init__(self, problem: StartupProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def cannot_build_here(reason: str) -> Refused:
    """Azure would build it, or could, and this machine does not: never to be mistaken for Azure's no."""
    return Refused(not_runnable(reason))


def build_fails(reason: str) -> Refused:
    """What fails in Azure just the same."""
    return Refused(StartupProblem(BUILD_FAILED, f"Image build failed. {reason}"))
