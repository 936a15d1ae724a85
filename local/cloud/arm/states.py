"""The states that Azure Resource Manager's resources and long operations go through, spelled as on the wire."""

from __future__ import annotations

from typing import Literal, TypeAlias

ProvisioningState: TypeAlias = Literal["Creating", "Updating", "Succeeded", "Failed", "Deleting", "Canceled"]

# The machine learning service says `Updating` until an operation ends, even while it creates (recorded).
OperationState: TypeAlias = Literal["Updating", "Succeeded", "Failed", "Canceled"]
