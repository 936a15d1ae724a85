// What Slipway needs in the resource group of an existing workspace: its access, and the events of registered models.
// Deployed as a deployment stack by the postdeploy hook in azure.yaml, so that `azd down` can take exactly this away.

@minLength(1)
@description('The existing Azure Machine Learning workspace.')
param workspaceName string

@description('Principal ID of the function app identity.')
param appPrincipalId string

@description('Resource ID of the function app; its code must already be deployed.')
param functionAppId string

@description('Resource ID of the storage account that keeps undelivered events.')
param deadLetterStorageId string

@description('Blob container of that account for them.')
param deadLetterContainerName string

@description('Resource ID of the user-assigned identity Event Grid stores undelivered events with.')
param deadLetterIdentityId string

resource workspace 'Microsoft.MachineLearningServices/workspaces@2024-10-01' existing = {
  name: workspaceName
}

// What the app may do with the workspace and for the identities of its endpoints.
module access 'app/rbac.bicep' = {
  name: 'slipway-access'
  params: {
    place: 'workspace'
    appPrincipalId: appPrincipalId
    workspaceName: workspaceName
  }
}

// A registered model starts what the policies say.
module events 'app/events.bicep' = {
  name: 'slipway-events'
  params: {
    workspaceName: workspaceName
    location: workspace.location
    functionAppId: functionAppId
    deadLetterStorageId: deadLetterStorageId
    deadLetterContainerName: deadLetterContainerName
    deadLetterIdentityId: deadLetterIdentityId
  }
}
