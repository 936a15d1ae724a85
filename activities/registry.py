"""Every activity of the app, by name: those of each resource's room, the gates, and what only looks.

The names are stored in the histories of running deployments: renaming one breaks them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from activities.alerts import Alerts
from activities.automatic_runtimes import plan_automatic_runtime
from activities.autoscale import Autoscale
from activities.codes import Codes
from activities.computes import Applications, Computes
from activities.container_logs import keep_logs
from activities.data_assets import DataAssets
from activities.departing_runtimes import plan_runtime_teardown
from activities.deployments import Deployments
from activities.diagnostics import Diagnostics
from activities.endpoints import Endpoints
from activities.envelope import Activity, as_activity
from activities.environments import Environments
from activities.gates import GATES
from activities.mirror_traffic import MirrorTraffic
from activities.models import Models, find_newest_version
from activities.observation import read_back
from activities.resource import Resource
from activities.role_assignments import RoleAssignments
from activities.runtimes import look_at_runtime, plan_runtime
from activities.serving_now import look_at_serving
from activities.traffic import Traffic, read_traffic
from activities.updates import Updates, plan_update
from contracts.activities import Ensured, EnsureInput, EntryInput, Provisioning

# In the order in which a plan looks at them: what one finds out, those after it may use.
RESOURCES: tuple[Resource[Any], ...] = (
    Models(),
    Environments(),
    Codes(),
    Endpoints(),
    RoleAssignments(),
    Diagnostics(),
    DataAssets(),
    Deployments(),
    Updates(),
    Autoscale(),
    Alerts(),
    MirrorTraffic(),
    Traffic(),
)
# What other runbooks than a deployment make.
OTHERS: tuple[Resource[Any], ...] = (Computes(), Applications())


def activities_of(resource: Resource[Any]) -> Iterator[Activity]:
    """A room's methods as activities: ensure, look at (what takes long), remove."""

    def ensure(order: EnsureInput) -> Ensured:
        return resource.ensure(resource.read(order.wanted), order)

    def provisioned(order: EntryInput) -> Provisioning:
        return resource.provisioned(order.entry)

    ensure.__doc__, provisioned.__doc__ = resource.ensure.__doc__, resource.provisioned.__doc__
    yield as_activity(resource.step or f"ensure_{resource.kind}", ensure, EnsureInput, resource.answers)
    if resource.long:
        yield as_activity(f"{resource.kind}_provisioned", provisioned, EntryInput, Provisioning)
    yield as_activity(f"remove_{resource.kind}", resource.remove, EntryInput, Provisioning)


def all_activities(*others: Activity) -> Sequence[Activity]:
    """Everything to be registered; `others` are those that need this list themselves."""
    rooms = [one for resource in (*RESOURCES, *OTHERS) for one in activities_of(resource)]
    return (
        *others,
        *rooms,
        *GATES,
        find_newest_version,
        read_traffic,
        read_back,
        look_at_serving,
        plan_update,
        plan_runtime,
        plan_automatic_runtime,
        plan_runtime_teardown,
        look_at_runtime,
        keep_logs,
    )
