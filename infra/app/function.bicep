// The function app on Flex Consumption.

param location string
param tags object
param token string

// The app's user-assigned identity: resource ID and client ID.
param identityId string
param identityClientId string

param storageAccountName string
param packageContainerName string
param logsContainerName string
param applicationInsightsName string

// The workspace Slipway deploys into.
param workspaceName string
param workspaceResourceGroup string

param alwaysReadyDurableInstances int

// Where Durable Functions keeps its state; the scheduler is there only if it is chosen.
param durableBackend string
param schedulerName string

// The operator's limits for requests, each a list with commas.
param grantableRoles string
param allowedIdentities string
param allowedRegistries string

// When the app looks for findings without being asked, as NCRONTAB; empty: never.
param findingsSchedule string

// Durable's functions scale as one group, named durable.
var alwaysReady = [
  {
    name: 'durable'
    instanceCount: alwaysReadyDurableInstances
  }
]

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: storageAccountName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' existing = {
  name: schedulerName
}

// What host.json of the Durable Task Scheduler reads (infra/backends). An address and a client ID, no key.
var schedulerSettings = {
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${scheduler.properties.endpoint};Authentication=ManagedIdentity;ClientID=${identityClientId}'
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  // checkov:skip=CKV_AZURE_225:a lost zone delays instances and loses none: their state is in zone-redundant storage
  name: 'plan-slipway-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  // checkov:skip=CKV_AZURE_17:neither Event Grid nor the callers' tools can present a client certificate; functions ask for a key
  // checkov:skip=CKV_AZURE_78:the plan has no FTP, and the policy below refuses its credentials
  // checkov:skip=CKV_AZURE_212:the plan scales to zero by design; what waits is in the task hub
  // checkov:skip=CKV_AZURE_213:the plan replaces unhealthy instances itself and has no health check path
  // checkov:skip=CKV_AZURE_222:Event Grid delivers to the public address only
  name: 'func-slipway-${token}'
  location: location
  // azd finds the app to deploy the code to by this tag.
  tags: union(tags, {
    'azd-service-name': 'slipway'
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    siteConfig: {
      minTlsVersion: '1.2'
      http20Enabled: true
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${packageContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.11'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
        alwaysReady: alwaysReadyDurableInstances > 0 ? alwaysReady : []
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  // checkov:skip=CKV_AZURE_13:a list of app settings, which the rule takes for the site; functions ask for a key
  // checkov:skip=CKV_AZURE_63:a list of app settings, which the rule takes for the site; requests are in Application Insights
  // checkov:skip=CKV_AZURE_65:a list of app settings, which the rule takes for the site; errors are in Application Insights
  // checkov:skip=CKV_AZURE_66:a list of app settings, which the rule takes for the site; failures are in Application Insights
  // checkov:skip=CKV_AZURE_80:a list of app settings, which the rule takes for the site; the app is Python
  // checkov:skip=CKV_AZURE_88:a list of app settings, which the rule takes for the site; the app mounts no files
  // checkov:skip=CKV_AZURE_222:a list of app settings, which the rule takes for the site; see above
  parent: app
  name: 'appsettings'
  properties: union(durableBackend == 'DurableTaskScheduler' ? schedulerSettings : {}, {
    // The host's storage, by identity. Durable reads __clientId; it does not know __managedIdentityResourceId.
    AzureWebJobsStorage__accountName: storage.name
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    // The address telemetry goes to, not a credential: monitoring.bicep switches local authentication off.
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    // azure-identity: this managed identity and no other way in.
    AZURE_CLIENT_ID: identityClientId
    AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential'
    // Never build a Python object because a payload names a class. Only azure-functions 1.26 and later know this setting.
    AZURE_FUNCTIONS_DURABLE_STRICT_TYPING: '1'
    // Below Python 3.13 Azure's worker brings an azure-functions of its own, and puts it before the app's unless told not
    // to. With an older one the setting above would mean nothing, in silence. The lock holds neither grpcio nor protobuf,
    // on which the worker itself stands.
    PYTHON_ISOLATE_WORKER_DEPENDENCIES: '1'
    // Orchestrators and activities share these threads; host.json may not let more run at once than there are.
    PYTHON_THREADPOOL_THREAD_COUNT: '16'
    // What settings.py reads, but for the two settings of another cloud than the public one.
    SLIPWAY_SUBSCRIPTION_ID: subscription().subscriptionId
    SLIPWAY_RESOURCE_GROUP: workspaceResourceGroup
    SLIPWAY_WORKSPACE: workspaceName
    SLIPWAY_POLICIES: 'policies'
    SLIPWAY_GRANTABLE_ROLES: grantableRoles
    SLIPWAY_ALLOWED_IDENTITIES: allowedIdentities
    SLIPWAY_ALLOWED_REGISTRIES: allowedRegistries
    SLIPWAY_FINDINGS_SCHEDULE: findingsSchedule
    // Where the logs of failed deployments are kept. The app's identity may write there as the host does.
    SLIPWAY_LOGS_URL: '${storage.properties.primaryEndpoints.blob}${logsContainerName}'
  })
}

// Code is published with Entra tokens; user name and password are switched off.
// One after the other: a site refuses with 409 when two of its children are written at once.
resource publishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
  dependsOn: [
    appSettings
  ]
}

resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
  dependsOn: [
    publishing
  ]
}

output id string = app.id
output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
