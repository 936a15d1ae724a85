"""What Azure's texts mean when their code says too little: the longest-lived words of each, not whole sentences."""

from __future__ import annotations

from azure_api.error_rule import GUIDE, RBAC, Rule
from contracts import azure_refusals as r
from contracts import errors as e

# Signs, in any text, that an identity was refused something: a role that is missing or not effective yet.
SECRETS_SIGNS = (
    (r"Access denied to list workspace secret", "Azure/llmops-gha-demo#7"),
    (r"connections/\S*listsecrets\S* failed", "Azure/azureml-examples#2551"),
    (r"Failed to retrieve and inject workspace connection secrets", GUIDE),
)
DATASTORE_SIGNS = ((r"workspaces?/datastores?/read", "seed: how-to-deploy-for-real-time-inference"),)
ROLE_SIGNS = (
    (r"AuthorizationPermissionMismatch", "yeongseon/azure-paas-troubleshooting-labs: mi-rbac-propagation"),
    (r"ForbiddenByRbac", "Azure/terraform-azurerm-avm-res-keyvault-vault#78"),
    (r"does not have (?:authorization|permissions?) (?:to|for) ", RBAC),
    (r"ACRTokenExchangeForbidden|ACRTokenExchangeFailed|ACRSecretError", "Azure/azure-sdk-for-python#33611"),
    (r"authorization error|incorrect role assignments", GUIDE),
    (r"container registry authorization", GUIDE),
    (r"does not have pull permission on the registry", "MicrosoftDocs/azure-docs#107890"),
    (
        r"PermissionDenied|lacks the required data action",
        "learn.microsoft.com: ai-services/openai/how-to/managed-identity",
    ),
    (r"Failed to get secret for connection .{1,400}403|S2S invocation to arm failed", "microsoft/promptflow#3788"),
)
# The more telling ones first.
REFUSED_SIGNS = (
    *((r.SecretsNotReadable, sign, source) for sign, source in SECRETS_SIGNS),
    *((r.DatastoreNotReadable, sign, source) for sign, source in DATASTORE_SIGNS),
    *((e.AccessNotYetEffective, sign, source) for sign, source in ROLE_SIGNS),
)

BY_TEXT = (
    Rule(
        r.SubscriptionDisabled,
        "microsoft/vscode-azureappservice#1646",
        text=r"subscription \S+ is disabled|marked as read only",
    ),
    Rule(r.ProviderNotRegistered, "Azure/Azure-Landing-Zones#966", text=r"(?:is not|isn't) registered (?:to use|with)"),
    Rule(r.ResourceLocked, "Azure/azure-cli#2688", text=r"following scope\(s\) are locked"),
    Rule(r.DeniedByPolicy, "dotnet/machinelearning-modelbuilder#3044", text=r"was disallowed by (?:policy|Azure)"),
    Rule(r.DeniedByPolicy, GUIDE, text=r"invalid template function|template function was specified"),
    Rule(r.DeniedByAssignment, "MicrosoftDocs/azure-docs#51173", text=r"because of the deny assignment"),
    Rule(
        r.NotAuthenticated,
        "Azure/azure-sdk-for-net#49391",
        text=r"AADSTS\d+|from the wrong issuer|conditional access polic",
    ),
    Rule(r.NetworkBlocked, "MicrosoftDocs/azure-docs#90426", text=r"private ?link configuration|approved private link"),
    Rule(
        r.NetworkBlocked,
        "Azure-Samples/azure-search-openai-demo#1157",
        text=r"public (?:network )?access (?:is|has been|to .{1,80} is) (?:disabled|not allowed)",
    ),
    Rule(
        r.NetworkBlocked,
        "Azure/azure-cli#22920",
        text=r"client with IP .{1,60} is not allowed access|client address is not authorized|not allowed by NSP",
    ),
    Rule(
        r.KeysNotPermitted, "Azure/azure-sdk-for-python#39535", text=r"Public access is not permitted on this storage"
    ),
    Rule(r.ManagedNetworkNotReady, GUIDE, text=r"managed (?:virtual )?(?:network|vnet) .{0,60}\bnot\b"),
    Rule(e.WorkspaceNotFound, "recording 20", text=r"Workspace not found|Unable to find workspace"),
    Rule(
        e.WorkspaceNotFound,
        "Azure/azure-cli#33756",
        text=r"MachineLearningServices/workspaces/[^/'\s]+' under .{1,200} not found",
    ),
    Rule(e.IdentityNotFound, "Azure/azure-cli#33756", text=r"userAssignedIdentities/[^'\s]+' under .{1,200} not found"),
    Rule(
        r.ScopeNotFound,
        GUIDE,
        text=r"subscription .{0,60}(?:doesn't|does not) exist|Resource group '.+' could not be found",
    ),
    Rule(
        r.SoftDeleted, "Azure/ResourceModules#3596", text=r"soft-?deleted \w+ exists|in (?:a )?(?:soft-)?deleted state"
    ),
    Rule(r.SoftDeleted, "Azure/azureml-assets#2919", text=r"was deleted at .{1,80}cannot be recreated"),
    Rule(r.VersionTaken, "azure-ai-ml 1.35.2: AssetPathException", text=r"Asset paths cannot be updated"),
    Rule(e.EndpointNameTaken, "Azure/mlops-project-template#29", text=r"name needs to be unique within a region"),
    Rule(e.EndpointNameTaken, "public notes on Azure/mlops-v2", text=r"endpoint with this name already exists"),
    Rule(r.InstanceTooSmall, GUIDE, text=r"insufficient memory|out of memory|OOMKilled|No space left|not enough disk"),
    Rule(
        e.QuotaExceeded,
        "MicrosoftLearning/mslearn-azure-ml#30",
        text=r"not enough [\w ]{0,60}quota|exceeding approved .{0,80}quota|quota (?:reached|exceeded)|vCPU quota of 0",
    ),
    Rule(
        e.QuotaExceeded, "huggingface/blog#746", text=r"does not have enough quota|more role assignments can be created"
    ),
    Rule(e.QuotaExceeded, GUIDE, text=r"Kubernetes unschedulable|nodes are available: "),
    Rule(
        r.CapacityUnavailable,
        GUIDE,
        text=r"(?:lack of|insufficient|not enough|no|out of) [\w ]{0,40}capacity|enough resources available",
    ),
    Rule(
        r.InstanceTypeUnavailable,
        "mspnp/aks-baseline#372",
        text=r"(?:VM|machine|requested|instance) (?:size|type)\b.{0,300}\bnot (?:currently )?(?:available|supported)",
    ),
    Rule(
        e.EndpointBusy,
        "Azure/azure-sdk-for-net#36961",
        text=r"in (?:Creating|Updating|Deleting|Scaling) provisioning state",
    ),
    Rule(
        e.EndpointBusy,
        "Azure/azure-cli#17075, DNSControl/dnscontrol#4363",
        text=r"another (?:\w+ )?operation|operation .{0,80}in progress|conflicting (?:concurrent )?(?:write|operation)",
    ),
    Rule(r.FilesNotDownloaded, "MicrosoftDocs/azure-docs#120727", text=r"Unable to download user (?:model|code)"),
    Rule(
        r.FilesNotDownloaded, "MicrosoftDocs/azure-docs#103778", text=r"No blobs found in storage|model download failed"
    ),
    Rule(r.EnvironmentIncomplete, "Azure/azure-sdk-for-python#33598", text=r"driver program|'Image' must not be empty"),
    Rule(
        e.ImageNotRunnable, "Azure/data-product-analytics#137", text=r"waiting for Environment Image|Image build failed"
    ),
    Rule(e.ImageNotRunnable, GUIDE, text=r"unable to download user container image|image pull failed|manifest unknown"),
    Rule(r.ClusterNotReady, GUIDE, text=r"azureml-fe"),
    Rule(e.MissingRight, RBAC, status=(401, 403), text=r"does not have (?:authorization|permissions?) (?:to|for) "),
    *(Rule(error, source, text=sign) for error, sign, source in REFUSED_SIGNS),
    Rule(
        e.ScoringScriptFailed,
        "Azure/azureml-examples#3983",
        text=r"container has crashed|(?:liveness|readiness) probe failed",
    ),
    Rule(e.CloudUnavailable, "Azure/azure-sdk-for-python#39772", text=r"internal server error|gateway did not receive"),
)
