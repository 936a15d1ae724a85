"""What a subscription may use in the region, and how much of it is used: usages, quotas, sizes.

Source: operations and models of azure-mgmt-machinelearningservices 2.0.0b2, and the API specification's examples. Not
compared with live Azure.
"""

from __future__ import annotations

from collections.abc import Iterator

from local.cloud.arm.call import Answer, Call, Handler
from local.cloud.arm.documents import Json
from local.cloud.arm.paging import page
from local.cloud.arm.places import check_here, in_group
from local.cloud.arm.route import ArmRoute
from local.cloud.machinelearning.skus import Family, families, sizes
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.usage import cores_used
from local.cloud.machinelearning.versions import API_VERSIONS, LOCATION_PATTERN, WORKSPACES
from local.cloud.world import REGION, SUBSCRIPTION_ID, WORKSPACE_ID


class Region:
    """Answers for the one region of the one subscription."""

    def __init__(self, state: WorkspaceState) -> None:
        self._state = state

    def routes(self) -> list[ArmRoute]:
        """The region's lines of the route table."""
        return [
            ArmRoute("GET", f"{LOCATION_PATTERN}/usages", API_VERSIONS, _here(self._usages)),
            ArmRoute("GET", f"{LOCATION_PATTERN}/quotas", API_VERSIONS, _here(self._quotas)),
            ArmRoute("GET", f"{LOCATION_PATTERN}/vmSizes", API_VERSIONS, _here(self._sizes)),
        ]

    def _usages(self, call: Call) -> Answer:
        """Cores used and allowed by family, then endpoints and deployments."""
        return page(list(self._counted()), call)

    def _counted(self) -> Iterator[Json]:
        state = self._state
        for family in families():
            yield _usage(family.counted_as, cores_used(state, family), state.quota.cores_of(family))
        yield _usage("Online endpoints", len(state.endpoints), state.quota.endpoints)
        yield _usage("Online deployments", sum(1 for _ in state.deployments()), state.quota.deployments)

    def _quotas(self, call: Call) -> Answer:
        """The limits by family, of the one workspace."""
        return page([self._quota(family) for family in families()], call)

    def _quota(self, family: Family) -> Json:
        name = family.counted_as
        return {
            "id": f"{WORKSPACE_ID}/quotas/{name.replace(' ', '_')}",
            "type": f"{WORKSPACES}/quotas",
            "amlWorkspaceLocation": REGION,
            "name": {"value": name, "localizedValue": name},
            "limit": self._state.quota.cores_of(family),
            "unit": "Count",
        }

    def _sizes(self, call: Call) -> Answer:
        """Sizes that managed online endpoints offer; Azure lists those of other computes as well."""
        offered = [
            {
                "name": size.name,
                "family": size.family.name,
                "vCPUs": size.cores,
                "supportedComputeTypes": ["AmlCompute"],
            }
            for size in sizes().values()
        ]
        return Answer(200, {"value": offered})


def _here(handler: Handler) -> Handler:
    def checked(call: Call) -> Answer:
        check_here(call.parameters["location"])
        return handler(call)

    return in_group(checked)


def _usage(name: str, used: int, limit: int) -> Json:
    return {
        "id": f"{SUBSCRIPTION_ID}/providers/{WORKSPACES}/usages/{name.replace(' ', '_')}",
        "type": f"{WORKSPACES}/usages",
        "amlWorkspaceLocation": REGION,
        "name": {"value": name, "localizedValue": name},
        "currentValue": used,
        "limit": limit,
        "unit": "Count",
    }
