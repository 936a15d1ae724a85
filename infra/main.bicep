// The function app and everything that is only its own, in a resource group of its own.
// What Slipway needs in the workspace's resource group is in workspace.bicep, and azure.yaml says why.
// Whoever runs this must be Owner, or Contributor and Role Based Access Control Administrator without a condition, on the
// subscription and on the workspace's group. Never yet provisioned in a live subscription.
targetScope = 'subscription'

@minLength(1)
@maxLength(64)
@description('Name of the azd environment; part of every resource name.')
param environmentName string

// Where the Flex Consumption plan is offered; newer ones: az functionapp list-flexconsumption-locations
@allowed([
  'australiaeast'
  'australiasoutheast'
  'brazilsouth'
  'canadacentral'
  'centralindia'
  'centralus'
  'eastasia'
  'eastus'
  'eastus2'
  'francecentral'
  'germanywestcentral'
  'italynorth'
  'japaneast'
  'koreacentral'
  'northcentralus'
  'northeurope'
  'norwayeast'
  'southafricanorth'
  'southcentralus'
  'southeastasia'
  'southindia'
  'spaincentral'
  'swedencentral'
  'uaenorth'
  'uksouth'
  'ukwest'
  'westcentralus'
  'westeurope'
  'westus'
  'westus2'
  'westus3'
])
@description('Azure region of the function app, which need not be that of the workspace.')
param location string

@minLength(1)
@description('Azure Machine Learning workspace to deploy into, in the same subscription.')
param workspaceName string

@minLength(1)
@description('Resource group of that workspace.')
param workspaceResourceGroup string

@minValue(0)
@description('Instances kept warm for orchestrations and activities, billed all month. Requests and events scale apart and stay cold.')
param alwaysReadyDurableInstances int = 0

@allowed([
  'Standard_ZRS'
  'Standard_LRS'
])
@description('Redundancy of the task hub. Standard_LRS only where the region has no availability zones.')
param storageSku string = 'Standard_ZRS'

@allowed([
  'AzureStorage'
  'DurableTaskScheduler'
])
@description('Where Durable Functions keeps its state: in the app\'s storage account, or in a Durable Task Scheduler.')
param durableBackend string = 'AzureStorage'

@description('IDs of roles that Slipway may grant beside its own five, separated by commas.')
param grantableRoles string = ''

@description('User-assigned identities that endpoints may have: ARM IDs, or those of groups or subscriptions, separated by commas. Empty: all.')
param allowedIdentities string = ''

@description('Hosts of the registries that images may come from, separated by commas; Docker Hub is docker.io. Empty: all.')
param allowedRegistries string = ''

@description('When Slipway looks for findings without being asked, as NCRONTAB such as 0 0 * * * *. Empty: never.')
param findingsSchedule string = ''

var token = uniqueString(subscription().id, environmentName, location)
var tags = {
  'azd-env-name': environmentName
}

var schedulerName = 'dts-slipway-${token}'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

// Who the app is.
module identities 'app/identities.bicep' = {
  name: 'identities'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
  }
}

// Task hub, code package, undelivered events and logs of failed deployments, reachable with Entra identities only.
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

// Histories and messages, where the storage account is not to keep them.
module scheduler 'app/scheduler.bicep' = if (durableBackend == 'DurableTaskScheduler') {
  name: 'scheduler'
  scope: group
  params: {
    location: location
    tags: tags
    name: schedulerName
  }
}

// What that identity may do with the app's own resources.
module access 'app/rbac.bicep' = {
  name: 'access'
  scope: group
  params: {
    place: 'app'
    appPrincipalId: identities.outputs.appPrincipalId
    storageAccountName: storage.outputs.name
    applicationInsightsName: monitoring.outputs.name
    durableBackend: durableBackend
    schedulerName: schedulerName
  }
  dependsOn: [
    scheduler
  ]
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
    logsContainerName: storage.outputs.logsContainerName
    applicationInsightsName: monitoring.outputs.name
    workspaceName: workspaceName
    workspaceResourceGroup: workspaceResourceGroup
    alwaysReadyDurableInstances: alwaysReadyDurableInstances
    durableBackend: durableBackend
    schedulerName: schedulerName
    grantableRoles: grantableRoles
    allowedIdentities: allowedIdentities
    allowedRegistries: allowedRegistries
    findingsSchedule: findingsSchedule
  }
  dependsOn: [
    access
  ]
}

// Upper case: azd keeps outputs as environment variables, which the hooks in azure.yaml read. No output has the name of a
// variable that main.parameters.json reads: `azd down` forgets those of outputs, and with them what the user had set.
output AZURE_RESOURCE_GROUP string = group.name
output SLIPWAY_TARGET_WORKSPACE string = workspaceName
output SLIPWAY_TARGET_RESOURCE_GROUP string = workspaceResourceGroup
// What the app was provisioned with: what is deployed to it later must be for the same.
output SLIPWAY_PROVISIONED_BACKEND string = durableBackend
output SLIPWAY_PROVISIONED_ROLES string = grantableRoles
output SLIPWAY_APP_PRINCIPAL_ID string = identities.outputs.appPrincipalId
output SLIPWAY_STORAGE_ID string = storage.outputs.id
output SLIPWAY_STORAGE_NAME string = storage.outputs.name
output SLIPWAY_UNDELIVERED_CONTAINER string = storage.outputs.undeliveredContainerName
output SLIPWAY_APP_ID string = functionApp.outputs.id
output SLIPWAY_APP_NAME string = functionApp.outputs.name
output SLIPWAY_URL string = functionApp.outputs.url
output SLIPWAY_KEY_COMMAND string = 'az functionapp keys list --subscription ${subscription().subscriptionId} --resource-group ${group.name} --name ${functionApp.outputs.name} --query functionKeys.default --output tsv'
