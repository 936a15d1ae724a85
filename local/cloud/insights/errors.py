"""How the autoscale service refuses: a code and a message without the envelope that ARM's errors have.

Source of the shape: the content quoted in Azure/azure-sdk-for-net#43948.
"""

from __future__ import annotations

from datetime import datetime

from local.cloud.arm.errors import ArmError


class AutoscaleError(ArmError):
    """A refusal without an envelope."""

    def body(self, now: datetime) -> dict[str, object]:
        """The code and the message, and nothing around them."""
        return {"code": self.code, "message": self.message}


def unsupported_content() -> AutoscaleError:
    """400 for a body that lacks what the service needs; it does not say what (Azure/azure-sdk-for-net#43948)."""
    return AutoscaleError(400, "UnsupportedRequestContent", "Request content is not well formed or supported.")
