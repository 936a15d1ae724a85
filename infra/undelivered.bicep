// Lets the workspace's event topic store what it could not deliver. Deployed into the app's own group by the postdeploy
// hook, once the topic exists; it goes with the group.

@description('Storage account that keeps undelivered events.')
param storageAccountName string

@description('Blob container of that account for them.')
param undeliveredContainerName string

@description('Principal ID of the system-assigned identity of the topic.')
param topicPrincipalId string

module access 'app/rbac.bicep' = {
  name: 'undelivered-access'
  params: {
    place: 'undelivered'
    storageAccountName: storageAccountName
    undeliveredContainerName: undeliveredContainerName
    topicPrincipalId: topicPrincipalId
  }
}
