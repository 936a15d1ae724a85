// What Slipway may do in the resource group of an existing workspace; it needs no function to be there.
// Deployed as a deployment stack by the postdeploy hook in azure.yaml, so that `azd down` can take exactly this away.

@minLength(1)
@description('The existing Azure Machine Learning workspace.')
param workspaceName string

@description('Principal ID of the function app identity.')
param appPrincipalId string

@description('IDs of roles that the app may grant beside its own five, separated by commas: its setting SLIPWAY_GRANTABLE_ROLES.')
param addedRoles string = ''

// What the app may do with the workspace and for the identities of its endpoints.
module access 'app/rbac.bicep' = {
  name: 'slipway-access'
  params: {
    place: 'workspace'
    appPrincipalId: appPrincipalId
    workspaceName: workspaceName
    addedRoles: addedRoles
  }
}
