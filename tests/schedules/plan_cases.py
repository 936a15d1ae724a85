"""Requests, and the world they are asked in: what a plan must find of each, and whether a run of it can succeed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.flows import WORKSPACE as WORKSPACE_TOLD
from tests import samples
from tests.schedules.orders import PATHS
from tests.schedules.plan_parts import (
    ACR_PULL,
    ANOTHERS,
    AT_NIGHT,
    BACK,
    BUSY,
    COPIED_ON_CLUSTER,
    ELSEWHERE,
    FLOW,
    IN_R,
    INLINE,
    ITSELF,
    LOGS,
    NO_SCRIPT,
    OLD,
    ON_CLUSTER,
    ONLY_OPENAI,
    OPENAI,
    OUT,
    PRINCIPAL,
    PROMPT_FLOW,
    READS_BANK,
    READS_VAULT,
    RETIRED,
    RUNTIME,
    SERVED,
    SIZES,
    UNMONITORED,
    alerting,
    granted,
    of_user,
    on,
    scaled,
    secrets,
)
from tests.schedules.plan_worlds import (
    Setting,
    attached,
    autoscaled_by_hand,
    condition,
    cores,
    crowded,
    deployed,
    failed,
    full,
    locked,
    networked,
    registered,
    taken,
    uncounted,
    unread,
)
from tests.schedules.records import IDENTITY_ID, REGISTRY_ID, STORAGE_ID
from tests.schedules.strict import OWN_PRINCIPAL

USUAL = frozenset({"FewInstances", "NameUnknown"})


@dataclass(frozen=True)
class Case:
    """A request in a world.

    Attributes:
        body: what is asked for besides an endpoint `north` of its own identity, and registered assets.
        world: what is so before.
        finds: codes that the plan must find, whatever it calls them.
        fails_by: the finding that the run fails by; None for a run that succeeds.
        problem: whether that finding is a problem; else it is one that was left unchecked.
        settings: what the app's settings say otherwise than usual.
    """

    name: str
    body: dict[str, Any] = field(default_factory=dict)
    world: Setting = lambda stage: None
    finds: frozenset[str] = frozenset()
    fails_by: str | None = None
    problem: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)


def fine(
    name: str, body: dict[str, Any] | None = None, world: Setting = lambda _: None, finds: str = "", **settings: Any
) -> Case:
    """A request that nothing stands in the way of."""
    return Case(name, body or {}, world, frozenset(finds.split()), settings=settings)


def stopped(name: str, code: str, body: dict[str, Any] | None = None, world: Setting = lambda _: None) -> Case:
    """A request with a problem."""
    return Case(name, body or {}, world, frozenset({code}), code)


def unlucky(name: str, code: str, body: dict[str, Any] | None = None, world: Setting = lambda _: None) -> Case:
    """A request that fails by what no plan can know."""
    return Case(name, body or {}, world, frozenset({code}), code, problem=False)


QUOTAS = [
    case
    for size, count, family, needed in SIZES
    for asked in [on(instance_type=f"Standard_{size}", instance_count=count)]
    for case in (
        fine(f"{count} x {size} just fit", asked, cores(family, needed)),
        stopped(f"{count} x {size} do not fit", "QuotaExceeded", asked, cores(family, needed - 1)),
    )
]

MACHINES = [
    fine("three instances", on(instance_count=3)),
    fine("few instances", finds="FewInstances"),
    fine("the old one beside", on(name="green"), cores("DSv2", 16, deployed())),
    stopped("no room beside the old one", "QuotaExceeded", on(name="green"), cores("DSv2", 15, deployed())),
    fine("a failed one is put again", {}, cores("DSv2", 8, failed)),
    fine("another family is short", {}, cores("FSv2", 0)),
    stopped("retired", "InstanceTypeUnavailable", on(instance_type="STANDARD_NC6")),
    stopped("retired promo", "InstanceTypeUnavailable", on(instance_type="Standard_NV12_Promo")),
    stopped("retired, unread", "InstanceTypeUnavailable", on(instance_type="Standard_ND24rs"), unread()),
    stopped("unknown size", "InstanceTypeUnavailable", on(instance_type="Standard_DS99_v2")),
    unlucky("unknown size, unread", "CapacityUnknown", on(instance_type="Standard_DS99_v2"), unread()),
    unlucky("no room, unread", "CapacityUnknown", {}, unread(cores("DSv2", 0))),
    fine("room, unread", {}, unread(), "CapacityUnknown"),
    fine("usage not told", {}, uncounted, "QuotaUnknown"),
    stopped("51 instances", "QuotaExceeded", on(instance_count=51)),
    stopped("a full endpoint", "QuotaExceeded", on(name="green"), crowded),
    fine("redeployed to a full endpoint", {}, crowded),
    stopped("a full subscription", "QuotaExceeded", {}, full),
    unlucky("a name that is taken", "NameUnknown", {}, taken),
]

ROLES = [
    fine("a role", granted("Cognitive Services OpenAI User", STORAGE_ID)),
    fine("a role by its id", granted(ACR_PULL, REGISTRY_ID)),
    fine("a role the condition allows", granted(OPENAI, STORAGE_ID), condition(ONLY_OPENAI)),
    stopped("a role it does not allow", "MissingRight", granted(ACR_PULL, REGISTRY_ID), condition(ONLY_OPENAI)),
    stopped("automatic roles it does not allow", "MissingRight", of_user(IDENTITY_ID), condition(ONLY_OPENAI)),
    stopped(
        "a principal it does not allow", "MissingRight", of_user(IDENTITY_ID), condition(f"{PRINCIPAL} GuidEquals x")
    ),
    unlucky(
        "a principal not known yet",
        "ConditionUnknown",
        granted(OPENAI, STORAGE_ID),
        condition(f"{PRINCIPAL} GuidEquals {OWN_PRINCIPAL}"),
    ),
    fine(
        "another principal is excluded",
        granted(OPENAI, STORAGE_ID),
        condition(f"{PRINCIPAL} GuidNotEquals {OWN_PRINCIPAL}"),
        "ConditionUnknown",
    ),
    unlucky(
        "a condition nobody reads", "ConditionUnknown", granted(OPENAI, STORAGE_ID), condition("@Environment[x] Is 1")
    ),
    stopped("no such storage", "ScopeNotFound", granted(OPENAI, f"{STORAGE_ID}x")),
    unlucky("inside a storage", "ScopeUnknown", granted(OPENAI, f"{STORAGE_ID}/blobServices/default/containers/x")),
    stopped("a role nobody grants", "RoleNotGrantable", granted("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", STORAGE_ID)),
    fine("an identity of somebody's", of_user(IDENTITY_ID), finds="MetricsNeedARole"),
    fine("a connection that Slipway may not look at", READS_BANK, locked, "ConnectionUnknown"),
    stopped("no connection", "AssetNotFound", READS_BANK),
    fine("a vault's secret", READS_VAULT, finds="VaultUnknown"),
    fine("two of them", of_user(IDENTITY_ID, f"{IDENTITY_ID}-2"), finds="OneIdentityGranted"),
]

ASSETS = [
    fine("an inline model", {"model": INLINE}, finds="FilesUnknown"),
    fine("a job's model", {"model": {**INLINE, "path": "azureml://jobs/j/outputs/o/paths/m"}}, finds="FilesUnknown"),
    stopped("other files", "RequestRejected", {"model": INLINE}, ELSEWHERE),
    fine("another version's files", ANOTHERS, finds="FilesUnknown"),
    stopped("a version by its own asset id", "RequestRejected", ITSELF, ELSEWHERE),
    fine(
        "another description",
        {"model": {**INLINE, "description": "mine"}},
        registered("models/inline/versions/7", modelUri=INLINE["path"]),
        "AssetStaysAsItIs",
    ),
    fine("the newest model", {"model": "azureml:credit-risk@latest"}),
    stopped("no model", "ModelNotFound", {"model": "azureml:nobody:1"}),
    stopped("no environment", "AssetNotFound", on(environment="azureml:nobody:1")),
    stopped("no code", "AssetNotFound", on(code_configuration={"code": "azureml:nobody:1", "scoring_script": "a.py"})),
    fine(
        "inline code",
        on(code_configuration={"code": f"{PATHS}/code", "scoring_script": "score.py"}),
        finds="FilesUnknown",
    ),
    fine("an inline environment", on(environment={"image": samples.IMAGE, "conda_file": samples.CONDA})),
    fine("a Dockerfile", on(environment={"build": {"path": "https://somewhere/docker/"}})),
    fine(
        "a Dockerfile, and registries that are listed",
        on(environment="azureml:built:1"),
        registered("environments/built/versions/1", build={"contextUri": "https://somewhere"}),
        "ImageUnknown",
        allowed_registries=("docker.io",),
    ),
    fine("prompt flow's image", on(environment={"image": RETIRED}), finds="ImageRetired"),
    fine(
        "an old image, registered",
        on(environment="azureml:old:1"),
        registered("environments/old/versions/1", image=OLD),
        "ImageRetired",
    ),
    fine(
        "a registry's environment",
        on(environment="azureml://registries/azureml/environments/a/versions/1"),
        finds="AssetUnknown",
    ),
    stopped("no script", "EnvironmentIncomplete", on(**NO_SCRIPT)),
    fine("a script in R", on(**IN_R), finds="ServerUnknown"),
    fine("a script in R for its own server", on(**IN_R, environment="azureml:own:1"), SERVED),
    fine("its own server", on(**NO_SCRIPT, environment="azureml:own:1"), SERVED),
    fine("MLflow", {"model": "azureml:flow:1", **on(**NO_SCRIPT)}, FLOW, "ServerUnknown"),
    fine("MLflow without environment", {"model": "azureml:flow:1", **on(**NO_SCRIPT, environment=None)}, FLOW),
    fine(
        "MLflow without what Azure's server needs",
        {"model": "azureml:flow:1", **on(**NO_SCRIPT, environment=None)},
        UNMONITORED,
        "ModelEnvironmentIncomplete",
    ),
    unlucky("nothing to send", "SampleUnknown", {"smoke_test": {}}),
    fine("a flow", {"model": "azureml:chat:1", **on(**NO_SCRIPT, environment=None)}, PROMPT_FLOW, "ChatIncomplete"),
    fine(
        "a flow in an image of its own",
        {"model": "azureml:chat:1", **on(**NO_SCRIPT, environment={"image": "docker.io/me/flow:1"})},
        PROMPT_FLOW,
        "RuntimeUnknown",
    ),
    fine(
        "a flow that is told of another place",
        {"model": "azureml:chat:1", **on(**NO_SCRIPT, environment=None, environment_variables={WORKSPACE_TOLD: "a=b"})},
        PROMPT_FLOW,
        "OtherWorkspace ImageRetired",
    ),
    fine(
        "prompt flow's image that nothing tells to serve",
        on(**NO_SCRIPT, environment="azureml:runtime:1"),
        RUNTIME,
        "FlowVariablesMissing ImageRetired",
    ),
    fine("logs", LOGS, finds="LogsUnknown"),
    fine("logs as they are", LOGS, deployed(**LOGS), finds="LogsUnknown"),
]

ENDPOINTS = [
    fine("the same again", {}, deployed()),
    stopped("other settings", "DeploymentConflict", on(instance_count=2), deployed()),
    stopped("other tags", "DeploymentConflict", on(tags={"a": "b"}), deployed()),
    fine("access to secrets as it is", secrets("enabled"), deployed(**secrets("enabled"))),
    stopped("no access to secrets any more", "EndpointConflict", secrets("disabled"), deployed(**secrets("enabled"))),
    stopped("another auth mode", "EndpointConflict", {"endpoint": {"auth_mode": "aad_token"}}, deployed()),
    stopped("another identity", "EndpointConflict", of_user(IDENTITY_ID), deployed()),
    fine("new tags", {"endpoint": {"tags": {"team": "risk"}}}, deployed()),
    fine("a new description", {"endpoint": {"description": "mine"}}, deployed()),
    fine("a second deployment", on(name="green"), deployed()),
    fine("on a cluster", ON_CLUSTER, attached, "ComputeUnknown"),
    unlucky("on a cluster that is not attached", "ComputeUnknown", ON_CLUSTER),
    fine("a network of its owner's", {}, networked(access="Disabled"), "NetworkUnknown"),
    fine("a managed network", {}, networked("AllowInternetOutbound", "Disabled")),
    fine("a network that lets little out", {}, networked("AllowOnlyApprovedOutbound"), "OutboundUnknown"),
    fine("answers to its networks only", {"endpoint": {"public_network_access": "disabled"}}, finds="EndpointPrivate"),
    fine("no traffic", {"traffic": "none"}),
    fine("shares", {**on(name="green"), "traffic": {"blue": 90, "green": 10}}, deployed()),
    stopped("shares of nobody", "TrafficRejected", {"traffic": {"blue": 90, "purple": 10}}),
    stopped("mirrored on a cluster", "TrafficRejected", COPIED_ON_CLUSTER, attached),
    stopped("mirrored to nobody", "TrafficRejected", {"endpoint": {"mirror_traffic": {"purple": 10}}}),
]

MONITORED = [
    fine("autoscale", scaled()),
    fine("autoscale with other limits", scaled(maximum=4), deployed(**scaled())),
    stopped("autoscale beside somebody's", "SettingConflict", scaled(), autoscaled_by_hand),
    fine("a count outside the limits", scaled(minimum=2), finds="CountOutsideAutoscale"),
    fine("rules of one way", scaled(rules=[OUT]), finds="OneWayAutoscale"),
    fine("thresholds that meet", scaled(rules=[OUT, {**BACK, "threshold": 70}]), finds="AutoscaleMayFlap"),
    fine("cores for the maximum", scaled(), cores("DSv2", 16)),
    fine("too few cores for the maximum", scaled(), cores("DSv2", 15), "QuotaAtMaximum"),
    fine("more instances than there may be", scaled(maximum=51), finds="QuotaAtMaximum"),
    unlucky("autoscale by nobody's metric", "MetricUnknown", scaled(rules=[{**OUT, "metric": "Nobody"}, BACK])),
    unlucky("autoscale by nobody's clock", "TimeZoneUnknown", scaled(schedules=[{**AT_NIGHT, "time_zone": "Utopia"}])),
    fine("autoscale by a known clock", scaled(schedules=[{**AT_NIGHT, "time_zone": "w. europe standard time"}])),
    fine("alerts", alerting()),
    fine("an alert on what gets no traffic", {**alerting(), "traffic": "none"}, finds="AlertWithoutTraffic"),
    unlucky("an alert on nobody's metric", "MetricUnknown", alerting(others=[{**BUSY, "metric": "Nobody"}])),
]
CASES = [*QUOTAS, *MACHINES, *ROLES, *ASSETS, *ENDPOINTS, *MONITORED]
# Of these nothing may change when Azure writes its words in capitals.
IN_OTHER_LETTERS = (
    "access to secrets as it is",
    "no access to secrets any more",
    "MLflow without environment",
    "the same again",
    "another identity",
    "another auth mode",
    "a failed one is put again",
    "logs as they are",
    "on a cluster",
)
