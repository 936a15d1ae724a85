"""Deployed models, really run: a scoring server process per deployment, and the front door before them."""

from local.cloud.serving.frontdoor import Directory, EndpointView, FrontDoor
from local.cloud.serving.process import ServingProcess, launch
from local.cloud.serving.spec import ServingSpec, StartupProblem, not_runnable

__all__ = [
    "Directory",
    "EndpointView",
    "FrontDoor",
    "ServingProcess",
    "ServingSpec",
    "StartupProblem",
    "launch",
    "not_runnable",
]
