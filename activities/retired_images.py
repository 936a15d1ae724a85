"""Images that nobody maintains any more: they may still run, and get no fixes.

Sources: Microsoft's announcement that prompt flow's development ended on 20 April 2026; "Docker images for inference";
the ends of support of Ubuntu 18.04 (May 2023) and 20.04 (May 2025) and of Python 3.8 and older (October 2024).
"""

from __future__ import annotations

import re

from activities import commands
from activities.scene import Finding

REPLACEMENT = "mcr.microsoft.com/azureml/minimal-py312-inference:latest"
_ANOTHER = commands.setting("deployment.environment.image", REPLACEMENT)
# What Microsoft names as the successor of flows (its migration guide, examples/flow-to-agent-framework).
_WORKFLOW = (
    "slipway deploy <file> --set deployment.code_configuration.code=<folder of an Agent Framework workflow>"
    " --set deployment.code_configuration.scoring_script=score.py"
)
_RETIRED = (
    (
        r"promptflow-(?:runtime|python)",
        "prompt flow is retired, its images get no updates, and flows stop on 20 April 2027",
        _WORKFLOW,
    ),
    (r"ubuntu-?(?:16|18|20)\.?04|inference-base-(?:16|18|20)04", "its Ubuntu is out of support", _ANOTHER),
    (r"-py3[5678]\b", "its Python is out of support", _ANOTHER),
)


def warn_of_retired(image: str, path: str, finding: Finding) -> None:
    """Say so when an image, or an environment of a registry, is one that is no longer maintained."""
    name = image.lower()
    if "azureml" not in name:
        return  # another's image may be called anything
    for pattern, why, command in _RETIRED:
        if re.search(pattern, name):
            finding.warn("ImageRetired", path, f"{image} is no longer maintained: {why}", command)
            return
