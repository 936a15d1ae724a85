"""Compute instances and their custom applications as Azure Resource Manager has them: read, compared and written down.

Source of the bodies: azure-ai-ml 1.35.2, its `ComputeInstance` and `CustomApplications` entities.
"""

from __future__ import annotations

from typing import Any

from contracts.activities import EnsureInput
from contracts.ledger import SERVICES
from contracts.marks import MARK_TAG
from contracts.runtimes import RuntimeCompute, RuntimeRequest

INSTANCE = "ComputeInstance"
# A custom service has no tags: who has made it, and who has changed it last, stands in its container's environment.
MAKER, MARK = "SLIPWAY_MADE_BY", "SLIPWAY_INSTANCE"

Document = dict[str, Any]


def instance_of(document: Document) -> Document:
    """What a compute instance is: the inner properties."""
    inner: Document = document["properties"].get("properties") or {}
    return inner


def state_of(document: Document) -> str:
    """`Deleting` and failures of the resource; else the state of the machine, such as Running."""
    provisioning = str(document["properties"].get("provisioningState") or "")
    if provisioning.lower() in ("deleting", "failed", "canceled"):
        return provisioning
    return str(instance_of(document).get("state") or provisioning)


def is_instance(document: Document) -> bool:
    """Whether it is a compute instance, and not another kind of compute."""
    return str(document["properties"].get("computeType")) == INSTANCE


def is_busy(document: Document) -> bool:
    """Whether a job runs on it, which a restart ends."""
    return state_of(document).lower() == "jobrunning"


def is_deleted(document: Document) -> bool:
    """Whether it is on its way out."""
    return state_of(document).lower() == "deleting"


def is_stopped(document: Document) -> bool:
    """Whether nothing runs on it until it is started."""
    return state_of(document).lower() in ("stopped", "stopping")


def principal_of(document: Document) -> str | None:
    """Whom it is towards other services; None without an identity."""
    identity = document.get("identity") or {}
    assigned = list((identity.get("userAssignedIdentities") or {}).values())
    return (assigned[0].get("principalId") if assigned else identity.get("principalId")) or None


def services_of(document: Document) -> list[Document]:
    """Its custom applications, as they were asked for."""
    listed: list[Document] = instance_of(document).get(SERVICES) or []
    return listed


def service_named(document: Document, name: str) -> Document | None:
    """One of its custom applications."""
    return next((one for one in services_of(document) if str(one.get("name")).lower() == name.lower()), None)


def image_of(service: Document) -> str:
    """What it runs."""
    return str((service.get("image") or {}).get("reference") or "")


def custom_service(wanted: RuntimeRequest, image: str) -> Document:
    """The body of a custom application, as azure-ai-ml builds it."""
    variables = {name: {"type": "local", "value": value} for name, value in wanted.environment_variables.items()}
    volumes = [{"type": "bind", "readOnly": False, **one.to_wire()} for one in wanted.bind_mounts]
    ports = {"target": wanted.ports.target, "published": wanted.ports.published}
    return {
        "name": wanted.name,
        "type": "docker",
        "image": {"type": "docker", "reference": image},
        "endpoints": [{"name": "connect", "protocol": "http", **ports}],
        "environmentVariables": variables,
        "volumes": volumes,
        "docker": {"privileged": True},
    }


def another_than(wanted: RuntimeRequest, there: Document) -> list[str]:
    """In what an application that is there differs from what is wanted, besides its image."""
    asked = custom_service(wanted, "")
    same: list[str] = []
    for field, words in (
        ("endpoints", "ports"),
        ("environmentVariables", "environment_variables"),
        ("volumes", "bind_mounts"),
    ):
        if _meant(field, asked[field]) != _meant(field, there.get(field)):
            same.append(words)
    return same


def _meant(field: str, value: Any) -> Any:
    if field == "environmentVariables":
        return {name: one.get("value") for name, one in (value or {}).items() if name not in (MAKER, MARK)}
    if field == "endpoints":
        return [(one.get("target"), one.get("published")) for one in value or []]
    return sorted((str(one.get("source")), str(one.get("target"))) for one in value or [])


def conflict_of(wanted: RuntimeCompute, found: Document) -> str | None:
    """Why the compute that is there is not the one that was asked for; what is left out may be anything."""
    if not is_instance(found):
        return f"{wanted.name} is a compute of type {found['properties'].get('computeType')}, not a compute instance"
    inner = instance_of(found)
    owner = ((inner.get("personalComputeInstanceSettings") or {}).get("assignedUser") or {}).get("objectId")
    asked = wanted.create_on_behalf_of
    assigned = [one.lower() for one in (found.get("identity") or {}).get("userAssignedIdentities") or {}]
    idle = wanted.idle_time_before_shutdown_minutes
    other = [
        *(["size"] if wanted.size and wanted.size.lower() != str(inner.get("vmSize")).lower() else []),
        *(["user"] if asked and asked.user_object_id.lower() != str(owner).lower() else []),
        *(["identity"] if wanted.user_assigned_id and wanted.user_assigned_id.lower() not in assigned else []),
        *(["idle time"] if idle and f"PT{idle}M" != inner.get("idleTimeBeforeShutdown") else []),
    ]
    return f"compute instance {wanted.name} has another {' and another '.join(other)}" if other else None


def address_of(document: Document, name: str) -> str | None:
    """Where its user finds an application; None while it is not up."""
    for one in instance_of(document).get("applications") or []:
        if str(one.get("displayName")).lower() == name.lower():
            return str(one.get("endpointUri") or "") or None
    return None


def compute_body(wanted: RuntimeCompute, order: EnsureInput) -> Document:
    """The PUT of a compute instance without applications: its identity may not pull their images yet."""
    owner, idle = wanted.create_on_behalf_of, wanted.idle_time_before_shutdown_minutes
    assigned = {"assignedUser": {"objectId": owner.user_object_id, "tenantId": owner.user_tenant_id}} if owner else None
    identity: Document = {"type": "SystemAssigned"}
    if wanted.user_assigned_id:
        identity = {"type": "UserAssigned", "userAssignedIdentities": {wanted.user_assigned_id: {}}}
    instance = {
        "vmSize": wanted.size,
        "applicationSharingPolicy": "Shared",
        "computeInstanceAuthorizationType": "personal",
        **({"personalComputeInstanceSettings": assigned} if assigned else {}),
        **({"idleTimeBeforeShutdown": f"PT{idle}M"} if idle else {}),
    }
    return {
        "location": order.resolved.location,
        "tags": {**wanted.tags, MARK_TAG: order.mark},
        "identity": identity,
        "properties": {"computeType": INSTANCE, "disableLocalAuth": True, "properties": instance},
    }


def why_broken(document: Document) -> str:
    """What Azure says of an instance that did not come up."""
    told = [(one.get("error") or {}).get("message") for one in document["properties"].get("provisioningErrors") or []]
    return "; ".join(str(one) for one in told if one) or "Azure does not say why"


def service_mark(service: Document) -> str:
    """Which run has written an application last; "" for none."""
    return _told_by(service, MARK)


def maker_of(service: Document) -> str:
    """Which run has made an application; "" where Slipway has only changed it, or knows nothing of it."""
    return _told_by(service, MAKER)


def sign(service: Document, mark: str, there: Document | None) -> None:
    """Write down who writes an application; `there` is what is there already, whose maker stays."""
    maker = mark if there is None else maker_of(there)
    told = {MARK: mark, **({MAKER: maker} if maker else {})}
    service["environmentVariables"] |= {name: {"type": "local", "value": value} for name, value in told.items()}


def _told_by(service: Document, variable: str) -> str:
    return str(((service.get("environmentVariables") or {}).get(variable) or {}).get("value") or "")
