// The workspace's event topic. Deployed into the workspace's group by the postdeploy hook, and only when the workspace has
// none. In no stack: several environments share it, and `azd down` of one must leave the others whole.

@minLength(1)
@description('The existing Azure Machine Learning workspace.')
param workspaceName string

resource workspace 'Microsoft.MachineLearningServices/workspaces@2024-10-01' existing = {
  name: workspaceName
}

// A module, because a module's parameter may be known late: a group and a workspace in it may be in different regions.
module topic 'app/topic.bicep' = {
  name: 'slipway-topic'
  params: {
    workspaceName: workspaceName
    location: workspace.location
  }
}
