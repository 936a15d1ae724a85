// One account for the host: task hub (blob, queue, table), code package, undelivered events.

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

output id string = account.id
output name string = account.name
output packageContainerName string = packages.name
output deadLetterContainerName string = undelivered.name
