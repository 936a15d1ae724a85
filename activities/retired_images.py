"""Images that nobody maintains any more: they may still run, and get no fixes.

Sources: Microsoft's announcement that prompt flow's development ended on 20 April 2026; "Docker images for inference";
the ends of support of Ubuntu 18.04 (May 2023) and 20.04 (May 2025) and of Python 3.8 and older (October 2024).
"""

from __future__ import annotations

import re

from activities import commands
from activities.scene import Finding

REPLACEMENT = "mcr.microsoft.com/azureml/minimal-py312-inference:latest"
_RETIRED = (
    (r"promptflow-(?:runtime|python)", "prompt flow is retired"),
    (r"ubuntu-?(?:16|18|20)\.?04|inference-base-(?:16|18|20)04", "its Ubuntu is out of support"),
    (r"-py3[5678]\b", "its Python is out of support"),
)


def warn_of_retired(image: str, path: str, finding: Finding) -> None:
    """Say so when an image, or an environment of a registry, is one that is no longer maintained."""
    name = image.lower()
    if "azureml" not in name:
        return  # another's image may be called anything
    why = next((why for pattern, why in _RETIRED if re.search(pattern, name)), None)
    if why:
        message = f"{image} is no longer maintained: {why}"
        finding.warn("ImageRetired", path, message, commands.setting("deployment.environment.image", REPLACEMENT))
