// The function app and everything that is only its own, in a resource group of its own.
// What Slipway needs in the workspace's resource group is in workspace.bicep, and azure.yaml says why.
// Whoever runs this must be allowed to create role assignments (Owner, or Role Based Access Control Administrator).
// Parsed and linted offline by infra/check.py; never yet provisioned in a live subscription.
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Name of the azd environment; part of every resource name.')
param environmentName string

@description('Azure region of the function app. It must offer the Flex Consumption plan.')
param location string

@minLength(1)
@description('Azure Machine Learning workspace to deploy into, in the same subscription.')
param workspaceName string

@minLength(1)
@description('Resource group of that workspace.')
param workspaceResourceGroup string

@minValue(0)
@description('Instances kept warm for orchestrations and activities. 0 scales to zero; 1 removes the cold start and is billed all month.')
param alwaysReadyDurableInstances int = 0

@allowed([
  'Standard_ZRS'
  'Standard_LRS'
])
@description('Redundancy of the task hub. Standard_LRS only where the region has no availability zones.')
param storageSku string = 'Standard_ZRS'

var token = uniqueString(subscription().id, environmentName, location)
var tags = {
  'azd-env-name': environmentName
}

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

// Who the app is, and as whom Event Grid stores the events it could not deliver.
module identities 'app/identities.bicep' = {
  name: 'identities'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
  }
}

// Task hub, code package and undelivered events, reachable with Entra identities only.
module storage 'app/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    sku: storageSku
  }
}

// Logs and traces, written with the app's identity.
module monitoring 'app/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
  }
}

// What those identities may do with the app's own resources.
module access 'app/rbac.bicep' = {
  name: 'access'
  scope: group
  params: {
    place: 'app'
    appPrincipalId: identities.outputs.appPrincipalId
    deadLetterPrincipalId: identities.outputs.deadLetterPrincipalId
    storageAccountName: storage.outputs.name
    deadLetterContainerName: storage.outputs.deadLetterContainerName
    applicationInsightsName: monitoring.outputs.name
  }
}

// The app itself; after its access, because a host that starts without it fails and is slow to try again.
module functionApp 'app/function.bicep' = {
  name: 'function'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    identityId: identities.outputs.appId
    identityClientId: identities.outputs.appClientId
    storageAccountName: storage.outputs.name
    packageContainerName: storage.outputs.packageContainerName
    applicationInsightsName: monitoring.outputs.name
    workspaceName: workspaceName
    workspaceResourceGroup: workspaceResourceGroup
    alwaysReadyDurableInstances: alwaysReadyDurableInstances
  }
  dependsOn: [
    access
  ]
}

// Upper case: azd keeps outputs as environment variables, which the hooks in azure.yaml read.
output AZURE_RESOURCE_GROUP string = group.name
output SLIPWAY_WORKSPACE string = workspaceName
output SLIPWAY_RESOURCE_GROUP string = workspaceResourceGroup
output SLIPWAY_APP_PRINCIPAL_ID string = identities.outputs.appPrincipalId
output SLIPWAY_DEAD_LETTER_IDENTITY_ID string = identities.outputs.deadLetterId
output SLIPWAY_STORAGE_ID string = storage.outputs.id
output SLIPWAY_DEAD_LETTER_CONTAINER string = storage.outputs.deadLetterContainerName
output SLIPWAY_FUNCTION_APP_ID string = functionApp.outputs.id
output SLIPWAY_URL string = functionApp.outputs.url
