// One account for the host: task hub (blob, queue, table), code package, undelivered events, logs of failed deployments.

param location string
param tags object
param token string
param sku string

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  // checkov:skip=CKV_AZURE_35:without a virtual network the plan has no fixed address to allow; entry is by Entra identity only
  // checkov:skip=CKV_AZURE_59:the same; no blob is public (allowBlobPublicAccess) and account keys are off
  // checkov:skip=CKV_AZURE_206:a task hub spans blobs, queues and tables, whose geo-copies do not fail over to one moment
  // checkov:skip=CKV_AZURE_43:the rule cannot evaluate the name, 22 lower-case letters and digits
  name: 'stslipway${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    // No account keys: nothing that could leak opens this account.
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Allow'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: 7
    }
  }
}

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'packages'
  properties: {
    publicAccess: 'None'
  }
}

resource undelivered 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'undelivered-events'
  properties: {
    publicAccess: 'None'
  }
}

resource logs 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'deployment-logs'
  properties: {
    publicAccess: 'None'
  }
}

// A log holds what a user's script has printed: it is kept as long as the app's own logs are, and no longer.
resource retention 'Microsoft.Storage/storageAccounts/managementPolicies@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'deployment-logs'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: {
              blobTypes: [
                'blockBlob'
              ]
              prefixMatch: [
                '${logs.name}/'
              ]
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: 30
                }
              }
            }
          }
        }
      ]
    }
  }
}

output id string = account.id
output name string = account.name
output packageContainerName string = packages.name
output undeliveredContainerName string = undelivered.name
output logsContainerName string = logs.name
