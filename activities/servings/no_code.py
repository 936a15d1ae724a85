"""A model that Azure ML serves by itself: MLflow and Triton, without a script or an environment of one's own."""

from __future__ import annotations

from activities.servings.serving import Serving
from contracts.online import OnlineDeploymentRequest


class NoCode(Serving):
    """The registered model's type says what serves it (Azure ML's no-code deployment)."""

    def __init__(self, model_type: str) -> None:
        self._model_type = model_type

    def serves(self, wanted: OnlineDeploymentRequest, model_type: str | None) -> bool:
        """A model of that type, whatever environment it is given."""
        return model_type == self._model_type
