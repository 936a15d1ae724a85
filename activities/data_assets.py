"""Data assets of model data collection: where each collection of a deployment's traffic is kept.

The SDK registers them before it sends a deployment that collects; so it is done here, under the same names.
"""

from __future__ import annotations

from typing import Any

from activities import assets
from activities.resource import Registered
from activities.scene import Finding, Scene
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import Right
from contracts.activities import Ensured, EnsureInput
from contracts.collecting import DataCollector
from contracts.data_assets import data_id, data_path, is_registered_for
from contracts.ledger import endpoint_and_deployment, short_name
from contracts.marks import MARK_TAG

WRITE = "Microsoft.MachineLearningServices/workspaces/data/versions/write"


class DataAssets(Registered[DataCollector]):
    """Those of `deployment.data_collector`."""

    kind = "data_asset"
    rights = (WRITE,)
    within = True
    after = "endpoint"

    def read(self, part: Any) -> DataCollector:
        """What is collected."""
        return DataCollector.from_wire(part)

    def reference(self, scene: Scene) -> str | None:
        """That of the first one to be registered; None where the request names them all."""
        collector = self.read(scene.order.part(self.kind))
        places = _places(collector, scene.order.endpoint, scene.order.deployment)
        return next(iter(places), None)

    def plan(self, wanted: DataCollector, scene: Scene) -> Finding:
        """Which of them are registered."""
        finding = Finding()
        for reference in _places(wanted, scene.order.endpoint, scene.order.deployment):
            if assets.find(reference) is not None:
                finding.confirms.append(f"data {short_name(reference)}")
            else:
                finding.creates.append(f"data {short_name(reference)}")
                finding.needs.append(Right(WRITE, clients().settings.workspace_id))
        return finding

    def ensure(self, wanted: DataCollector, order: EnsureInput) -> Ensured:
        """Register each collection's data asset, or find that it is registered."""
        from azure.ai.ml.entities import Data

        endpoint, deployment = endpoint_and_deployment(order.resolved.deployment)
        entries = []
        for reference, path in _places(wanted, endpoint, deployment).items():
            found = assets.find(reference)
            if found is None:
                name, version = short_name(reference).rsplit(":", 1)
                with translated():
                    clients().ml.data.create_or_update(
                        Data(name=name, version=version, path=path, tags={MARK_TAG: order.mark})
                    )
            made = found is None or assets.mark_of(found) == order.mark
            entries.append(self.entry(reference, made=made))
        return Ensured(entries=entries)


def _places(collector: DataCollector, endpoint: str, deployment: str) -> dict[str, str]:
    """Paths of the collections' files, by the references of their data assets."""
    return {
        data_id(endpoint, deployment, name, one): data_path(endpoint, deployment, name, one)
        for name, one in collector.collections.items()
        if is_registered_for(one)
    }
