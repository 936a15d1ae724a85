"""Deployed models, really run: a scoring server process per deployment, and the front door before them."""

from local.cloud.images.containers import Containers
from local.cloud.images.problems import StartupProblem, not_runnable
from local.cloud.serving.frontdoor import Directory, EndpointView, FrontDoor
from local.cloud.serving.launching import launch
from local.cloud.serving.process import ServingProcess
from local.cloud.serving.sharing import Sharing
from local.cloud.serving.spec import Probe, ServingSpec

__all__ = [
    "Containers",
    "Directory",
    "EndpointView",
    "FrontDoor",
    "Probe",
    "ServingProcess",
    "ServingSpec",
    "Sharing",
    "StartupProblem",
    "launch",
    "not_runnable",
]
