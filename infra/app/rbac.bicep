// Every role assignment of Slipway is in this file, and each says why.
// A Bicep file can only assign roles inside the resource group it is deployed to, so this one is deployed three times:
// place 'app' by main.bicep, place 'workspace' by workspace.bicep, place 'undelivered' by undelivered.bicep.

@allowed([
  'app'
  'workspace'
  'undelivered'
])
param place string

// The defaults are placeholders: assignments of other places are not made, but their scopes must still be names.
@description('Principal ID of the function app identity. Places app and workspace.')
param appPrincipalId string = '00000000-0000-0000-0000-000000000000'
param storageAccountName string = 'unused'
param applicationInsightsName string = 'unused'

@description('Where Durable Functions keeps its state. Place app only.')
param durableBackend string = 'AzureStorage'
param schedulerName string = 'unused'

@description('Principal ID of the event topic, which stores what it could not deliver. Place undelivered only.')
param topicPrincipalId string = '00000000-0000-0000-0000-000000000000'
param undeliveredContainerName string = 'unused'

@description('The workspace Slipway deploys into. Place workspace only.')
param workspaceName string = 'unused'

@description('IDs of roles that the app may grant beside those below, separated by commas. Place workspace only.')
param addedRoles string = ''

// Built-in roles, with their IDs from learn.microsoft.com/azure/role-based-access-control/built-in-roles.
var storageBlobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var storageQueueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var storageTableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'
var azureMLDataScientist = 'f6c7c914-8db3-469d-8ca1-694a8f32e121'
var monitoringContributor = '749f88d5-cbae-40b8-bcfc-e573ddc772fa'
var webPlanContributor = '2cc479cb-7b4d-49a8-b449-8c00fd0f0a4b'
var managedIdentityOperator = 'f1a07417-d97a-45cb-824c-7a7467783830'
var durableTaskDataContributor = '0ad04412-c4d5-4796-b79c-f76d14c8d402'
var roleBasedAccessControlAdministrator = 'f58310d9-a9f6-439a-9e8d-f62e7b41a168'

// The only roles Slipway may give to somebody, and take away again: what an endpoint's identity can need.
var grantableRoles = [
  '7f951dda-4ed3-4680-a7ca-43fe172d538d' // AcrPull
  '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1' // Storage Blob Data Reader
  '635dd51f-9968-44d3-b7fb-6d9a6bd613ae' // AzureML Metrics Writer (preview)
  'ea01e6af-a1c1-4350-9563-ad00f8c72ec5' // Azure Machine Learning Workspace Connection Secrets Reader
  '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd' // Cognitive Services OpenAI User
]
var grantable = empty(addedRoles) ? join(grantableRoles, ', ') : '${join(grantableRoles, ', ')}, ${addedRoles}'

// A half for writing and a half for deleting: an action that no half names is not limited at all.
// Joined to one line, the form in which the documentation gives conditions to templates.
var grantCondition = join([
  '((!(ActionMatches{\'Microsoft.Authorization/roleAssignments/write\'})) OR ('
  '@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${grantable}}'
  'AND @Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {\'ServicePrincipal\'}'
  ')) AND ((!(ActionMatches{\'Microsoft.Authorization/roleAssignments/delete\'})) OR ('
  '@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${grantable}}'
  'AND @Resource[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {\'ServicePrincipal\'}'
  '))'
], ' ')

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: storageAccountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' existing = {
  parent: storage
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' existing = {
  parent: blobs
  name: undeliveredContainerName
}

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' existing = {
  name: schedulerName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource workspace 'Microsoft.MachineLearningServices/workspaces@2024-10-01' existing = {
  name: workspaceName
}

// The host reads its code package, takes leases and keeps large Durable messages in blobs; leases need Owner. The app
// keeps the logs of failed deployments there.
resource hostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (place == 'app') {
  name: guid(storage.id, appPrincipalId, storageBlobDataOwner)
  scope: storage
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataOwner)
  }
}

// Durable's control and work-item messages are queues, which it creates itself.
resource hostQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (place == 'app' && durableBackend == 'AzureStorage') {
  name: guid(storage.id, appPrincipalId, storageQueueDataContributor)
  scope: storage
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageQueueDataContributor)
  }
}

// Durable's histories and instances are tables, which it creates itself.
resource hostTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (place == 'app' && durableBackend == 'AzureStorage') {
  name: guid(storage.id, appPrincipalId, storageTableDataContributor)
  scope: storage
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageTableDataContributor)
  }
}

// With the Durable Task Scheduler, histories and messages are there instead.
resource hostScheduler 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (place == 'app' && durableBackend == 'DurableTaskScheduler') {
  name: guid(scheduler.id, appPrincipalId, durableTaskDataContributor)
  scope: scheduler
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', durableTaskDataContributor)
  }
}

// Application Insights accepts telemetry only from identities with this role, since local authentication is off.
resource telemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (place == 'app') {
  name: guid(insights.id, appPrincipalId, monitoringMetricsPublisher)
  scope: insights
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
  }
}

// Event Grid writes the events it gave up on into this one container, and reaches nothing else.
resource undelivered 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (place == 'undelivered') {
  name: guid(container.id, topicPrincipalId, storageBlobDataContributor)
  scope: container
  properties: {
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
  }
}

// Models, endpoints, deployments, traffic and endpoint keys of this workspace, but not the workspace itself.
resource deployments 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (place == 'workspace') {
  name: guid(workspace.id, appPrincipalId, azureMLDataScientist)
  scope: workspace
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', azureMLDataScientist)
  }
}

// An endpoint gets a user-assigned identity only from a caller that may assign it (userAssignedIdentities/assign).
// On the resource group, because a request chooses the identity.
resource attachIdentities 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (place == 'workspace') {
  name: guid(resourceGroup().id, appPrincipalId, managedIdentityOperator)
  scope: resourceGroup()
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', managedIdentityOperator)
  }
}

// Slipway grants an endpoint's identity what its model needs, and looks up what it already has.
// On the resource group, because the workspace makes its container registry only when it first builds an image, and
// requests name further resources; the condition is what makes it narrow. Grants elsewhere need the same assignment there.
resource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (place == 'workspace') {
  name: guid(resourceGroup().id, appPrincipalId, roleBasedAccessControlAdministrator)
  scope: resourceGroup()
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleBasedAccessControlAdministrator)
    condition: grantCondition
    conditionVersion: '2.0'
  }
}

// Alerts of deployments lie in the workspace's group; diagnostic settings of its endpoints are covered as well.
resource monitor 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (place == 'workspace') {
  name: guid(resourceGroup().id, appPrincipalId, monitoringContributor)
  scope: resourceGroup()
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringContributor)
  }
}

// Autoscale settings of deployments lie there too, and Monitoring Contributor does not cover them. This is the
// narrowest built-in role that does; a role of our own would take more rights than whoever runs `azd up` needs to have.
resource autoscale 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (place == 'workspace') {
  name: guid(resourceGroup().id, appPrincipalId, webPlanContributor)
  scope: resourceGroup()
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', webPlanContributor)
  }
}
