"""Whether the machines of a managed deployment are to be had: the size, its family's quota, and how many there may be.

Sources: "Manage and increase quotas" and "Managed online endpoints VM SKU list" of Azure ML's documents; operations
`VirtualMachineSizes_List` and `Usages_List` of Microsoft.MachineLearningServices. Never compared with live Azure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from activities import commands
from activities.scene import Finding, Scene
from azure_api import looking, versions
from azure_api.clients import clients
from azure_api.errors import UNANSWERED
from contracts.azure_refusals import InstanceTypeUnavailable
from contracts.errors import DeploymentError, QuotaExceeded
from contracts.online import OnlineDeploymentRequest
from contracts.plan import PlannedUsage

TYPE, COUNT = "deployment.instance_type", "deployment.instance_count"
MAXIMUM = "autoscale.maximum"
DEPLOYMENTS_PER_ENDPOINT = 20
INSTANCES_PER_DEPLOYMENT = 50
# Below it, an upgrade of a machine or its loss is felt (Azure ML's documents on managed endpoints).
FEW = 3
# Sizes whose machines Azure has switched off (retirement of NC, ND and NV and of their Promo, 6 September 2023). Those
# of NCv2 are still on the list of sizes for online endpoints: Azure is asked about them.
RETIRED = frozenset(
    f"STANDARD_{name}"
    for name in (
        *(f"NC{cores}{promo}" for cores in ("6", "12", "24", "24R") for promo in ("", "_PROMO")),
        *(f"NV{cores}{promo}" for cores in ("6", "12", "24") for promo in ("", "_PROMO")),
        *(f"ND{cores}" for cores in ("6S", "12S", "24S", "24RS")),
    )
)
# Sizes of which no 20 % more is kept for upgrades (the list of sizes).
NOT_RESERVED = frozenset(
    f"STANDARD_{name}"
    for name in (
        *("NC24ADS_A100_V4", "NC48ADS_A100_V4", "NC96ADS_A100_V4", "NC40ADS_H100_V5", "NC80ADIS_H100_V5"),
        *("ND96AMSR_A100_V4", "ND96ASR_V4", "ND40RS_V2", "ND96IS_H100_V5", "ND96ISR_H100_V5"),
    )
)


def judge_capacity(wanted: OnlineDeploymentRequest, scene: Scene, finding: Finding) -> None:
    """What would keep a new deployment of managed machines from getting them."""
    count = wanted.instance_count or 1
    if count < FEW:
        message = f"{count} of at least {FEW} instances: requests fail while a machine is upgraded or lost"
        finding.warn("FewInstances", COUNT, message, commands.setting(COUNT, str(FEW)))
    if count > INSTANCES_PER_DEPLOYMENT:
        message = f"a deployment has at most {INSTANCES_PER_DEPLOYMENT} instances, not {count}"
        finding.problem(COUNT, QuotaExceeded(message), commands.setting(COUNT, str(INSTANCES_PER_DEPLOYMENT)))
    if scene.replaced is None and len(scene.deployments) >= DEPLOYMENTS_PER_ENDPOINT:
        _tell_full(scene, finding)
    _judge_machines(str(wanted.instance_type), count, scene, finding)


def judge_maximum(size: str, most: int, scene: Scene, finding: Finding) -> None:
    """Warn where autoscale could not go as far as it may: Azure Monitor takes the setting, and then fails to scale."""
    if most > INSTANCES_PER_DEPLOYMENT:
        message = f"a deployment has at most {INSTANCES_PER_DEPLOYMENT} instances, and autoscale may go to {most}"
        finding.warn("QuotaAtMaximum", MAXIMUM, message, commands.setting(MAXIMUM, str(INSTANCES_PER_DEPLOYMENT)))
        return
    found = Finding()
    _judge_machines(size, most, scene, found)
    for problem in found.problems:
        if problem.path == COUNT:
            finding.warn("QuotaAtMaximum", MAXIMUM, f"autoscale cannot go so far: {problem.message}", problem.command)


def judge_machine(name: str, location: str, path: str, finding: Finding) -> None:
    """What would keep one machine of that size, which is no online deployment's, from being had."""
    size, usages = _looked_up(_Asked(path, name, location, "it"), finding)
    if size is None:
        return
    family, cores = str(size.get("family") or ""), int(size.get("vCPUs") or 0)
    usage = next((one for one in usages if family and _counts(one, family)), None)
    used, limit = (int(usage["currentValue"]), int(usage["limit"])) if usage else (0, -1)
    if limit >= 0 and used + cores > limit:
        message = f"one {name} takes {cores} cores of {family}, of which {used} of {limit} are in use"
        finding.problem(path, QuotaExceeded(message), _more(family, used + cores, location))


def _leave_unknown(path: str, what: str, error: DeploymentError, finding: Finding) -> None:
    reader = commands.granting("Reader", f"/subscriptions/{clients().settings.subscription_id}")
    why = f"Azure does not tell Slipway of this subscription's machines ({type(error).__name__})"
    finding.leave_unchecked("CapacityUnknown", path, f"whether {what}: {why}", reader)


def _more(family: str, cores: int, location: str) -> str:
    return (
        f"az quota update --resource-name {family} --scope {_region(location)}"
        f" --limit-object value={cores} --resource-type dedicated"
    )


def cores_needed(size: str, cores: int, instances: int) -> int:
    """Cores of quota for so many instances: a fifth more are kept for upgrades, in whole machines."""
    # In whole numbers: 1.2 x 5 is a little more than 6 in floating point.
    machines = instances if size.upper() in NOT_RESERVED else math.ceil(instances * 12 / 10)
    return machines * cores


def _tell_full(scene: Scene, finding: Finding) -> None:
    endpoint = scene.order.endpoint
    message = f"endpoint {endpoint} has {len(scene.deployments)} deployments, and may have {DEPLOYMENTS_PER_ENDPOINT}"
    command = (
        f"az ml online-deployment delete --name <one of them> --endpoint-name {endpoint} {commands.of_workspace()}"
    )
    finding.problem("deployment.name", QuotaExceeded(message), command)


def _judge_machines(name: str, count: int, scene: Scene, finding: Finding) -> None:
    asked = _Asked(TYPE, name, scene.resolved.location, str(count), " for online endpoints")
    size, usages = _looked_up(asked, finding)
    if size is not None:
        _judge_quota(size, count, usages, scene, finding)
    _judge_totals(usages, scene, finding)


@dataclass(frozen=True)
class _Asked:
    """A size of machines, where in a request it stands, and the words of a finding about it."""

    path: str
    name: str
    location: str
    quota_for: str
    machines: str = ""


def _looked_up(asked: _Asked, finding: Finding) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The size as Azure lists it, with all usages of its region; why it is not to be had, or not known, is found."""
    name, location, another = asked.name, asked.location, commands.setting(asked.path, "Standard_DS3_v2")
    if name.upper() in RETIRED:
        message = f"{name} is retired: Azure has no such machine any more"
        finding.problem(asked.path, InstanceTypeUnavailable(message), another)
        return None, []
    try:
        sizes = looking.listed(f"{_region(location)}/vmSizes", versions.LOCATIONS)
        usages = looking.listed(f"{_region(location)}/usages", versions.LOCATIONS)
    except UNANSWERED:
        raise
    except DeploymentError as error:
        _leave_unknown(asked.path, f"{location} has {name}, and quota for {asked.quota_for}", error, finding)
        return None, []
    size = next((one for one in sizes if str(one.get("name")).lower() == name.lower()), None)
    if size is None:
        message = f"{location} has no {name}{asked.machines}"
        finding.problem(asked.path, InstanceTypeUnavailable(message), another)
    return size, usages


def _region(location: str) -> str:
    """ARM id of what Azure ML has in the workspace's region for the whole subscription."""
    subscription = f"/subscriptions/{clients().settings.subscription_id}"
    return f"{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"


def _judge_quota(
    size: dict[str, Any], count: int, usages: list[dict[str, Any]], scene: Scene, finding: Finding
) -> None:
    name, family = str(size["name"]), str(size.get("family") or "")
    usage = next((one for one in usages if _counts(one, family)), None)
    if usage is None or not family:
        message = f"whether there is quota for {count} x {name}: Azure names no usage of family {family or 'unknown'}"
        command = f"az ml compute list-usage --location {scene.resolved.location} {commands.of_workspace()}"
        finding.leave_unchecked("QuotaUnknown", COUNT, message, command)
        return
    cores = int(size.get("vCPUs") or 0)
    needed, used, limit = cores_needed(name, cores, count), int(usage["currentValue"]), int(usage["limit"])
    # What is there counts beside the new one, until it is deleted; a failed one of the same name is put again.
    used -= _held(scene, size, cores)
    finding.usage.append(PlannedUsage(name=family, used=used, takes=needed, limit=limit))
    if limit >= 0 and used + needed > limit:
        message = f"{count} x {name} take {needed} cores of {family}, of which {used} of {limit} are in use"
        finding.problem(COUNT, QuotaExceeded(message), _more(family, used + needed, scene.resolved.location))


def _judge_totals(usages: list[dict[str, Any]], scene: Scene, finding: Finding) -> None:
    """Endpoints and deployments of the whole subscription, where Azure counts them."""
    for new, counted, path in (
        (scene.endpoint is None, "online endpoints", "endpoint.name"),
        (scene.replaced is None, "online deployments", "deployment.name"),
    ):
        usage = next((one for one in usages if str(one["name"]["value"]).lower() == counted), None)
        if not new or usage is None:
            continue
        used, limit = int(usage["currentValue"]), int(usage["limit"])
        finding.usage.append(PlannedUsage(name=counted, used=used, takes=1, limit=limit))
        if used >= limit >= 0:
            message = f"the subscription has {used} {counted}, and may have {limit}"
            command = f"az ml online-endpoint delete --name <one of them> {commands.of_workspace()}"
            finding.problem(path, QuotaExceeded(message), command)


def _counts(usage: dict[str, Any], family: str) -> bool:
    """Whether a usage is that of a family: `standardDSv2Family` is `Standard DSv2 Family Cluster Dedicated vCPUs`."""
    value = str(usage["name"]["value"]).replace(" ", "").lower()
    return value in (family.lower(), f"{family.lower()}clusterdedicatedvcpus")


def _held(scene: Scene, size: dict[str, Any], cores: int) -> int:
    there = scene.replaced
    if there is None or str(there.instance_type).lower() != str(size["name"]).lower():
        return 0
    return cores_needed(str(size["name"]), cores, int(there.instance_count or 1))
