"""Errors that only an answer of Azure leads to: `azure_api/error_rules.py` says which answer means which."""

from __future__ import annotations

from contracts.failure import DeploymentError


class EnvironmentIncomplete(DeploymentError, whose="caller"):
    """Nothing says how to serve: neither a scoring script nor the environment's image and inference_config."""

    suggestion = "Give the deployment a code_configuration, or an environment with an image and an inference_config."


class FilesNotDownloaded(DeploymentError, whose="caller"):
    """The files of the model or of the code could not be brought to the instance."""

    suggestion = (
        "Check that the registered files are still in their datastore, and that the endpoint's identity may read them."
    )


class FilesNotFound(DeploymentError, whose="caller"):
    """There is nothing at the path in a datastore that the request names."""

    suggestion = "Upload the files (`slipway deploy` does), or correct the path."


class InstanceTooSmall(DeploymentError, whose="caller"):
    """The model or its image needs more memory or disk than one instance has."""

    suggestion = "Take an instance_type with more memory and disk, or make the model or its image smaller."


class InstanceTypeUnavailable(DeploymentError, whose="caller"):
    """The instance type is not offered in the region, or not to this subscription."""

    suggestion = "Take another instance_type, one that the workspace's region offers to managed online endpoints."


class SettingConflict(DeploymentError, whose="caller"):
    """An autoscale setting or an alert that somebody else made stands where the request wants one."""

    suggestion = "Delete the setting that the message names, or leave that part of the request out."


class VersionTaken(DeploymentError, whose="caller"):
    """That version of the asset is registered with other content, and versions are immutable."""

    suggestion = "Give the new content a new version."


class SoftDeleted(DeploymentError, whose="caller"):
    """Something deleted still holds that name or version."""

    suggestion = "Choose another name or version, or have what was deleted recovered or purged."


class ScopeNotFound(DeploymentError, whose="caller"):
    """A subscription, resource group or parent resource is not there, is being deleted, or is hidden from Slipway."""

    suggestion = (
        "Check the subscription and the resource group that the message names, in the request's ARM ids and in the"
        " function app's SLIPWAY_SUBSCRIPTION_ID and SLIPWAY_RESOURCE_GROUP."
    )


class ResourceNotFound(DeploymentError, whose="caller"):
    """Azure does not have a resource that the deployment needs (404); the message says which."""

    suggestion = "Find out whether somebody deleted or moved it, then send the request again."


class SecretsNotReadable(DeploymentError, whose="caller"):
    """The endpoint's identity was refused the secrets of the workspace's connections: not granted, or not in effect."""

    propagation = True
    suggestion = (
        "Give the endpoint's identity Azure Machine Learning Workspace Connection Secrets Reader on the workspace, or a"
        " role with Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action (access.additional)."
    )


class DatastoreNotReadable(DeploymentError, whose="caller"):
    """The endpoint's identity was refused datastores/read on the workspace, as a flow's index look-up needs it."""

    propagation = True
    suggestion = (
        "Give the endpoint's identity AzureML Data Scientist on the workspace, or a role with"
        " Microsoft.MachineLearningServices/workspaces/datastores/read (access.additional)."
    )


class SubscriptionDisabled(DeploymentError, whose="platform team"):
    """The subscription, or an account in it, is disabled: nothing can be written."""

    suggestion = "Ask the platform team to enable the subscription again (billing, credit or spending limit)."


class ProviderNotRegistered(DeploymentError, whose="platform team"):
    """The subscription is not registered to use a service that the deployment needs."""

    suggestion = (
        "Ask the platform team to register the resource provider that the message names (`az provider register`);"
        " where it names none, Microsoft.MachineLearningServices, Microsoft.PolicyInsights and Microsoft.Cdn."
    )


class ResourceLocked(DeploymentError, whose="platform team"):
    """A lock on the resource, or on what it is in, forbids writing or deleting."""

    suggestion = (
        "Ask the platform team to remove the lock on the scope that the message names, or to move it elsewhere."
    )


class DeniedByPolicy(DeploymentError, whose="platform team"):
    """An Azure Policy forbids it."""

    suggestion = "Ask for what the policy in the message allows, or ask the platform team for an exemption from it."


class DeniedByAssignment(DeploymentError, whose="platform team"):
    """A deny assignment (of a deployment stack, of a managed application) forbids it, whatever roles there are."""

    suggestion = "Ask the platform team to except Slipway's identity from the deny assignment that the message names."


class NotAuthenticated(DeploymentError, whose="platform team"):
    """Slipway's identity got no token, or one that Azure does not accept: wrong tenant, conditional access."""

    suggestion = "Check the function app's identity, its tenant, and the conditional access policies that apply to it."


class NetworkBlocked(DeploymentError, whose="platform team"):
    """A firewall, or public access that is disabled, keeps Slipway or Azure ML from a resource."""

    suggestion = "Ask the platform team for a way in: a private endpoint, a network rule, or trusted services."


class ManagedNetworkNotReady(DeploymentError, whose="platform team"):
    """The workspace's managed virtual network is not provisioned yet."""

    suggestion = "Provision it (`az ml workspace provision-network`), then send the request again."


class KeysNotPermitted(DeploymentError, whose="platform team"):
    """The storage account takes neither keys nor anonymous requests, and was asked with one of them."""

    suggestion = "Ask the platform team to make the workspace's datastore identity-based."


class ClusterNotReady(DeploymentError, whose="platform team"):
    """The Kubernetes cluster, or Azure ML's extension in it, is not reachable, not healthy, or not set up."""

    suggestion = "Ask the platform team to look at the cluster and at Azure ML's extension in it."


class AzureRefused(DeploymentError, whose="platform team"):
    """Azure refused in words that no rule knows; the message is Azure's own, whole."""

    message_limit = 1000  # bytes of JSON: as much as a custom status has room for
    suggestion = "Do what the message says, which is Azure's own; what it asks for may need the platform team."


class CapacityUnavailable(DeploymentError, whose="Azure"):
    """The region has no machines of that size left at the moment."""

    retryable = True
    suggestion = "Send the request again later, or take another instance_type, or a workspace in another region."
