"""What Azure's codes mean that mean one thing, whatever the status and the text beside them."""

from __future__ import annotations

from azure_api.error_rule import ARM, GUIDE, RBAC, STORAGE, Rule
from contracts import azure_refusals as r
from contracts import errors as e

REFUSED = (401, 403)

BY_CODE = (
    Rule(e.Throttled, "learn.microsoft.com: request-limits-and-throttling", code=r"TooManyRequests|\w*Throttled"),
    Rule(e.Throttled, STORAGE, code=r"ServerBusy|RateLimit\w*|RequestRate\w*|Request(?:s|Rate)?LimitExceeded"),
    Rule(
        r.SubscriptionDisabled,
        "microsoft/vscode-azureappservice#1646",
        code=r"\w*DisabledSubscription",
    ),
    Rule(r.SubscriptionDisabled, STORAGE, code=r"AccountIsDisabled"),
    Rule(
        r.ProviderNotRegistered, "Azure/CloudShell#487", code=r"(?:Missing)?Subscription(?:Registration|NotRegistered)"
    ),
    Rule(
        r.ProviderNotRegistered,
        ARM,
        code=r"NoRegisteredProviderFound|InvalidSubscriptionRegistrationState|MissingRegistrationForLocation",
    ),
    Rule(r.ResourceLocked, "Azure/apiops#606", code=r"ScopeLocked"),
    Rule(r.DeniedByPolicy, ARM, code=r"RequestDisallowedBy\w+|PolicyViolation"),
    Rule(r.DeniedByAssignment, "microsoft/AzureTRE#4776", code=r"DenyAssignment\w+"),
    Rule(e.MissingRight, RBAC, text=r"ABAC condition"),
    Rule(e.MissingRight, RBAC, status=REFUSED, code=r"(?:Linked)?AuthorizationFailed|LinkedAccessCheckFailed"),
    Rule(
        r.NotAuthenticated,
        ARM,
        code=r"(?:Invalid|Expired)AuthenticationToken\w*|AuthenticationFailed\w*|InvalidAuthenticationInfo",
    ),
    Rule(
        r.NotAuthenticated,
        "Azure/aad-pod-identity#1277",
        code=r"invalid_(?:client|tenant|grant)|unauthorized_client|interaction_required|insufficient_claims",
    ),
    Rule(r.NetworkBlocked, "Azure-Samples/azuresandbox#429", code=r"ForbiddenBy(?:Connection|Firewall|Nsp\w*)"),
    Rule(r.NetworkBlocked, "microsoft/AzureStorageExplorer#8344", code=r"AuthorizationFailure"),
    Rule(r.ManagedNetworkNotReady, GUIDE, code=r"\w*ManagedNetworkNotReady"),
    Rule(
        r.KeysNotPermitted,
        "microsoft/rag-experiment-accelerator#866",
        code=r"KeyBasedAuthenticationNotPermitted|PublicAccessNotPermitted",
    ),
    Rule(e.PrincipalNotReady, RBAC, code=r"PrincipalNotFound"),
    Rule(r.SecretsNotReadable, GUIDE, code=r"SecretsInjectionError"),
    Rule(
        e.AccessNotYetEffective,
        GUIDE,
        code=r"AuthorizationPermissionMismatch|ForbiddenByRbac|ACRSecretError|ACRTokenExchange\w+",
    ),
    Rule(e.EndpointNameTaken, GUIDE, code=r"Endpoint(?:AlreadyExists|NameTaken)"),
    Rule(r.InstanceTooSmall, GUIDE, code=r"PodOutOfMemory|OOMKilled"),
    Rule(e.QuotaExceeded, ARM, code=r"\w*Quota(?:Exceeded|Reached)|(?!\w*Length)\w*Limit(?:Exceeded|Reached)"),
    Rule(e.QuotaExceeded, "Azure/MachineLearningNotebooks#487", code=r"(?:Pod)?Unschedulable"),
    Rule(r.CapacityUnavailable, ARM, code=r"(?:Zonal|Overconstrained\w*)?Allocation(?:Failed|Request)"),
    Rule(r.CapacityUnavailable, GUIDE, code=r"OutOfCapacity"),
    Rule(
        r.InstanceTypeUnavailable,
        "iterative/terraform-provider-iterative#279",
        code=r"SkuNotAvailable|\w*(?:VMSize|Sku)NotSupported|InvalidVMSize|NotAvailableForSubscription",
    ),
    Rule(
        e.EndpointBusy,
        ARM,
        code=r"\w*OperationInProgress|OperationCanceled|OperationPreempted|\w*MoveInProgress",
    ),
    Rule(
        e.EndpointBusy,
        "pulumi/pulumi-azure-native#4765, Azure/apiops-cli#252",
        code=r"\w*Concurren(?:t|cy)\w*",
    ),
    # Every write of Slipway begins with a read: taken again, it meets what the other one wrote.
    Rule(e.EndpointBusy, "Azure/terraform-provider-azapi#889", code=r"ETagMismatch"),
    Rule(
        e.EndpointBusy,
        "kubernetes-sigs/cloud-provider-azure#9728",
        code=r"PreconditionFailed|(?:Target)?ConditionNotMet",
    ),
    Rule(r.ScopeNotFound, ARM, code=r"ResourceGroupNotFound|SubscriptionNotFound|InvalidSubscriptionId"),
    Rule(r.ScopeNotFound, ARM, code=r"ParentResourceNotFound|ResourceGroupBeingDeleted"),
    Rule(e.WorkspaceNotFound, "recording 20", code=r"WorkspaceNotFound"),
    Rule(
        r.FilesNotDownloaded, "MicrosoftDocs/azure-docs#103778", code=r"\w*PathNotFoundInStorage|StorageManifestError"
    ),
    Rule(r.FilesNotDownloaded, STORAGE, code=r"BlobNotFound|ContainerNotFound"),
    Rule(e.ModelNotFound, "recording 10", code=r"Model\w*NotFound"),
    Rule(e.AssetNotFound, "recording 10", code=r"(?:Environment|Code|Data|Asset)\w*NotFound"),
    Rule(e.RoleNotFound, RBAC, code=r"RoleDefinition(?:DoesNotExist|NotFound)"),
    Rule(r.EnvironmentIncomplete, "seed: how-to-deploy-for-real-time-inference", code=r"MissingDriverProgram"),
    Rule(e.RequestRejected, GUIDE, code=r"InvalidDeploymentSpec"),
    Rule(
        r.ClusterNotReady,
        GUIDE,
        code=r"KubernetesUnaccessible|ScoringFeUnhealthy|NamespaceNotFound|TokenRefreshFailed|GetAADTokenFailed",
    ),
    Rule(r.ClusterNotReady, GUIDE, code=r"ACRAuthenticationChallengeFailed|ValidateScoringFailed"),
    Rule(r.NetworkBlocked, GUIDE, code=r"ImageBuildFailure", text=r"failed to communicate|not allowed access"),
    # A registry that refuses an image *build* has lost its key (`az ml workspace sync-keys`); waiting does not help.
    Rule(e.ImageNotRunnable, GUIDE, code=r"Image\w+|EnvironmentBuild\w*|InaccessibleImage"),
    Rule(e.ScoringScriptFailed, GUIDE, code=r"UserScript\w*|\w*CrashLoopBackOff"),
)
